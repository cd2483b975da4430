"""Which images are shown, and what is said of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from stages.error_analysis import gallery
from stages.error_analysis.budget import CAUSES
from stages.error_analysis.gallery import Gallery, Tile
from stages.error_analysis.grid import Run
from tests.error_analysis import reports


@pytest.fixture(scope="module")
def pieces():
    return reports.pieces(seeds=2, votes=True)


def test_every_gallery_draws_from_its_own_group(pieces):
    analysis = pieces.analysis
    wrong = analysis.predicted != analysis.labels
    seen = set()
    for one in pieces.galleries:
        seen.add(one.name)
        indices = [tile.index for tile in one.tiles]
        assert len(set(indices)) == len(indices) == min(6, one.of)
        for tile in one.tiles:
            shown = list(tile.runs)
            if one.group == "all":
                assert wrong[:, tile.index].all()
            elif one.group == "cause":
                assert [CAUSES[code - 1] for code in analysis.causes[shown, tile.index]] == [one.title.lower()]
            else:
                assert wrong[shown, tile.index].all() == one.name.startswith("wrong")
                assert wrong[shown, tile.index].any() == one.name.startswith("wrong")
    assert {"missed_by_all", "cause_label_suspect", "cause_optimizer_sensitive"} <= seen
    assert {f"{answer}_nicknet{number}" for answer in ("right", "wrong") for number in (1, 2, 3)} <= seen


def test_the_group_size_is_the_number_of_images_in_it(pieces):
    analysis = pieces.analysis
    sizes = {one.name: one.of for one in pieces.galleries}
    first = [run.network for run in analysis.runs].index("nicknet2")
    assert sizes["wrong_nicknet2"] == np.sum(analysis.predicted[first] != analysis.labels)
    assert sizes["right_nicknet2"] == np.sum(analysis.predicted[first] == analysis.labels)


def test_the_choice_follows_the_seed(pieces):
    again = gallery.choose(pieces.analysis, each=6, seed=0)
    other = gallery.choose(pieces.analysis, each=6, seed=1)
    assert again == pieces.galleries
    assert other != pieces.galleries


def test_the_table_has_a_row_for_every_image_and_run_shown(pieces):
    analysis, table = pieces.analysis, pieces.analysis.tables["galleries"]
    assert len(table.rows) == sum(len(tile.runs) for one in pieces.galleries for tile in one.tiles)
    for row in table.rows:
        run = analysis.runs.index(Run(row["network"], row["seed"]))
        index = int(np.flatnonzero(analysis.ids == row["id"])[0])
        assert row["predicted"] == analysis.class_names[analysis.predicted[run, index]]
        assert row["probability"] == analysis.probabilities[run, index].max()
        assert row["true"] == analysis.class_names[analysis.labels[index]]
        assert len(row["votes"].split("; ")) == 3
        assert (row["cause"] == "") == (row["predicted"] == row["true"])


def three_seeds():
    """One image of class 0: seeds 0 and 2 say class 1, with 0.6 and 0.8, seed 1 is right."""
    probabilities = np.array([[[0.4, 0.6]], [[0.9, 0.1]], [[0.2, 0.8]]], "float32")
    return SimpleNamespace(
        runs=tuple(Run("net", seed) for seed in range(3)),
        class_names=("a", "b"),
        labels=np.array([0]),
        probabilities=probabilities,
        predicted=probabilities.argmax(axis=2),
        votes=None,
    )


def test_the_seeds_of_a_network_are_summed_up_by_the_most_frequent_answer():
    (answer,) = gallery.answers(Tile(0, (0, 1, 2)), three_seeds())
    assert (answer.predicted, answer.agreeing, answer.runs, answer.right) == ("b", 2, 3, False)
    assert answer.probability == pytest.approx(0.7)


def test_without_votes_there_are_none():
    assert gallery.votes(Tile(0, (0,)), three_seeds()) == []


def test_votes_are_counted_most_often_first():
    assert gallery.counted(["cat", "dog", "dog"]) == "dog 2, cat 1"


def test_a_file_name_has_no_spaces():
    assert gallery.file_name("cause Label-suspect") == "cause_label_suspect"


def test_the_picture_shows_the_pixels_as_they_are_and_says_what_was_said(pieces):
    one = next(one for one in pieces.galleries if one.name == "missed_by_all")
    figure = gallery.draw(one, pieces.images, pieces.analysis)
    assert len(figure.axes) == len(one.tiles)
    for axes, tile in zip(figure.axes, one.tiles, strict=True):
        (shown,) = axes.get_images()
        assert shown.get_interpolation() == "nearest"
        np.testing.assert_array_equal(shown.get_array(), pieces.images[tile.index])
    texts = [text.get_text() for text in figure.texts]
    assert f"Missed by all networks ({len(one.tiles)} of {one.of})" in texts
    first = gallery.answers(one.tiles[0], pieces.analysis)[0]
    assert any(text.startswith("nicknet1: ") and text.endswith(f"{first.probability:.2f}") for text in texts)


def test_a_gallery_of_one_image_can_be_drawn(pieces):
    one = Gallery("alone", "cause", "Alone", "", 1, pieces.galleries[0].tiles[:1])
    assert len(gallery.draw(one, pieces.images, pieces.analysis).axes) == 1
