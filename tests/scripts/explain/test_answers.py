"""What changes a network's mind, on networks whose rule is known."""

import numpy as np
import pytest

from scripts.explain import answers
from stages.images.edits import EDITS


def corner_reader(images):
    """A network whose logit of class 1 is the brightness of the upper left pixel; class 0 has always 10, class 2 0."""
    corner = np.asarray(images, "float64")[:, 0, 0, 0] / 10
    return np.stack([np.full(len(images), 10.0), corner, np.zeros(len(images))], axis=1)


@pytest.fixture
def image():
    image = np.zeros((8, 8, 3), np.uint8)
    image[0, 0] = 200
    return image


LOGITS = np.log([0.5, 0.3, 0.15, 0.05])


def test_without_its_first_choice_a_network_says_the_second_with_what_is_left():
    for label in (None, 0, 1):
        assert answers.knockouts(LOGITS, label) == (answers.Knockout((0,), 1, pytest.approx(0.3 / 0.5)),)
    saturated = answers.knockouts(np.array([5000.0, 0.0, -5000.0]), None)
    assert saturated == (answers.Knockout((0,), 1, 1.0),)


@pytest.mark.parametrize(("label", "removed", "left"), [(2, (0, 1), 0.15 / 0.2), (3, (0, 1, 2), 1.0)])
def test_all_that_is_more_probable_than_the_label_has_to_go(label, removed, left):
    first, last = answers.knockouts(LOGITS, label)
    assert (first.removed, last) == ((0,), answers.Knockout(removed, label, pytest.approx(left)))


def test_an_edit_that_darkens_the_corner_changes_the_mind_of_a_network_that_reads_it(image):
    batches = []

    def predict(images):
        batches.append(len(images))
        return corner_reader(images)

    said = answers.explain(predict, image, None)
    assert batches == [1 + 49 + len(EDITS) * (1 + answers.NOISES)]
    assert [edit.name for edit in said.edits] == [edit.name for edit in EDITS]
    assert said.predicted == 1
    flip, grey = (next(edit for edit in said.edits if edit.name == name) for name in ("flip", "greyscale"))
    assert flip.answer == 0
    assert flip.norm == pytest.approx(200 * np.sqrt(6))  # two pixels of three channels
    assert flip.kept == pytest.approx(np.exp(0) / (np.exp(10) + 2))
    assert grey.answer == 1
    assert grey.norm == pytest.approx(0, abs=1e-3)
    assert (grey.noise_answers == 1).all()
    assert len(flip.noise_answers) == len(flip.noise_kept) == answers.NOISES


def flip_turned_by_noise(image):
    said = answers.explain(corner_reader, image, None)
    return int(next((edit.noise_answers != 1).sum() for edit in said.edits if edit.name == "flip"))


def test_noise_is_counted_by_what_it_changes(image):
    """The flip's norm spread over 192 values leaves each about a quarter of the corner's brightness as its deviation.

    So 200 falls below 100 where a draw is under -2 deviations (2%), and 101 where it is under nearly 0 (half of them).
    """
    assert flip_turned_by_noise(image) < 10
    image[0, 0] = 101
    assert 30 < flip_turned_by_noise(image) < 70


def test_the_map_of_a_network_that_looks_at_one_corner_lies_there(image):
    occlusion = answers.explain(corner_reader, image, None).occlusion
    assert (occlusion.rival, occlusion.side, occlusion.places, occlusion.turned) == (0, 2, 49, 1)
    assert occlusion.map.argmax() == 0
    assert occlusion.map[0, 0] == pytest.approx(20 - 200 / 64 / 10)
    assert not occlusion.map[2:, :].any()
    assert not occlusion.map[:, 2:].any()


def test_the_rival_is_the_label_where_that_is_another_class(image):
    assert answers.explain(corner_reader, image, 2).occlusion.rival == 2
    assert answers.explain(corner_reader, image, 1).occlusion.rival == 0


def test_the_noise_is_the_same_for_every_network(image):
    image[0, 0] = 101
    first, other = (
        answers.explain(lambda images, scale=scale: scale * corner_reader(images), image, None).edits
        for scale in (1, 2)
    )
    assert all(np.array_equal(a.noise_answers, b.noise_answers) for a, b in zip(first, other, strict=True))
