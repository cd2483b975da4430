"""What pixel edits do to images, and what is made of a network's answers to them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.error_analysis import reports, worlds

from stages.error_analysis import edits


def noise(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_greyscale_weighs_the_channels_as_luma():
    image = np.array([[[[255, 0, 0], [0, 255, 0], [0, 0, 255], [7, 7, 7]]]], np.uint8)
    np.testing.assert_allclose(edits.greyscale(image)[0, 0, :, 1], [76.245, 149.685, 29.07, 7], rtol=1e-6)


def test_half_contrast_keeps_the_mean_of_a_grey_image_and_halves_the_distances():
    image = np.repeat(np.array([[[[0], [100], [200], [100]]]], np.uint8), 3, axis=3)
    np.testing.assert_allclose(edits.half_contrast(image)[0, 0, :, 0], [50, 100, 150, 100], rtol=1e-6)


def test_blur_spreads_a_dot_and_keeps_its_sum():
    image = np.zeros((1, 21, 21, 3), np.uint8)
    image[0, 10, 10] = 250
    spread = edits.blurred(image)[0, :, :, 0]
    assert spread.sum() == pytest.approx(250, rel=1e-4)
    assert spread[10, 11] == pytest.approx(spread[10, 10] * np.exp(-1 / 2), rel=1e-4)  # a Gaussian one sigma off
    assert spread[10, 10] < 50


def test_blur_does_not_mix_images_or_channels():
    images = np.zeros((2, 8, 8, 3), np.uint8)
    images[0, :, :, 1] = 90
    np.testing.assert_allclose(edits.blurred(images), images, atol=1e-4)


def test_flip_exchanges_left_and_right():
    images = noise((2, 4, 6, 3))
    np.testing.assert_array_equal(edits.flipped(images)[:, :, 0], images[:, :, 5])
    np.testing.assert_array_equal(edits.flipped(edits.flipped(images)), images)


def test_shift_moves_by_whole_pixels_and_continues_the_border():
    image = np.repeat(np.array([[[1], [2], [3], [4]], [[5], [6], [7], [8]]], np.uint8)[None], 3, axis=3)
    right = edits.shifted(image, down=0, right=2)[0, :, :, 0]
    np.testing.assert_array_equal(right, [[1, 1, 1, 2], [5, 5, 5, 6]])
    down = edits.shifted(image, down=1, right=0)[0, :, :, 0]
    np.testing.assert_array_equal(down, [[1, 2, 3, 4], [1, 2, 3, 4]])


def test_occlusion_fills_the_square_at_its_place_only():
    images = noise((2, 32, 32, 3))
    out = edits.occluded(images, np.array([[0, 0], [24, 3]]), np.array([300.0, 301, 302]))
    hidden = out[..., 0] == 300
    assert hidden[0, :8, :8].all()
    assert hidden[1, 24:, 3:11].all()
    assert hidden.sum(axis=(1, 2)).tolist() == [64, 64]
    np.testing.assert_array_equal(out[~hidden], images[~hidden])


def test_centre_only_and_border_only_hide_complements():
    images = noise((3, 32, 32, 3))
    inside = np.zeros((32, 32), bool)
    inside[8:24, 8:24] = True
    centre, border = edits.centre_only(images), edits.border_only(images)
    np.testing.assert_array_equal(centre[:, inside], images[:, inside])
    np.testing.assert_array_equal(border[:, ~inside], images[:, ~inside])
    for image in range(3):
        np.testing.assert_allclose(centre[image, 0, 0], images[image, inside].mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(border[image, 9, 9], images[image, ~inside].mean(axis=0), rtol=1e-5)
    assert np.ptp(centre[:, ~inside], axis=1).max() == 0
    assert np.ptp(border[:, inside], axis=1).max() == 0


@pytest.mark.parametrize("edit", [edits.centre_only, edits.border_only])
def test_what_is_hidden_leaves_no_trace(edit):
    """Images that differ only in the hidden part look the same afterwards."""
    images, others = noise((2, 32, 32, 3)), noise((2, 32, 32, 3), seed=1)
    inside = np.zeros((32, 32, 1), bool)
    inside[8:24, 8:24] = True
    visible = inside if edit is edits.centre_only else ~inside
    np.testing.assert_array_equal(edit(np.where(visible, images, others)), edit(images))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 33), st.integers(1, 33), st.integers(0, 2**31))
def test_every_edit_and_placebo_keeps_shape_range_and_input(n, height, width, seed):
    images = noise((n, height, width, 3), seed)
    before = images.copy()
    rng = np.random.default_rng(seed)
    corners = edits.random_corners(images.shape, rng)
    for edit in edits.EDITS:
        changed = edit.apply(images, corners)
        for result in (changed, edits.placebo(images, changed, rng)):
            assert result.dtype == np.float32
            assert result.shape == images.shape
            assert result.min() >= -1e-3
            assert result.max() <= 255 + 1e-3
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("edit", edits.EDITS, ids=lambda edit: edit.name)
def test_the_placebo_changes_each_image_as_much_as_the_edit(edit):
    images = noise((20, 32, 32, 3))
    images[:5] //= 8  # dark ones: much of the noise would leave 0..255
    corners = edits.random_corners(images.shape, np.random.default_rng(1))
    changed = edit.apply(images, corners)
    noisy = edits.placebo(images, changed, np.random.default_rng(2))
    flat = (len(images), -1)
    wanted = np.linalg.norm((changed - images).reshape(flat), axis=1)
    np.testing.assert_allclose(np.linalg.norm((noisy - images).reshape(flat), axis=1), wanted, rtol=1e-3)
    assert wanted.min() > 0


def test_the_placebo_of_an_edit_that_changes_nothing_changes_nothing():
    images = noise((2, 8, 8, 3))
    np.testing.assert_array_equal(edits.placebo(images, images.astype("float32"), np.random.default_rng(0)), images)


def test_the_placebo_has_no_trend_over_the_image():
    images = np.full((200, 8, 8, 3), 128, np.uint8)
    changed = edits.occluded(images, np.zeros((200, 2), int), edits.BLACK)
    drift = (edits.placebo(images, changed, np.random.default_rng(0)) - images).mean(axis=0)
    assert np.abs(drift).max() < 8  # one standard deviation of the noise is 23, of a mean of 200 it is 1.6


def test_choice_is_bounded_by_each_group_and_seeded():
    correct = np.arange(1000) % 10 != 0  # 100 wrong, 900 right
    chosen = edits.choose(correct, 200, np.random.default_rng(3))
    assert np.sum(~correct[chosen]) == 100
    assert np.sum(correct[chosen]) == 200
    assert np.all(np.diff(chosen) > 0)
    np.testing.assert_array_equal(chosen, edits.choose(correct, 200, np.random.default_rng(3)))
    assert not np.array_equal(chosen, edits.choose(correct, 200, np.random.default_rng(4)))


def test_choice_from_a_network_without_errors_takes_right_ones_only():
    assert edits.choose(np.ones(5, bool), 3, np.random.default_rng(0)).shape == (3,)


def brighter_side(images):
    """A network that answers 1 where the right half of the image is the brighter one."""
    half = images.shape[2] // 2
    left, right = (
        np.asarray(part, "float64").mean(axis=(1, 2, 3)) for part in (images[:, :, :half], images[:, :, half:])
    )
    return np.stack([left, right], axis=1)


@pytest.fixture(scope="module")
def outcomes():
    images = noise((300, 16, 16, 3)) // 4
    images[:, :, :8] += 120
    labels = np.array([0, 1, 1] * 100)  # the network says 0 of all: right on a third
    return edits.intervene(brighter_side, images, labels, np.random.default_rng(0))


def test_an_edit_that_turns_every_answer_repairs_all_and_breaks_all(outcomes):
    flip = outcomes.names.index("flip")
    assert outcomes.before.sum() == 100
    np.testing.assert_array_equal(outcomes.edited[flip], ~outcomes.before)
    np.testing.assert_array_equal(outcomes.noisy[flip], outcomes.before)


def test_an_edit_the_answer_does_not_depend_on_repairs_and_breaks_nothing(outcomes):
    np.testing.assert_array_equal(outcomes.edited[outcomes.names.index("greyscale")], outcomes.before)


def test_outcomes_are_the_same_again(outcomes):
    images = noise((300, 16, 16, 3)) // 4
    images[:, :, :8] += 120
    again = edits.intervene(brighter_side, images, np.array([0, 1, 1] * 100), np.random.default_rng(0))
    np.testing.assert_array_equal(outcomes.noisy, again.noisy)
    np.testing.assert_array_equal(outcomes.norms, again.norms)


def test_paired_difference_agrees_with_the_published_example():
    """statpsych::ci.prop.ps(.05, 12, 4, 26, 6), by the formula's authors, gives 0.2548067 to 0.6251933."""
    first = np.repeat([False, False, True, True], [12, 4, 26, 6])
    second = np.repeat([False, True, False, True], [12, 4, 26, 6])
    result = edits.paired_difference(first, second, 0.95)
    assert (result.low, result.high) == (pytest.approx(0.2548067, abs=1e-7), pytest.approx(0.6251933, abs=1e-7))
    assert result.difference == pytest.approx(22 / 48)
    assert (result.n, result.first, result.second) == (48, pytest.approx(32 / 48), pytest.approx(10 / 48))
    assert result.p == pytest.approx(2 * sum(c / 2**30 for c in (1, 30, 435, 4060, 27405)))  # at most 4 of 30


