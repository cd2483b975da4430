"""Architecture of the networks: convolutions with large kernels, max-pooling, dense layers."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from stages.errors import InputError
from stages.nicknet.convolution import Factors, transform_pays
from stages.nicknet.layer import BatchLastConv2D
from stages.settings import NetworkSettings


class Nicknet(keras.Sequential):
    """A network, images (N, height, width, channels), 0..255, uint8 or float, to logits float32 (N, classes).

    It divides the images by 255 itself. The softmax is left to the loss and to the prediction.
    xla: whether XLA makes it faster: the matrix products of large kernels, yes; Conv2D, no.
    """

    def __init__(self, layers: Sequence[keras.layers.Layer], xla: bool) -> None:
        super().__init__(layers, name="nicknet")
        self.xla = xla

    def large_convolutions(self) -> list[BatchLastConv2D]:
        return [layer for layer in self.layers if isinstance(layer, BatchLastConv2D)]

    def hidden(self) -> list[keras.layers.Dense]:
        """The hidden dense layers."""
        return [layer for layer in self.layers[:-1] if isinstance(layer, keras.layers.Dense)]

    def features(
        self, images: tf.Tensor, factors: Sequence[Factors] = (), dropout: Sequence[tf.Tensor] = ()
    ) -> tf.Tensor:
        """float32 (N, units), what enters the last layer: the output of the last hidden dense layer, or else all maps.

        factors: of the kernels of large_convolutions, in order, where several calls are to share them.
        dropout: for each hidden dense layer float32 (N, units), what its outputs are multiplied by; none: by nothing.
        """
        shared = dict(zip(self.large_convolutions(), factors, strict=bool(factors)))
        dropped = dict(zip(self.hidden(), dropout, strict=bool(dropout)))
        for layer in self.layers[:-1]:
            images = layer(images, shared[layer]) if layer in shared else layer(images)
            images = images * dropped[layer] if layer in dropped else images
        return images

    def logits(
        self, images: tf.Tensor, factors: Sequence[Factors] = (), dropout: Sequence[tf.Tensor] = ()
    ) -> tf.Tensor:
        """float32 (N, classes), as calling the network gives it. factors, dropout: as for features."""
        return self.layers[-1](self.features(images, factors, dropout))


class Transpose(keras.layers.Layer):
    """tf.transpose, the axis of the images included."""

    def __init__(self, axes: tuple[int, ...], name: str) -> None:
        super().__init__(name=name)
        self.axes = axes

    def call(self, values: tf.Tensor) -> tf.Tensor:
        return tf.transpose(values, self.axes)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return tuple(input_shape[axis] for axis in self.axes)


def build(settings: NetworkSettings, image_shape: tuple[int, int, int], classes: int, seed: int) -> Nicknet:
    """A network with freshly drawn weights, its layers named "conv1", "conv2", ..., "dense1", ..., "logits".

    image_shape: (height, width, channels). seed: the initial weights are drawn from it, each layer's from a stream of
    its own. Convolutions are 'same', all layers but the last end in ReLU, kernels start as HeNormal, biases as zero.

    Raises InputError where the image is too small for the poolings.
    """
    filters, pool_after, dense_units = settings.filters, settings.pool_after, settings.dense_units
    height, width, _ = image_shape
    if min(height, width) < 2 ** len(pool_after):
        raise InputError(
            f"pool_after: {len(pool_after)} poolings leave nothing of an image of {height}x{width} pixels. "
            "Pool less often or use larger images."
        )
    seeds = np.random.SeedSequence(seed).generate_state(len(filters) + len(dense_units) + 1)
    initial = (keras.initializers.HeNormal(seed=int(of_layer)) for of_layer in seeds)
    convolutions = [
        {
            "filters": channels,
            "kernel_size": settings.kernel_size,
            "kernel_initializer": next(initial),
            "name": f"conv{number}",
        }
        for number, channels in enumerate(filters, start=1)
    ]
    dense = [
        keras.layers.Dense(units, activation="relu", kernel_initializer=next(initial), name=f"dense{number}")
        for number, units in enumerate(dense_units, start=1)
    ]
    large = transform_pays(settings.kernel_size)
    layers = [
        keras.Input(image_shape, name="images"),
        keras.layers.Rescaling(1 / 255, name="rescale"),
        *(_batch_last if large else _direct)(convolutions, pool_after),
        keras.layers.Flatten(name="flatten"),
        *dense,
        keras.layers.Dense(classes, kernel_initializer=next(initial), name="logits"),
    ]
    return Nicknet(layers, xla=large)


def _direct(convolutions: Sequence[dict], pool_after: Sequence[int]) -> Iterator[keras.layers.Layer]:
    for number, convolution in enumerate(convolutions, start=1):
        yield keras.layers.Conv2D(padding="same", activation="relu", **convolution)
        if number in pool_after:
            yield keras.layers.MaxPooling2D(name=f"pool{number}")


def _batch_last(convolutions: Sequence[dict], pool_after: Sequence[int]) -> Iterator[keras.layers.Layer]:
    yield Transpose((1, 2, 3, 0), name="batch_last")
    for number, convolution in enumerate(convolutions, start=1):
        yield BatchLastConv2D(pool=number in pool_after, **convolution)
    yield Transpose((3, 0, 1, 2), name="batch_first")
