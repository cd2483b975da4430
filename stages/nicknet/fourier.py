"""Real matrices that turn a 'same' convolution into products per frequency.

A discrete Fourier transform of a small map is cheapest as a product with a constant matrix, because products of
matrices run near a processor's peak. The transform over the rows of a real map is kept at the non-negative frequencies
only, as real rows (cosine, minus sine); the one over its columns maps complex to complex, as rows (real, imaginary).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Axis(NamedTuple):
    """One axis of a 'same' convolution: `size` pixels, output n sums taps j times input n + j - before."""

    size: int
    first_tap: int
    taps: int
    before: int

    @property
    def length(self) -> int:
        """Shortest transform whose wrap-around spoils only outputs that are thrown away."""
        return self.size + max(self.before, self.taps - 1 - self.before)


def same_axis(size: int, kernel_size: int) -> Axis:
    """Axis of `size` pixels under a kernel, without the taps that never meet a pixel.

    As in TensorFlow, 'same' pads (kernel_size - 1) // 2 zeros before and the rest after.

    >>> same_axis(16, 10)
    Axis(size=16, first_tap=0, taps=10, before=4)
    >>> same_axis(2, 10)
    Axis(size=2, first_tap=3, taps=3, before=1)
    """
    before = (kernel_size - 1) // 2
    first = max(0, before - (size - 1))
    last = min(kernel_size, before + size)
    return Axis(size, first, last - first, before - first)


class Transforms(NamedTuple):
    """Matrices (float64) of one convolution; p counts the parts of a complex number (2, or 3 for Karatsuba)."""

    input_rows: np.ndarray  # (2 * row frequencies, height)
    input_columns: np.ndarray  # (p * column frequencies, 2 * width)
    kernel_rows: np.ndarray  # (2 * row frequencies, kernel height)
    kernel_columns: np.ndarray  # (p * column frequencies, 2 * kernel width)
    output_columns: np.ndarray  # (2 * kept columns, p * column frequencies)
    output_rows: np.ndarray  # (kept rows, 2 * row frequencies)


# Parts of x = a + ib and w = c + id, and the way from their products to xw. With Karatsuba's trick,
# c(a+b), a(d-c) and b(c+d) make both parts: three products of matrices in place of four.
_COMPLEX = np.eye(2)
_KARATSUBA_INPUT = np.array([[1, 1], [1, 0], [0, 1]])
_KARATSUBA_KERNEL = np.array([[1, 0], [-1, 1], [1, 1]])
_KARATSUBA_OUTPUT = np.array([[1, 0, -1], [1, 1, 0]])


def transforms(
    rows: Axis, columns: Axis, kept_rows: Sequence[int], kept_columns: Sequence[int], karatsuba: bool
) -> Transforms:
    """Matrices of the convolution over two axes.

    kept_rows, kept_columns: the output's rows and columns to compute, in the order in which they are to come.
    karatsuba: whether products are taken in three parts rather than as 2x2 blocks.
    """
    inputs, kernels, outputs = (
        (_KARATSUBA_INPUT, _KARATSUBA_KERNEL, _KARATSUBA_OUTPUT) if karatsuba else (_COMPLEX,) * 3
    )
    half, full = np.arange(rows.length // 2 + 1), np.arange(columns.length)
    # Each non-negative frequency stands for itself and its negative, unless they are the same.
    weight = np.where((half == 0) | (2 * half == rows.length), 1.0, 2.0)[:, None, None]
    output_rows = weight * _phase(half, np.array(kept_rows), rows.length, -1)
    turned = _rotation(full, np.array(kept_columns), columns.length, 1)
    return Transforms(
        _phase(half, np.arange(rows.size), rows.length, -1).reshape(-1, rows.size),
        _by_parts(inputs, _rotation(full, np.arange(columns.size), columns.length, -1)),
        _phase(half, _taps(rows), rows.length, 1).reshape(-1, rows.taps),
        _by_parts(kernels, _rotation(full, _taps(columns), columns.length, 1)),
        np.einsum("fqre,ep->qrfp", turned, outputs).reshape(2 * len(kept_columns), -1) / columns.length,
        output_rows.reshape(-1, len(kept_rows)).T / rows.length,
    )


def _taps(axis: Axis) -> np.ndarray:
    return np.arange(axis.taps) - axis.before


def _angle(frequencies: np.ndarray, places: np.ndarray, length: int) -> np.ndarray:
    # Reduced before the float product, so that equal angles give equal bits.
    return 2 * np.pi * (np.outer(frequencies, places) % length) / length


def _phase(frequencies: np.ndarray, places: np.ndarray, length: int, sign: int) -> np.ndarray:
    """exp(sign * i * angle) as (frequency, real or imaginary, place)."""
    angle = _angle(frequencies, places, length)
    return np.stack([np.cos(angle), sign * np.sin(angle)], axis=1)


def _rotation(frequencies: np.ndarray, places: np.ndarray, length: int, sign: int) -> np.ndarray:
    """Multiplication by exp(sign * i * angle) as (frequency, part out, place, part in)."""
    angle = _angle(frequencies, places, length)
    cosine, sine = np.cos(angle), sign * np.sin(angle)
    return np.stack([np.stack([cosine, -sine], axis=-1), np.stack([sine, cosine], axis=-1)], axis=1)


def _by_parts(parts: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Matrix from (part in, place) to (frequency, row of parts)."""
    return np.einsum("pq,fqre->fper", parts, rotation).reshape(len(rotation) * len(parts), -1)
