"""A 2D convolution whose cost hardly grows with the size of its kernel.

The layers compute what keras.layers.Conv2D computes, up to float rounding, by a discrete Fourier
transform written as products of matrices (see fourier.py). They use keras.ops only.
"""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from stages.nicknet.fourier import same_axis, transforms

DIRECT, BLOCK, KARATSUBA = "direct", "block", "karatsuba"

_DIRECT_TAPS = 9
_KARATSUBA_CHANNELS = 48
_LARGEST_REPEATED = 2**22  # values of a constant in the compiled program


@keras.saving.register_keras_serializable(package="nicknets")
class LargeKernelConv2D(keras.layers.Conv2D):
    """Conv2D with strides 1 and padding 'same', fast for large kernels.

    Takes the arguments of keras.layers.Conv2D and has its weights, initial values, configuration and
    output: get_weights() of either goes into set_weights() of the other. `padding` defaults to 'same'.
    Kernels may have any size: even, odd, rectangular, larger than the map. The way of computing is chosen
    from the shape of the kernel, see `way_of_computing`.

    Raises:
        ValueError: strides or dilation other than 1, groups other than 1, padding other than 'same'.
    """

    def __init__(self, filters, kernel_size, strides=1, padding="same", **kwargs):
        super().__init__(filters, kernel_size, strides=strides, padding=padding, **kwargs)
        wanted = {"strides": (1, 1), "padding": "same", "dilation_rate": (1, 1), "groups": 1}
        for name, value in wanted.items():
            if getattr(self, name) != value:
                raise ValueError(
                    f"{type(self).__name__} supports {name}={value!r} only, got {getattr(self, name)!r}. "
                    "Use keras.layers.Conv2D for anything else."
                )

    def convolution_op(self, inputs, kernel):
        last = self.data_format == "channels_last"
        height, width = inputs.shape[1:3] if last else inputs.shape[2:4]
        way = way_of_computing(*kernel.shape)
        if way == DIRECT:
            return super().convolution_op(inputs, kernel)
        images = ops.transpose(inputs, (1, 2, 3, 0) if last else (2, 3, 1, 0))
        outputs = convolve_batch_last(images, kernel, range(height), range(width), way == KARATSUBA)
        return ops.transpose(outputs, (3, 0, 1, 2) if last else (3, 2, 0, 1))


