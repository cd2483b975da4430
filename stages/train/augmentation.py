"""Training images changed by chance, so that a network hardly ever sees the same pixels twice."""

import numpy as np

SHIFT = 4
"""Pixels, at most, in each direction."""


def flip_shift(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8 (N, H, W, C): each image flipped left to right or not, then shifted by up to SHIFT pixels down and right.

    Flips have a chance of 1/2, and all shifts the same chance. What a shift uncovers is the image's reflection, its
    outermost pixels not repeated.
    """
    flips = np.where(rng.random(len(images)) < 0.5, -1, 1)
    shifts = rng.integers(-SHIFT, SHIFT + 1, (len(images), 2))
    return moved(images, flips, shifts)


def moved(images: np.ndarray, flips: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """The same with flips, -1 or 1 (N,), and shifts, pixels down and right (N, 2).

    >>> moved(np.arange(5).reshape(1, 1, 5, 1), np.array([1]), np.array([[0, 2]])).ravel().tolist()
    [2, 1, 0, 1, 2]
    >>> moved(np.arange(5).reshape(1, 1, 5, 1), np.array([-1]), np.array([[0, 2]])).ravel().tolist()
    [2, 3, 4, 3, 2]
    """
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")
    result = np.empty_like(images)
    for image, source, flip, (down, right) in zip(result, padded, flips.tolist(), shifts.tolist(), strict=True):
        top, left = SHIFT - down, SHIFT - right * flip
        image[:] = source[top : top + height, left : left + width][:, ::flip]
    return result
