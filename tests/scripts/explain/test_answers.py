"""What changes a network's mind, on networks whose rule is known."""

import numpy as np
import pytest
from stages.error_analysis.edits import EDITS
from stages.explain import answers


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
    (only,) = answers.knockouts(LOGITS, None)
    assert (only.removed, only.answer) == ((0,), 1)
    assert only.probability == pytest.approx(0.3 / 0.5)


@pytest.mark.parametrize("label", [0, 1])
def test_a_right_answer_and_a_second_choice_need_one_knockout(label):
    assert [one.removed for one in answers.knockouts(LOGITS, label)] == [(0,)]


def test_all_that_is_more_probable_than_the_label_has_to_go():
    first, last = answers.knockouts(LOGITS, 3)
    assert (first.removed, last.removed, last.answer, last.probability) == ((0,), (0, 1, 2), 3, 1.0)
    _, last = answers.knockouts(LOGITS, 2)
    assert (last.removed, last.answer) == ((0, 1), 2)
    assert last.probability == pytest.approx(0.15 / 0.2)


def test_knockouts_of_a_saturated_network_are_numbers():
    (only,) = answers.knockouts(np.array([5000.0, 0.0, -5000.0]), None)
    assert (only.answer, only.probability) == (1, 1.0)


def test_an_edit_that_darkens_the_corner_changes_the_mind_of_a_network_that_reads_it(image):
    answer = answers.ask(corner_reader, image, None, seed=0)
    found = {edit.name: edit for edit in answer.edits}
    assert list(found) == [edit.name for edit in EDITS]
    assert answer.predicted == 1
    assert found["flip"].answer == 0
    assert found["flip"].norm == pytest.approx(200 * np.sqrt(6))  # two pixels of three channels
    assert found["flip"].kept == pytest.approx(np.exp(0) / (np.exp(10) + 2))
    assert found["greyscale"].answer == 1
    assert found["greyscale"].norm == pytest.approx(0, abs=1e-3)
    assert (found["greyscale"].noise_answers == 1).all()
    assert len(found["flip"].noise_answers) == answers.NOISES


def flip_turned_by_noise(image):
    found = answers.ask(corner_reader, image, None, seed=0).edits
    return int(next((edit.noise_answers != 1).sum() for edit in found if edit.name == "flip"))


def test_noise_is_counted_by_what_it_changes(image):
    """The flip's norm spread over 192 values leaves each about a quarter of the corner's brightness as its deviation.

    So 200 falls below 100 where a draw is under -2 deviations (2%), and 101 where it is under nearly 0 (half of them).
    """
    assert flip_turned_by_noise(image) < 10
    image[0, 0] = 101
    assert 30 < flip_turned_by_noise(image) < 70


def test_the_map_of_a_network_that_looks_at_one_corner_lies_there(image):
    found = answers.ask(corner_reader, image, None, seed=0).occlusion
    assert found.rival == 0
    assert (found.side, found.places, found.turned) == (2, 49, 1)
    assert found.map.argmax() == 0
    assert found.map[0, 0] == pytest.approx(20 - 200 / 64 / 10)
    assert not found.map[2:, :].any()
    assert not found.map[:, 2:].any()


def test_the_rival_is_the_label_where_that_is_another_class(image):
    assert answers.ask(corner_reader, image, 2, seed=0).occlusion.rival == 2
    assert answers.ask(corner_reader, image, 1, seed=0).occlusion.rival == 0


def test_equal_seeds_draw_equal_noise(image):
    image[0, 0] = 101
    first, again, other = (answers.ask(corner_reader, image, None, seed).edits for seed in (3, 3, 4))
    assert all(np.array_equal(a.noise_kept, b.noise_kept) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a.noise_kept, b.noise_kept) for a, b in zip(first, other, strict=True))
