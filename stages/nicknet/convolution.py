"""A 2D convolution whose cost hardly grows with the size of its kernel.

The layers compute what keras.layers.Conv2D computes, up to float rounding, by a discrete Fourier
transform written as products of matrices (see fourier.py). They use keras.ops only.
"""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from stages.nicknet.fourier import Axis, same_axis, transforms

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
        way = way_of_computing(*kernel.shape)
        if way == DIRECT:
            return super().convolution_op(inputs, kernel)
        images = ops.transpose(inputs, (1, 2, 3, 0) if last else (2, 3, 1, 0))
        (outputs,) = convolve_batch_last([images], kernel, way == KARATSUBA)
        return ops.transpose(outputs, (3, 0, 1, 2) if last else (3, 2, 0, 1))


@keras.saving.register_keras_serializable(package="nicknets")
class BatchLastConv2D(LargeKernelConv2D):
    """LargeKernelConv2D with the images along the last axis, as its matrix products like them best.

    Input (height, width, channels, N), output (height, width, filters, N), or with a 2x2 max-pooling
    (height // 2, width // 2, filters, N); or lists of such, the parts of a batch, which share all that
    depends on the kernel alone. It never goes the direct way.

    Args:
        pool: whether a 2x2 max-pooling follows. It comes before bias and activation, on four times as
            many values as they then see: the same result for an activation that never decreases, and
            only such a one may be given.
    """

    def __init__(self, filters, kernel_size, pool=False, **kwargs):
        super().__init__(filters, kernel_size, **kwargs)
        self.pool = pool
        self.input_spec = None  # Conv2D's knows no lists.

    def build(self, input_shape):
        height, width, channels, images = input_shape[0] if _is_list_of_shapes(input_shape) else input_shape
        super().build((height, width, images, channels))
        self.input_spec = None
        self._map = height, width
        self._fixed_factors = None

    def fix_kernel(self):
        """Compute once what depends on the kernel alone, for inference: a later change of the kernel has no effect."""
        self._fixed_factors = kernel_factors(self.kernel, *self._map, _karatsuba_pays(*self.kernel.shape[2:]))

    def call(self, inputs):
        parts = inputs if isinstance(inputs, list) else [inputs]
        karatsuba = _karatsuba_pays(*self.kernel.shape[2:])
        outputs = convolve_batch_last(parts, self.kernel, karatsuba, self._fixed_factors)
        outputs = [self._finish(images) for images in outputs]
        return outputs if isinstance(inputs, list) else outputs[0]

    def _finish(self, outputs):
        if self.pool:
            outputs = _pool(outputs)
        if self.use_bias:
            outputs = _add_bias(outputs, ops.reshape(self.bias, (-1, 1)))
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape):
        if _is_list_of_shapes(input_shape):
            return [self.compute_output_shape(shape) for shape in input_shape]
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


def convolve_batch_last(parts, kernel, karatsuba, factors=None):
    """'same' convolution of images along the last axis, by matrix products per frequency.

    Args:
        parts: list of (height, width, channels, n), float tensors; n may differ.
        kernel: (kernel height, kernel width, channels, filters), the same dtype.
        karatsuba: whether a complex product of matrices takes three real ones, else one of 2x2 blocks.
        factors: `kernel_factors` of this kernel, where they are known already.

    Returns:
        List of (height, width, filters, n), the dtype of the parts; float16 and bfloat16 are computed in float32.
    """
    dtype = keras.backend.standardize_dtype(parts[0].dtype)
    height, width, _, _ = parts[0].shape
    if factors is None:
        factors = kernel_factors(kernel, height, width, karatsuba)
    convolve = _convolve(_convolution(kernel, height, width, karatsuba))
    shape = (height, width, kernel.shape[-1], -1)
    return [ops.cast(ops.reshape(convolve(_computed(images), factors), shape), dtype) for images in parts]


def kernel_factors(kernel, height, width, karatsuba):
    """The left factors of the matrix products, for maps of height x width.

    Args:
        kernel: (kernel height, kernel width, channels, filters), a float tensor.
        karatsuba: as for `convolve_batch_last`.

    Returns:
        (products, channels, filters) with Karatsuba's trick, else (products, 2 * channels, 2 * filters).
    """
    convolution = _convolution(kernel, height, width, karatsuba)
    return _factors(convolution)(_computed(_used_taps(kernel, convolution.rows, convolution.columns)))


def _convolution(kernel, height, width, karatsuba):
    return _Convolution(*map(same_axis, (height, width), kernel.shape[:2]), *kernel.shape[2:], karatsuba)


def _computed(values):
    """In the dtype that is computed in."""
    half = keras.backend.standardize_dtype(values.dtype) in ("float16", "bfloat16")
    return ops.cast(values, "float32") if half else values


