"""Architecture of the networks: convolutions with large kernels, max-pooling, dense layers."""

from contextlib import contextmanager

import keras
import numpy as np

from stages.errors import InputError
from stages.nicknet.convolution import DIRECT, BatchLastConv2D, way_of_computing


@keras.saving.register_keras_serializable(package="nicknets")
class Transpose(keras.layers.Layer):
    """keras.ops.transpose, the axis of the images included."""

    def __init__(self, axes, **kwargs):
        super().__init__(**kwargs)
        self.axes = tuple(axes)

    def call(self, inputs):
        return keras.ops.transpose(inputs, self.axes)

    def get_config(self):
        return {**super().get_config(), "axes": self.axes}


def build(*, kernel_size, filters, pool_after, dense_units, image_shape, classes, seed):
    """Build one network with freshly drawn weights.

    The layers are named "conv1", "conv2", ..., "dense1", ..., "logits" and keep these names;
    `penultimate_features` gives the output of the last layer before "logits".

    Args:
        kernel_size: height and width of every convolution kernel, an int or a pair of ints >= 1.
        filters: output channels of each convolution, in order, at least one.
        pool_after: 1-based numbers of the convolutions that a 2x2 max-pooling follows.
        dense_units: units of each hidden dense layer, in order; may be empty.
        image_shape: (height, width, channels) of an image.
        classes: number of classes, at least 2.
        seed: int that the initial weights are drawn from; each layer has its own stream.

    Returns:
        An uncompiled keras.Model. Its input are images (N, height, width, channels) with values
        from 0 to 255, uint8 or float; it divides them by 255 itself. Its output are logits
        (N, classes), float32: the softmax is left to the loss (from_logits=True) and to the
        prediction (keras.ops.softmax). Convolutions are 'same', everything but the last layer ends
        in ReLU, kernels start as HeNormal, biases as zero.

    Raises:
        InputError: a value is out of its range, or the image is too small for the poolings.
    """
    _check(filters, pool_after, dense_units, image_shape, classes)
    seeds = iter(np.random.SeedSequence(seed).generate_state(len(filters) + len(dense_units) + 1))

    def he_normal():
        return keras.initializers.HeNormal(seed=int(next(seeds)))

    images = keras.Input(image_shape, name="images")
    x = keras.layers.Rescaling(1 / 255, name="rescale")(images)
    convolutions = [
        {"filters": channels, "kernel_initializer": he_normal(), "activation": "relu", "name": f"conv{number}"}
        for number, channels in enumerate(filters, start=1)
    ]
    convolved = _direct if _small(kernel_size) else _batch_last
    x = keras.layers.Flatten(name="flatten")(convolved(x, kernel_size, convolutions, pool_after))
    for number, units in enumerate(dense_units, start=1):
        x = keras.layers.Dense(units, activation="relu", kernel_initializer=he_normal(), name=f"dense{number}")(x)
    logits = keras.layers.Dense(classes, kernel_initializer=he_normal(), name="logits")(x)
    return keras.Model(images, logits, name="nicknet")


def wants_xla(model):
    """Whether XLA makes a network of `build` faster: the matrix products of its large kernels, yes; Conv2D, no."""
    return bool(large_convolutions(model))


def large_convolutions(model):
    """The layers whose kernels are large, in order."""
    return [layer for layer in model.layers if isinstance(layer, BatchLastConv2D)]


def fix_kernels(model):
    """Make inference faster: what depends on the weights of the convolutions alone is computed now, once.

    Call it when the weights are loaded, before the first prediction. Later changes of them have no effect.
    """
    for layer in large_convolutions(model):
        layer.factors = layer.kernel_factors(layer.kernel)


@contextmanager
def shared_factors(model, factors):
    """While it lasts, the large convolutions compute with these factors, one for each of them."""
    layers = large_convolutions(model)
    try:
        for layer, of_layer in zip(layers, factors, strict=True):
            layer.factors = of_layer
        yield
    finally:
        for layer in layers:
            layer.factors = None


def penultimate_features(model):
    """Model with the same input and weights whose output is what enters "logits": (N, units)."""
    return keras.Model(model.input, model.get_layer("logits").input, name="penultimate_features")


def _small(kernel_size):
    height, width = np.broadcast_to(kernel_size, 2)
    return way_of_computing(height, width, channels=1, filters=1) == DIRECT


def _direct(x, kernel_size, convolutions, pool_after):
    """(N, height, width, channels) through Conv2D as Keras has it."""
    for number, convolution in enumerate(convolutions, start=1):
        x = keras.layers.Conv2D(kernel_size=kernel_size, padding="same", **convolution)(x)
        if number in pool_after:
            x = keras.layers.MaxPooling2D(name=f"pool{number}")(x)
    return x


def _batch_last(x, kernel_size, convolutions, pool_after):
    """The same through BatchLastConv2D."""
    x = Transpose((1, 2, 3, 0), name="batch_last")(x)
    for number, convolution in enumerate(convolutions, start=1):
        x = BatchLastConv2D(kernel_size=kernel_size, pool=number in pool_after, **convolution)(x)
    return Transpose((3, 0, 1, 2), name="batch_first")(x)


def _check(filters, pool_after, dense_units, image_shape, classes):
    if not filters or min(filters) < 1:
        raise InputError(f"filters: expected at least one number >= 1, got {list(filters)}.")
    if dense_units and min(dense_units) < 1:
        raise InputError(f"dense_units: expected numbers >= 1, got {list(dense_units)}.")
    if classes < 2:
        raise InputError(f"classes: expected at least 2, got {classes}.")
    unknown = sorted(set(pool_after) - set(range(1, len(filters) + 1)))
    if unknown:
        raise InputError(f"pool_after: expected numbers of convolutions from 1 to {len(filters)}, got {unknown}.")
    height, width, _ = image_shape
    if min(height, width) < 2 ** len(set(pool_after)):
        raise InputError(
            f"pool_after: {len(set(pool_after))} poolings leave nothing of an image of "
            f"{height}x{width} pixels. Pool less often or use larger images."
        )
