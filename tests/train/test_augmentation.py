import numpy as np

from stages.streams import stream
from stages.train.augmentation import SHIFT, flip_shift, moved

IMAGES = np.random.default_rng(0).integers(0, 256, (400, 9, 12, 3), "uint8")
"""Of distinct columns and rows, so that the pixels show a flip and a shift."""


def test_a_flip_alone_turns_left_and_right():
    flips, still = np.array([-1, 1] * 200), np.zeros((400, 2), int)
    result = moved(IMAGES, flips, still)
    np.testing.assert_array_equal(result[0], IMAGES[0, :, ::-1])
    np.testing.assert_array_equal(result[1], IMAGES[1])


def test_a_shift_moves_the_flipped_image_and_reflects_what_it_uncovers():
    result = moved(IMAGES[:1], np.array([-1]), np.array([[3, -2]]))[0]
    flipped = IMAGES[0, :, ::-1]
    np.testing.assert_array_equal(result[3:, :-2], flipped[:-3, 2:])
    np.testing.assert_array_equal(result[:3, :-2], flipped[[3, 2, 1], 2:])
    np.testing.assert_array_equal(result[3:, -2:], flipped[:-3, [-2, -3]])


def test_half_are_flipped_and_every_shift_occurs():
    result = flip_shift(IMAGES, stream("augment", 0, 1))
    inner = slice(SHIFT, -SHIFT)  # what no shift uncovers
    seen = []
    for image, original in zip(result, IMAGES, strict=True):
        for flip in (1, -1):
            padded = np.pad(original[:, ::flip], ((SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)))
            for down in range(-SHIFT, SHIFT + 1):
                for right in range(-SHIFT, SHIFT + 1):
                    window = padded[SHIFT - down :][:9, SHIFT - right :][:, :12]
                    if np.array_equal(window[inner, inner], image[inner, inner]):
                        seen.append((flip, down, right))
    assert len(seen) == 400
    flips, downs, rights = (np.array(values) for values in zip(*seen, strict=True))
    assert abs((flips == -1).mean() - 0.5) < 0.1
    assert set(downs) == set(rights) == set(range(-SHIFT, SHIFT + 1))
    assert not np.array_equal(result, flip_shift(IMAGES, stream("augment", 0, 2)))


def test_images_smaller_than_a_shift_are_reflected_again():
    assert moved(IMAGES[:2, :4, :4], np.array([1, -1]), np.array([[4, 4], [-4, -4]])).shape == (2, 4, 4, 3)
