"""The layer of the large kernels."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from stages.nicknet.convolution import Factors, fastest


class BatchLastConv2D(keras.layers.Layer):
    """keras.layers.Conv2D with padding 'same' and ReLU, fast for large kernels, with the images along the last axis.

    float (height, width, channels, N) to (height, width, filters, N), or with a 2x2 max-pooling to
    (height // 2, width // 2, filters, N). The pooling comes before bias and ReLU, on four times as many values as they
    then see: the same result, since both are monotone. The variables are those of Conv2D. Files of weights name their
    parts by the class of the layer, so that another name of this class would need other files.
    """

    def __init__(
        self, filters: int, kernel_size: int, kernel_initializer: keras.Initializer, name: str, pool: bool = False
    ) -> None:
        super().__init__(name=name)
        self.filters, self.kernel_size, self.pool = filters, kernel_size, pool
        self.kernel_initializer = kernel_initializer

    def build(self, input_shape: tuple[int, int, int, int | None]) -> None:
        height, width, channels, _ = input_shape
        shape = (self.kernel_size, self.kernel_size, channels, self.filters)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=self.kernel_initializer)
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")
        kept = (_slices_of_pool(height), _slices_of_pool(width)) if self.pool else None
        self.convolution = fastest(channels, self.filters)(height, width, self.kernel_size, kept)

    def call(self, images: tf.Tensor, factors: Factors | None = None) -> tf.Tensor:
        """factors: self.convolution.kernel_factors(kernel), where several calls are to share it."""
        outputs = self.convolution(images, self.kernel.value, factors)
        if self.pool:
            height, width = images.shape[0] // 2, images.shape[1] // 2
            outputs = _max_of_slices(tf.reshape(outputs, (2, height, 2, width, self.filters, -1)))
        return tf.nn.relu(outputs + tf.reshape(self.bias.value, (-1, 1)))

    def compute_output_shape(self, input_shape: tuple[int, int, int, int | None]) -> tuple[int, int, int, int | None]:
        height, width, _, images = input_shape
        stride = 2 if self.pool else 1
        return height // stride, width // stride, self.filters, images


def _slices_of_pool(size: int) -> Sequence[int]:
    """Even places, then odd ones, without the last of an odd number: the two halves that a 2-pooling compares."""
    return (*range(0, size - 1, 2), *range(1, size, 2))


@tf.custom_gradient
def _max_of_slices(values: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Maximum over the first and third of (2, rows, 2, columns, channels, N); equal ones share the gradient."""
    slices = [values[i, :, j] for i in range(2) for j in range(2)]
    result = tf.maximum(tf.maximum(slices[0], slices[1]), tf.maximum(slices[2], slices[3]))

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        share = upstream / sum(tf.cast(one == result, upstream.dtype) for one in slices)
        return tf.where(values == result[None, :, None], share[None, :, None], tf.zeros_like(values))

    return result, gradient