def test_paired_difference_of_equal_outcomes_is_zero_with_a_width():
    same = np.arange(50) % 2 == 0
    result = edits.paired_difference(same, same, 0.95)
    assert (result.difference, result.p) == (0, 1)
    assert result.low < 0 < result.high


def test_paired_difference_of_no_cases_has_no_number():
    none = np.zeros(0, bool)
    result = edits.paired_difference(none, none, 0.95)
    assert (result.n, result.difference, result.low, result.high, result.p) == (0, None, None, None, None)


def test_rows_give_both_directions_beside_the_placebo(outcomes):
    found = {(row["edit"], row["direction"]): row for row in edits.rows(outcomes, 0.95)}
    assert len(found) == 2 * len(edits.EDITS)
    repair, harm = found["flip", "repair"], found["flip", "break"]
    assert (repair["n"], repair["rate"], repair["placebo_rate"]) == (200, 1, 0)
    assert (harm["n"], harm["rate"], harm["difference"]) == (100, 1, 1)
    assert repair["low"] > 0.95
    grey = found["greyscale", "repair"]
    assert (grey["rate"], grey["p"]) == (0, 1)
    assert grey["mean_l2"] > 0
    assert set(repair) == set(edits.COLUMNS) - {"network", "seed"}


def test_rows_of_a_network_without_errors_have_no_repair_rate():
    images = noise((5, 8, 8, 3))
    outcomes = edits.intervene(brighter_side, images, brighter_side(images).argmax(axis=1), np.random.default_rng(0))
    for row in edits.rows(outcomes, 0.95):
        assert (row["rate"] is None) == (row["direction"] == "repair")


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
        outcomes = edits.intervene(reader(images, labels, cue), images, labels, np.random.default_rng(draw))
        assert outcomes.before.all()
        found = {row["edit"]: row for row in edits.rows(outcomes, 0.99) if row["direction"] == "break"}
        assert found[harmful]["low"] > 0.5
        for name in harmless:
            assert found[name]["low"] <= 0 <= found[name]["high"]


def test_the_table_covers_the_networks_asked_and_corrects_over_all_of_it():
    pieces = reports.pieces(seeds=2)
    table = pieces.analysis.tables["pixel_edits"]
    assert len(table.rows) == 3 * 2 * len(edits.EDITS)
    assert {(row["network"], row["seed"]) for row in table.rows} == {(f"nicknet{i}", 0) for i in (1, 2, 3)}
    for row in table.rows:
        assert set(row) == set(edits.COLUMNS)
        if row["n"]:
            assert row["low"] <= row["difference"] <= row["high"] or row["n"] < 5
            assert row["p"] <= row["p_holm"] <= 1
            assert row["difference"] == pytest.approx(row["rate"] - row["placebo_rate"])
    assert sum(row["n"] for row in table.rows if row["edit"] == "flip") == 3 * 40  # 20 wrong and 20 right each