class _Convolution(NamedTuple):
    rows: Axis
    columns: Axis
    channels: int
    filters: int
    karatsuba: bool

    @property
    def matrices(self):
        return transforms(self.rows, self.columns, self.karatsuba)

    @property
    def side(self):
        """Parts of a complex number, real and imaginary, that one product of matrices mixes."""
        return 1 if self.karatsuba else 2

    @property
    def products(self):
        """Products of matrices, (filters * side, channels * side) by (channels * side, n)."""
        return (self.rows.length // 2 + 1) * self.columns.length * (3 if self.karatsuba else 1)


# The gradients are the transpose of each linear step. They are spelled out because automatic differentiation
# would multiply by transposed left factors, which are slower than plain ones, with XLA by half.


def _factors(convolution):
    """Function of the kernel's used taps: (products, channels * side, filters * side)."""
    _, _, channels, filters, _ = convolution
    matrices, products, side = convolution.matrices, convolution.products, convolution.side

    @ops.custom_gradient
    def factors(kernel):
        spectrum = _to_spectrum(kernel, matrices.kernel_rows, matrices.kernel_columns)
        spectrum = ops.reshape(spectrum, (products, side, side, channels, filters))
        spectrum = ops.transpose(spectrum, (0, 1, 3, 2, 4))

        def gradient(*arguments, upstream=None):
            change = ops.reshape(_upstream(arguments, upstream), (products, side, channels, side, filters))
            change = ops.transpose(change, (0, 1, 3, 2, 4))
            change = _from_spectrum(change, matrices.kernel_columns.T, matrices.kernel_rows.T)
            return ops.reshape(change, kernel.shape)

        return ops.reshape(spectrum, (products, side * channels, side * filters)), gradient

    return factors


def _convolve(convolution):
    """Function of images (height, width, channels, n) and factors: (height, width * filters * n)."""
    rows, columns, channels, filters, _ = convolution
    matrices, products, side = convolution.matrices, convolution.products, convolution.side

    @ops.custom_gradient
    def convolve(images, factors):
        spectrum = _to_spectrum(images, matrices.input_rows, matrices.input_columns)
        spectrum = ops.reshape(spectrum, (products, side * channels, -1))
        outputs = ops.matmul(ops.transpose(factors, (0, 2, 1)), spectrum)
        outputs = _from_spectrum(outputs, matrices.output_columns, matrices.output_rows)

        def gradient(*arguments, upstream=None):
            change = _upstream(arguments, upstream)
            change = _to_spectrum(change, matrices.output_rows.T, matrices.output_columns.T)
            change = ops.reshape(change, (products, side * filters, -1))
            of_images = ops.matmul(factors, change)
            of_images = _from_spectrum(of_images, matrices.input_columns.T, matrices.input_rows.T)
            of_factors = ops.matmul(spectrum, ops.transpose(change, (0, 2, 1)))
            return ops.reshape(of_images, (rows.size, columns.size, channels, -1)), of_factors

        return outputs, gradient

    return convolve


def _upstream(arguments, upstream):
    """The one gradient that arrives; PyTorch's backend of Keras names it, and passes the inputs before it."""
    return arguments[0] if upstream is None else upstream


def _to_spectrum(values, by_rows, by_columns):
    """(rows, columns, ...) to (row frequencies, by_columns rows, ...), flat after the second axis."""
    values = _left(by_rows, ops.reshape(values, (values.shape[0], -1)))
    return _left(by_columns, ops.reshape(values, (len(by_rows) // 2, by_columns.shape[1], -1)))


def _from_spectrum(values, by_columns, by_rows):
    """The way back: to (rows, everything else)."""
    frequencies = by_rows.shape[1] // 2
    values = _left(by_columns, ops.reshape(values, (frequencies, by_columns.shape[1], -1)))
    return _left(by_rows, ops.reshape(values, (2 * frequencies, -1)))


def _left(matrix, values):
    """Constant matrix times values (rows, columns) or (batch, rows, columns)."""
    if len(values.shape) == 3:
        matrix = matrix[None]
        if matrix.size * values.shape[0] <= _LARGEST_REPEATED:
            # Repeating it at run time would cost more than the product.
            matrix = np.repeat(matrix, values.shape[0], axis=0)
    return ops.matmul(ops.convert_to_tensor(matrix, dtype=values.dtype), values)


def _used_taps(kernel, rows, columns):
    if (rows.taps, columns.taps) == tuple(kernel.shape[:2]):
        return ops.reshape(kernel, kernel.shape)  # A tensor, where it was a variable; no copy.
    return kernel[rows.first_tap : rows.first_tap + rows.taps, columns.first_tap : columns.first_tap + columns.taps]


def _pool(values):
    """2x2 max-pooling of (rows, columns, filters, n): filters and images are channels of one picture."""
    rows, columns, filters, _ = values.shape
    pooled = ops.max_pool(ops.reshape(values, (1, rows, columns, -1)), 2, data_format="channels_last")
    return ops.reshape(pooled, (rows // 2, columns // 2, filters, -1))


@ops.custom_gradient
def _add_bias(values, bias):
    """values (rows, columns, filters, n) + bias (filters, 1); its gradient is summed along contiguous memory."""

    def gradient(*arguments, upstream=None):
        change = _upstream(arguments, upstream)
        return change, ops.sum(ops.sum(change, axis=(0, 1)), axis=-1, keepdims=True)

    return values + bias, gradient


def _is_list_of_shapes(shape):
    return isinstance(shape[0], (list, tuple))