@keras.saving.register_keras_serializable(package="nicknets")
class BatchLastConv2D(LargeKernelConv2D):
    """LargeKernelConv2D with the images along the last axis, as its matrix products like them best.

    Input (height, width, channels, N), output (height, width, filters, N), or with a 2x2 max-pooling
    (height // 2, width // 2, filters, N). It never goes the direct way.

    Args:
        pool: whether a 2x2 max-pooling follows. It comes before bias and activation, on four times as
            many values as they then see: the same result for an activation that never decreases, and
            only such a one may be given.

    Attributes:
        factors: what depends on the kernel alone, from `kernel_factors`, where several calls are to share it;
            None, as at first, to compute it in every call.
    """

    def __init__(self, filters, kernel_size, pool=False, **kwargs):
        super().__init__(filters, kernel_size, **kwargs)
        self.pool = pool

    def build(self, input_shape):
        height, width, channels, images = input_shape
        super().build((height, width, images, channels))
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={0: height, 1: width, 2: channels})
        self.factors = None

    def kernel_factors(self, kernel):
        """The Factors of a kernel, for `factors`."""
        height, width = (self.input_spec.axes[axis] for axis in (0, 1))
        return kernel_factors(kernel, height, width, _karatsuba_pays(*kernel.shape[2:]))

    def call(self, inputs):
        height, width, _, _ = inputs.shape
        kernel = self.kernel
        rows, columns = (
            (_slices_of_pool(height), _slices_of_pool(width)) if self.pool else (range(height), range(width))
        )
        karatsuba = _karatsuba_pays(*kernel.shape[2:])
        outputs = convolve_batch_last(inputs, kernel, rows, columns, karatsuba, self.factors)
        if self.pool:
            outputs = _max_of_slices(ops.reshape(outputs, (2, height // 2, 2, width // 2, self.filters, -1)))
        if self.use_bias:
            outputs = outputs + ops.reshape(ops.convert_to_tensor(self.bias), (-1, 1))
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape):
        height, width, _, images = input_shape
        if self.pool:
            height, width = height // 2, width // 2
        return height, width, self.filters, images

    def get_config(self):
        return {**super().get_config(), "pool": self.pool}


def way_of_computing(kernel_height, kernel_width, channels, filters):
    """DIRECT, BLOCK or KARATSUBA: the fastest for a kernel of this shape, by a rule that benchmarks/ measures.

    Up to 3x3 taps, the direct method needs about as few products as the transforms and moves less.
    """
    if kernel_height * kernel_width <= _DIRECT_TAPS:
        return DIRECT
    return KARATSUBA if _karatsuba_pays(channels, filters) else BLOCK


def _karatsuba_pays(channels, filters):
    return min(channels, filters) >= _KARATSUBA_CHANNELS


def convolve_batch_last(images, kernel, kept_rows, kept_columns, karatsuba, factors=None):
    """'same' convolution of images along the last axis, by matrix products per frequency.

    Args:
        images: (height, width, channels, N), a float tensor.
        kernel: (kernel height, kernel width, channels, filters), the same dtype.
        kept_rows, kept_columns: sequences of the output's rows and columns to compute, in the order wanted.
        karatsuba: whether a complex product of matrices takes three real ones, else one of 2x2 blocks.
        factors: `kernel_factors` of this kernel, where they are known already.

    Returns:
        (len(kept_rows), len(kept_columns), filters, N), the dtype of the images; float16 and bfloat16 are
        computed in float32.
    """
    dtype = keras.backend.standardize_dtype(images.dtype)
    images, kernel = _computed(images), _computed(kernel)
    rows, columns = _axes(images.shape, kernel.shape)
    matrices = transforms(rows, columns, tuple(kept_rows), tuple(kept_columns), karatsuba)
    outputs = _operation(rows, columns, matrices, karatsuba, factors)(images, _used_taps(kernel, rows, columns))
    return ops.cast(ops.reshape(outputs, (len(kept_rows), len(kept_columns), kernel.shape[-1], -1)), dtype)


class Factors(NamedTuple):
    """Left factors of the products per frequency, tensors (products, rows, columns)."""

    forward: Any
    backward: Any


def kernel_factors(kernel, height, width, karatsuba):
    """The Factors that convolve_batch_last computes from a kernel for maps of height x width.

    Args:
        kernel: (kernel height, kernel width, channels, filters), a float tensor.
        karatsuba: as for convolve_batch_last.
    """
    rows, columns = _axes((height, width), kernel.shape)
    matrices = transforms(rows, columns, tuple(range(height)), tuple(range(width)), karatsuba)
    return _product(rows, columns, matrices, karatsuba, _computed(_used_taps(kernel, rows, columns))).factors()


def _computed(values):
    """In the dtype that is computed in."""
    half = keras.backend.standardize_dtype(values.dtype) in ("float16", "bfloat16")
    return ops.cast(values, "float32") if half else values


def _product(rows, columns, matrices, karatsuba, kernel):
    def kernel_spectrum(kernel):
        return _to_spectrum(kernel, matrices.kernel_rows, matrices.kernel_columns)

    products = (rows.length // 2 + 1) * columns.length
    return (_KaratsubaProduct if karatsuba else _BlockProduct)(products, kernel, kernel_spectrum)


def _operation(rows, columns, matrices, karatsuba, known):
    """Function of images and kernel with a gradient of its own.

    The gradient is the transpose of each linear step. It is spelled out because automatic differentiation
    would multiply by transposed left factors, which run at half the speed of plain ones.
    """

    @ops.custom_gradient
    def operation(images, kernel):
        _, _, channels, filters = kernel.shape
        product = _product(rows, columns, matrices, karatsuba, kernel)
        factors = product.factors() if known is None else known
        spectrum = product.shaped(_to_spectrum(images, matrices.input_rows, matrices.input_columns), channels)
        outputs = ops.matmul(factors.forward, spectrum)
        outputs = _from_spectrum(outputs, matrices.output_columns, matrices.output_rows)

        def gradient(*arguments, upstream=None):
            if upstream is None:
                (upstream,) = arguments
            change = _to_spectrum(upstream, matrices.output_rows.T, matrices.output_columns.T)
            change = product.shaped(change, filters)
            of_images, of_kernel = ops.matmul(factors.backward, change), product.of_kernel(spectrum, change)
            of_images = _from_spectrum(of_images, matrices.input_columns.T, matrices.input_rows.T)
            of_kernel = _from_spectrum(of_kernel, matrices.kernel_columns.T, matrices.kernel_rows.T)
            return (
                ops.reshape(of_images, (rows.size, columns.size, channels, -1)),
                ops.reshape(of_kernel, (rows.taps, columns.taps, channels, filters)),
            )

        return outputs, gradient

    return operation


class _BlockProduct:
    """Complex product of matrices at each frequency as one real product of 2x2 blocks."""

    def __init__(self, products, kernel, spectrum_of):
        _, _, self.channels, self.filters = kernel.shape
        self.products = products
        parts = ops.reshape(spectrum_of(kernel), (products, 2, self.channels, self.filters))
        self.real, self.imaginary = parts[:, 0], parts[:, 1]

    def shaped(self, spectrum, channels):
        return ops.reshape(spectrum, (self.products, 2 * channels, -1))

    def factors(self):
        real, imaginary = ops.transpose(self.real, (0, 2, 1)), ops.transpose(self.imaginary, (0, 2, 1))
        return Factors(
            _blocks(real, -imaginary, imaginary, real),
            _blocks(self.real, self.imaginary, -self.imaginary, self.real),
        )

    def of_kernel(self, spectrum, change):
        blocks = ops.matmul(spectrum, ops.transpose(change, (0, 2, 1)))
        blocks = ops.reshape(blocks, (self.products, 2, self.channels, 2, self.filters))
        real = blocks[:, 0, :, 0] + blocks[:, 1, :, 1]
        imaginary = blocks[:, 0, :, 1] - blocks[:, 1, :, 0]
        return ops.stack([real, imaginary], axis=1)


class _KaratsubaProduct:
    """Complex product of matrices at each frequency as three real ones, their sums being in the transforms."""

    def __init__(self, products, kernel, spectrum_of):
        self.products = products
        self.kernel = kernel
        self.spectrum_of = spectrum_of

    def shaped(self, spectrum, channels):
        return ops.reshape(spectrum, (3 * self.products, channels, -1))

    def factors(self):
        # The kernel is transposed before its transform, for the product likes no transposed left factor.
        _, _, channels, filters = self.kernel.shape
        forward = self.spectrum_of(ops.transpose(self.kernel, (0, 1, 3, 2)))
        return Factors(
            ops.reshape(forward, (3 * self.products, filters, channels)),
            self.shaped(self.spectrum_of(self.kernel), channels),
        )

    def of_kernel(self, spectrum, change):
        return ops.matmul(spectrum, ops.transpose(change, (0, 2, 1)))


def _blocks(upper_left, upper_right, lower_left, lower_right):
    upper = ops.concatenate([upper_left, upper_right], axis=2)
    lower = ops.concatenate([lower_left, lower_right], axis=2)
    return ops.concatenate([upper, lower], axis=1)


def _to_spectrum(values, by_rows, by_columns):
    """(rows, columns, ...) to (row frequencies, by_columns rows, ...), flat after the second axis."""
    values = _over_rows(by_rows, ops.reshape(values, (by_rows.shape[1], by_columns.shape[1] // 2, -1)))
    return _left(by_columns, ops.reshape(values, (len(by_rows) // 2, by_columns.shape[1], -1)))


def _from_spectrum(values, by_columns, by_rows):
    """The way back: to (rows, columns, everything else)."""
    frequencies = by_rows.shape[1] // 2
    values = _left(by_columns, ops.reshape(values, (frequencies, by_columns.shape[1], -1)))
    return _over_rows(by_rows, ops.reshape(values, (2 * frequencies, len(by_columns) // 2, -1)))


def _over_rows(matrix, values):
    """Constant matrix times values (rows, columns, ...) along the rows, column by column.

    One product for all columns would need no transposition, but is so wide that it runs at a quarter of the speed.
    """
    return ops.transpose(_left(matrix, ops.transpose(values, (1, 0, 2))), (1, 0, 2))


def _left(matrix, values):
    """Constant matrix times each of values (batch, rows, columns)."""
    matrix = matrix[None]
    if matrix.size * values.shape[0] <= _LARGEST_REPEATED:
        # Repeating it at run time would cost more than the product.
        matrix = np.repeat(matrix, values.shape[0], axis=0)
    return ops.matmul(ops.convert_to_tensor(matrix, dtype=values.dtype), values)


def _axes(images_shape, kernel_shape):
    return tuple(map(same_axis, images_shape[:2], kernel_shape[:2]))


def _used_taps(kernel, rows, columns):
    return kernel[rows.first_tap : rows.first_tap + rows.taps, columns.first_tap : columns.first_tap + columns.taps]


def _slices_of_pool(size):
    """Even places, then odd ones, without the last of an odd number: the two halves that a 2-pooling compares."""
    return (*range(0, size - 1, 2), *range(1, size, 2))


@ops.custom_gradient
def _max_of_slices(values):
    """Maximum over the first and third of (2, rows, 2, columns, channels, N); equal ones share the gradient."""
    slices = [values[i, :, j] for i in range(2) for j in range(2)]
    result = ops.maximum(ops.maximum(slices[0], slices[1]), ops.maximum(slices[2], slices[3]))

    def gradient(*arguments, upstream=None):
        if upstream is None:
            (upstream,) = arguments
        share = upstream / sum(ops.cast(one == result, upstream.dtype) for one in slices)
        return ops.where(values == result[None, :, None], share[None, :, None], ops.zeros_like(values))

    return result, gradient
