"""What pixel edits do to images, and noise that changes an image as much."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.images import edits


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
    np.testing.assert_allclose(edits.change(images, noisy), edits.change(images, changed), rtol=1e-3)
    assert edits.change(images, changed).min() > 0


def test_the_placebo_of_an_edit_that_changes_nothing_changes_nothing():
    images = noise((2, 8, 8, 3))
    np.testing.assert_array_equal(edits.placebo(images, images.astype("float32"), np.random.default_rng(0)), images)


def test_the_placebo_has_no_trend_over_the_image():
    images = np.full((200, 8, 8, 3), 128, np.uint8)
    changed = edits.occluded(images, np.zeros((200, 2), int), edits.BLACK)
    drift = (edits.placebo(images, changed, np.random.default_rng(0)) - images).mean(axis=0)
    assert np.abs(drift).max() < 8  # one standard deviation of the noise is 23, of a mean of 200 it is 1.6


def test_placebos_come_with_every_edit_as_often_as_asked_and_the_same_each_time():
    images = noise((2, 8, 8, 3))
    first, again = (list(edits.with_placebos(images, np.random.default_rng(0), draws=3)) for _ in range(2))
    assert len(first) == len(edits.EDITS)
    for (changed, noisy), (same, same_noise) in zip(first, again, strict=True):
        assert (changed.shape, noisy.shape) == (images.shape, (6, 8, 8, 3))
        np.testing.assert_array_equal(changed, same)
        np.testing.assert_array_equal(noisy, same_noise)
    _, noisy = first[1]
    assert not np.array_equal(noisy[0], noisy[1])  # two draws for the first image
    assert np.abs(noisy[:3] - images[0]).mean() < np.abs(noisy[:3] - images[1]).mean()


def test_the_size_of_a_change_is_its_l2_norm():
    images = np.zeros((2, 1, 2, 3), np.uint8)
    edited = images + np.array([0.0, 1.0])[:, None, None, None]
    np.testing.assert_allclose(edits.change(images, edited), [0, np.sqrt(6)], rtol=1e-6)
