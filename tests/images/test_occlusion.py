"""Which part of an image speaks for the wrong answer."""

import numpy as np
import pytest
from tests.error_analysis import reports

from stages.error_analysis import occlusion


def dot_detector(images):
    """A network whose logit of class 1 is the brightness of the pixel at row 12, column 20, of class 0 nothing."""
    return np.stack([np.zeros(len(images)), np.asarray(images, "float64")[:, 12, 20, 0] / 10], axis=1)


@pytest.fixture
def image():
    image = np.zeros((32, 32, 3), np.uint8)
    image[12, 20] = 200
    return image


def test_the_map_is_positive_where_the_evidence_for_the_wrong_class_lies(image):
    result = occlusion.margin_map(dot_detector, image, true=0, wrong=1)
    assert result.shape == (32, 32)
    assert result.argmax() == np.ravel_multi_index((12, 20), (32, 32))
    filled = 200 / 1024 / 10  # what the mean colour leaves of the logit
    assert result[12, 20] == pytest.approx(20 - filled)  # hidden by every square that covers it
    assert result[31, 0] == pytest.approx(0)


def test_the_map_turns_its_sign_with_the_classes(image):
    np.testing.assert_allclose(
        occlusion.margin_map(dot_detector, image, true=0, wrong=1),
        -occlusion.margin_map(dot_detector, image, true=1, wrong=0),
    )


def test_a_network_that_looks_at_nothing_gives_a_map_of_zeros(image):
    def indifferent(images):
        return np.tile([3.0, -1.0], (len(images), 1))

    assert not occlusion.margin_map(indifferent, image, true=1, wrong=0).any()


@pytest.mark.parametrize(("height", "width"), [(32, 32), (8, 8), (9, 13), (1, 1), (5, 40)])
def test_the_square_reaches_every_pixel_of_an_image_of_any_size(height, width):
    shape = (1, height, width, 3)
    corners = occlusion.places(shape)
    assert len(np.unique(corners, axis=0)) == len(corners)
    np.testing.assert_allclose(occlusion.pixel_map(np.full(len(corners), 2.5), shape), np.full((height, width), 2.5))


def test_pixel_map_averages_over_the_places_that_cover_a_pixel():
    corners = occlusion.places((1, 8, 8, 3))  # a square of 2, one pixel further each time
    changes = np.where((corners == 0).all(axis=1), 1.0, 0.0)
    result = occlusion.pixel_map(changes, (1, 8, 8, 3))
    assert result[0, 0] == 1
    assert result[0, 1] == 0.5
    assert result[1, 1] == 0.25
    assert result[2, 2] == 0


@pytest.fixture(scope="module")
def pieces():
    return reports.pieces()


def test_the_networks_take_turns_each_with_an_image_of_its_own(pieces):
    cases = pieces.cases
    assert [case.run.network for case in cases] == ["nicknet1", "nicknet2", "nicknet3", "nicknet1", "nicknet2"]
    assert len({case.index for case in cases}) == 5
    analysis = pieces.analysis
    for case in cases:
        run = analysis.runs.index(case.run)
        assert case.true == analysis.labels[case.index]
        assert case.predicted == analysis.predicted[run, case.index] != case.true
        assert case.removed == analysis.removed[run, case.index]
        assert set(case.noise) <= set(case.edits)


def test_the_table_names_what_undoes_an_error(pieces):
    table = occlusion.table(pieces.cases, pieces.analysis)
    assert len(table.rows) == 5
    for row, case in zip(table.rows, pieces.cases, strict=True):
        assert set(row) == set(table.columns)
        assert row["edits"] == "; ".join(case.edits)
        assert row["class_removed"] in ("", row["predicted"])  # only the answer itself can be in the way
        assert row["strongest_evidence"] == case.map.max()


def test_there_are_no_more_cases_than_errors(pieces):
    networks = {pieces.analysis.runs[0]: lambda asked: np.zeros((len(asked), 10))}
    wrong = int(np.sum(pieces.analysis.predicted[0] != pieces.analysis.labels))
    cases = occlusion.explain(networks, pieces.images, pieces.analysis, how_many=wrong + 5, seed=0)
    assert len(cases) == wrong
