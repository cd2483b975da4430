"""What is made of a network's answers to changed images, on networks whose rule is known."""

import numpy as np
import pytest

from stages.images.edits import EDITS
from stages.interventions import answers
from tests import worlds

NAMES = [edit.name for edit in EDITS]


def test_choice_is_bounded_by_each_group_and_seeded():
    correct = np.arange(1000) % 10 != 0  # 100 wrong, 900 right
    chosen = answers.choose(correct, 200, np.random.default_rng(3))
    assert np.sum(~correct[chosen]) == 100
    assert np.sum(correct[chosen]) == 200
    assert np.all(np.diff(chosen) > 0)
    np.testing.assert_array_equal(chosen, answers.choose(correct, 200, np.random.default_rng(3)))
    assert not np.array_equal(chosen, answers.choose(correct, 200, np.random.default_rng(4)))


def test_choice_from_a_network_without_errors_takes_right_ones_only():
    assert answers.choose(np.ones(5, bool), 3, np.random.default_rng(0)).shape == (3,)


def brighter_side(images):
    """A network that answers 1 where the right half of the image is the brighter one."""
    half = images.shape[2] // 2
    sides = (images[:, :, :half], images[:, :, half:])
    return np.stack([np.asarray(side, "float64").mean(axis=(1, 2, 3)) for side in sides], axis=1)


def left_is_brighter(count):
    images = np.random.default_rng(0).integers(0, 64, (count, 16, 16, 3), dtype=np.uint8)
    images[:, :, :8] += 120
    return images


def test_an_edit_that_turns_every_answer_turns_all_and_one_that_matters_to_none_turns_none():
    images, labels = left_is_brighter(300), np.array([0, 1, 1] * 100)  # the network says 0 of all: right on a third
    first, again = (answers.to_edits(brighter_side, images, labels, np.random.default_rng(0)) for _ in range(2))
    flip, grey = NAMES.index("flip"), NAMES.index("greyscale")
    assert first["before"].tolist() == [True, False, False] * 100
    np.testing.assert_array_equal(first["edited"][flip], ~first["before"])
    np.testing.assert_array_equal(first["placebo"][flip], first["before"])
    np.testing.assert_array_equal(first["edited"][grey], first["before"])
    exact = np.linalg.norm((images[..., ::-1, :].astype(float) - images).reshape(300, -1), axis=1)
    np.testing.assert_allclose(first["norms"][flip], exact, rtol=1e-5)
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_errors_are_asked_about_one_by_one_and_each_has_noise_of_its_own():
    images, asked = left_is_brighter(3), []

    def predict(batch):
        asked.append(len(batch))
        return brighter_side(batch)

    labels, predicted = np.array([1, 1, 1]), np.array([0, 0, 0])
    result = answers.to_errors(predict, images, labels, predicted, [np.random.default_rng(seed) for seed in range(3)])
    assert len(asked) == len(images)  # one after another, since 200 large images a time fill the memory
    turned = result["error_edited"][NAMES.index("flip")]
    assert (turned.tolist(), result["error_placebo"].any(), result["maps"].shape) == ([True] * 3, False, (3, 16, 16))
    assert (result["maps"][:, 3:13, 1:7] > 0).all()  # hiding part of the bright left half speaks against the answer 0
    last = answers.to_errors(brighter_side, images[2:], labels[2:], predicted[2:], [np.random.default_rng(2)])
    for name, axis in (("error_edited", 1), ("error_placebo", 1), ("maps", 0)):
        np.testing.assert_array_equal(np.take(result[name], [2], axis), last[name])


def test_a_run_without_errors_has_empty_answers():
    none = np.zeros(0, int)
    result = answers.to_errors(brighter_side, left_is_brighter(1)[:0], none, none, [])
    assert result["error_edited"].shape == result["error_placebo"].shape == (len(EDITS), 0)
    assert result["maps"].shape == (0, 16, 16)


def reader(images, labels, cue):
    """A network that knows the cue of worlds.images_with_a_cue, and nothing else of an image."""
    side = images.shape[1]
    middle = np.zeros((side, side), bool)
    middle[side // 4 : -side // 4, side // 4 : -side // 4] = True

    def read(asked):
        pixels = np.asarray(asked, "float64")
        if cue == "colour":
            return (pixels[..., 0] - pixels[..., 1]).mean(axis=(1, 2))
        return pixels[:, middle if cue == "centre" else ~middle].mean(axis=(1, 2))

    levels = np.array([read(images[labels == label]).mean() for label in range(labels.max() + 1)])
    return lambda asked: -np.abs(read(asked)[:, None] - levels)


@pytest.mark.parametrize(
    ("cue", "harmful", "harmless"),
    [
        ("colour", "greyscale", ("flip", "shift right", "blur")),
        ("centre", "border only", ("greyscale", "flip", "blur")),
        ("border", "centre only", ("greyscale", "flip", "blur")),
    ],
)
def test_a_planted_cue_is_found_by_the_edit_that_removes_it(cue, harmful, harmless):
    for draw in range(3):
        images, labels = worlds.images_with_a_cue(np.random.default_rng(draw), 200, cue)
        result = answers.to_edits(reader(images, labels, cue), images, labels, np.random.default_rng(draw))
        assert result["before"].all()
        excess = dict(zip(NAMES, (~result["edited"]).mean(axis=1) - (~result["placebo"]).mean(axis=1), strict=True))
        assert excess[harmful] > 0.5
        assert all(abs(excess[name]) < 0.03 for name in harmless)
