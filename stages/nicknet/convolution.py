"""A 2D convolution whose cost hardly grows with the size of its kernel.

It computes what keras.layers.Conv2D with padding 'same' computes, up to float rounding, by a discrete Fourier transform
written as products of matrices (see fourier.py).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from stages.nicknet.fourier import same_axis, transforms

_LARGEST_DIRECT = 3
_KARATSUBA_CHANNELS = 48
_LARGEST_REPEATED = 2**22  # values of a constant in the compiled program


def transform_pays(kernel_size: int) -> bool:
    """Whether a Convolution is faster than Conv2D for square kernels of this size, by a rule that benchmarks/ measures.

    Up to 3x3 taps, the direct method needs about as few products as the transforms and moves less.
    """
    return kernel_size > _LARGEST_DIRECT


def fastest(channels: int, filters: int) -> "type[Convolution]":
    """The faster of the two Convolutions, by a rule that benchmarks/ measures."""
    return Karatsuba if min(channels, filters) >= _KARATSUBA_CHANNELS else Blocks


class Factors(NamedTuple):
    """What depends on a kernel alone: left factors of the products per frequency, (products, rows, columns)."""

    forward: tf.Tensor
    backward: tf.Tensor


class Convolution(ABC):
    """'same' convolutions of maps of one size by square kernels of one size.

    The images lie along the last axis, which suits the products of matrices. A subclass says how a complex product
    becomes real ones: `products` at each frequency, of matrices that hold `parts` of a complex number.
    """

    products: int
    parts: int

    def __init__(
        self, height: int, width: int, kernel_size: int, kept: tuple[Sequence[int], Sequence[int]] | None = None
    ) -> None:
        """kept: the output's rows and columns to compute, in the order in which they are to come; None for all."""
        self._rows, self._columns = same_axis(height, kernel_size), same_axis(width, kernel_size)
        self._kept = kept or (range(height), range(width))
        self._matrices = transforms(self._rows, self._columns, *self._kept, karatsuba=self.products == 3)
        self._frequencies = (self._rows.length // 2 + 1) * self._columns.length

    def __call__(self, images: tf.Tensor, kernel: tf.Tensor, factors: Factors | None = None) -> tf.Tensor:
        """The convolved images, float (kept rows, kept columns, filters, N), with a gradient of its own.

        images: float (height, width, channels, N). kernel: (kernel_size, kernel_size, channels, filters), the same
        dtype. factors: kernel_factors(kernel), where several calls are to share it.

        The gradient is the transpose of each linear step. It is spelled out because automatic differentiation would
        multiply by transposed left factors, which run at half the speed of plain ones.
        """
        matrices, (_, _, channels, filters) = self._matrices, kernel.shape
        factors = factors or self.kernel_factors(kernel)

        @tf.custom_gradient
        def convolved(images: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable]:
            spectrum = self._per_product(_to_spectrum(images, matrices.input_rows, matrices.input_columns), channels)
            outputs = tf.matmul(factors.forward, spectrum)
            outputs = _from_spectrum(outputs, matrices.output_columns, matrices.output_rows)

            def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                change = _to_spectrum(upstream, matrices.output_rows.T, matrices.output_columns.T)
                change = self._per_product(change, filters)
                of_images, of_kernel = tf.matmul(factors.backward, change), self._of_kernel(spectrum, change)
                of_images = _from_spectrum(of_images, matrices.input_columns.T, matrices.input_rows.T)
                of_kernel = _from_spectrum(of_kernel, matrices.kernel_columns.T, matrices.kernel_rows.T)
                return (
                    tf.reshape(of_images, (self._rows.size, self._columns.size, channels, -1)),
                    tf.reshape(of_kernel, (self._rows.taps, self._columns.taps, channels, filters)),
                )

            return outputs, gradient

        outputs = convolved(images, self._used_taps(kernel))
        return tf.reshape(outputs, (*map(len, self._kept), filters, -1))

    @abstractmethod
    def kernel_factors(self, kernel: tf.Tensor) -> Factors:
        """The Factors of a kernel, float (kernel_size, kernel_size, channels, filters)."""

    @abstractmethod
    def _of_kernel(self, spectrum: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
        """The spectrum of the kernel's gradient from that of the images and that of the outputs' gradient."""

    def _per_product(self, spectrum: tf.Tensor, channels: int) -> tf.Tensor:
        return tf.reshape(spectrum, (self._frequencies * self.products, self.parts * channels, -1))

    def _used_taps(self, kernel: tf.Tensor) -> tf.Tensor:
        rows, columns = (slice(axis.first_tap, axis.first_tap + axis.taps) for axis in (self._rows, self._columns))
        return kernel[rows, columns]

    def _kernel_spectrum(self, kernel: tf.Tensor) -> tf.Tensor:
        return _to_spectrum(kernel, self._matrices.kernel_rows, self._matrices.kernel_columns)


class Blocks(Convolution):
    """A complex product of matrices as one real product of 2x2 blocks."""

    products, parts = 1, 2

    def kernel_factors(self, kernel: tf.Tensor) -> Factors:
        spectrum = self._kernel_spectrum(self._used_taps(kernel))
        spectrum = tf.reshape(spectrum, (self._frequencies, 2, *kernel.shape[2:]))
        real, imaginary = spectrum[:, 0], spectrum[:, 1]
        real_turned, imaginary_turned = (tf.transpose(part, (0, 2, 1)) for part in (real, imaginary))
        return Factors(
            _blocks([real_turned, -imaginary_turned], [imaginary_turned, real_turned]),
            _blocks([real, imaginary], [-imaginary, real]),
        )

    def _of_kernel(self, spectrum: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
        channels, filters = spectrum.shape[1] // 2, change.shape[1] // 2
        blocks = tf.matmul(spectrum, tf.transpose(change, (0, 2, 1)))
        blocks = tf.reshape(blocks, (self._frequencies, 2, channels, 2, filters))
        real = blocks[:, 0, :, 0] + blocks[:, 1, :, 1]
        imaginary = blocks[:, 0, :, 1] - blocks[:, 1, :, 0]
        return tf.stack([real, imaginary], axis=1)


class Karatsuba(Convolution):
    """A complex product of matrices as three real ones, their sums being in the transforms."""

    products, parts = 3, 1

    def kernel_factors(self, kernel: tf.Tensor) -> Factors:
        # The kernel is transposed before its transform, for the product likes no transposed left factor.
        kernel = self._used_taps(kernel)
        _, _, channels, filters = kernel.shape
        forward = self._kernel_spectrum(tf.transpose(kernel, (0, 1, 3, 2)))
        return Factors(self._per_product(forward, filters), self._per_product(self._kernel_spectrum(kernel), channels))

    def _of_kernel(self, spectrum: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
        return tf.matmul(spectrum, tf.transpose(change, (0, 2, 1)))


def _blocks(upper: Sequence[tf.Tensor], lower: Sequence[tf.Tensor]) -> tf.Tensor:
    return tf.concat([tf.concat(upper, axis=2), tf.concat(lower, axis=2)], axis=1)


def _to_spectrum(values: tf.Tensor, by_rows: np.ndarray, by_columns: np.ndarray) -> tf.Tensor:
    """(rows, columns, ...) to (row frequencies, by_columns rows, ...), flat after the second axis."""
    values = _over_rows(by_rows, tf.reshape(values, (by_rows.shape[1], by_columns.shape[1] // 2, -1)))
    return _left(by_columns, tf.reshape(values, (len(by_rows) // 2, by_columns.shape[1], -1)))


def _from_spectrum(values: tf.Tensor, by_columns: np.ndarray, by_rows: np.ndarray) -> tf.Tensor:
    """The way back: to (rows, columns, all other axes)."""
    frequencies = by_rows.shape[1] // 2
    values = _left(by_columns, tf.reshape(values, (frequencies, by_columns.shape[1], -1)))
    return _over_rows(by_rows, tf.reshape(values, (2 * frequencies, len(by_columns) // 2, -1)))


def _over_rows(matrix: np.ndarray, values: tf.Tensor) -> tf.Tensor:
    """Constant matrix times values (rows, columns, ...) along the rows, column by column.

    One product for all columns would need no transposition, but is so wide that it runs at a quarter of the speed.
    """
    return tf.transpose(_left(matrix, tf.transpose(values, (1, 0, 2))), (1, 0, 2))


def _left(matrix: np.ndarray, values: tf.Tensor) -> tf.Tensor:
    """Constant matrix times each of values (batch, rows, columns)."""
    matrix = matrix[None]
    if matrix.size * values.shape[0] <= _LARGEST_REPEATED:
        # Repeating it at run time would cost more than the product.
        matrix = np.repeat(matrix, values.shape[0], axis=0)
    return tf.matmul(tf.constant(matrix, dtype=values.dtype), values)
