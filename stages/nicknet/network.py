"""Architecture of the networks: convolutions with large kernels, max-pooling, dense layers."""

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


@keras.saving.register_keras_serializable(package="nicknets")
class Halves(keras.layers.Layer):
    """The first and the second half of a batch; of an odd number of images, the one in the middle is in both.

    TensorFlow computes operations that do not need each other side by side. Two halves of a batch are such, and
    keep two cores busy without dividing any sum among threads, so that the result is the same on any number of cores.
    """

    def call(self, inputs):
        images = keras.ops.shape(inputs)[0]
        return [inputs[: (images + 1) // 2], inputs[images // 2 :]]

    def compute_output_shape(self, input_shape):
        return [(None, *input_shape[1:])] * 2


@keras.saving.register_keras_serializable(package="nicknets")
class Whole(keras.layers.Layer):
    """What was computed of Halves of a batch, put together: called with [of the first, of the second, the batch]."""

    def call(self, inputs):
        first, second, batch = inputs
        return keras.ops.concatenate([first[: keras.ops.shape(batch)[0] // 2], second], axis=0)

    def compute_output_shape(self, input_shape):
        return input_shape[0]


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
    parts = _each(keras.layers.Rescaling(1 / 255, name="rescale"), Halves(name="halves")(images))
    convolutions = [
        {"filters": channels, "kernel_initializer": he_normal(), "activation": "relu", "name": f"conv{number}"}
        for number, channels in enumerate(filters, start=1)
    ]
    convolved = _direct if _small(kernel_size) else _batch_last
    parts = _each(keras.layers.Flatten(name="flatten"), convolved(parts, kernel_size, convolutions, pool_after))
    for number, units in enumerate(dense_units, start=1):
        dense = keras.layers.Dense(units, activation="relu", kernel_initializer=he_normal(), name=f"dense{number}")
        parts = _each(dense, parts)
    features = Whole(name="whole")([*parts, images])
    logits = keras.layers.Dense(classes, kernel_initializer=he_normal(), name="logits")(features)
    return keras.Model(images, logits, name="nicknet")


def fix_kernels(model):
    """Make inference faster: what depends on the weights of the convolutions alone is computed now, once.

    Call it when the weights are loaded, before the first prediction. Later changes of them have no effect.
    """
    for layer in model.layers:
        if isinstance(layer, BatchLastConv2D):
            layer.fix_kernel()


def penultimate_features(model):
    """Model with the same input and weights whose output is what enters "logits": (N, units)."""
    return keras.Model(model.input, model.get_layer("logits").input, name="penultimate_features")


def _small(kernel_size):
    height, width = np.broadcast_to(kernel_size, 2)
    return way_of_computing(height, width, channels=1, filters=1) == DIRECT


def _each(layer, parts):
    return [layer(part) for part in parts]


def _direct(parts, kernel_size, convolutions, pool_after):
    """Parts (n, height, width, channels) through Conv2D as Keras has it."""
    for number, convolution in enumerate(convolutions, start=1):
        parts = _each(keras.layers.Conv2D(kernel_size=kernel_size, padding="same", **convolution), parts)
        if number in pool_after:
            parts = _each(keras.layers.MaxPooling2D(name=f"pool{number}"), parts)
    return parts


def _batch_last(parts, kernel_size, convolutions, pool_after):
    """The same through BatchLastConv2D."""
    parts = _each(Transpose((1, 2, 3, 0), name="batch_last"), parts)
    for number, convolution in enumerate(convolutions, start=1):
        parts = BatchLastConv2D(kernel_size=kernel_size, pool=number in pool_after, **convolution)(parts)
    return _each(Transpose((3, 0, 1, 2), name="batch_first"), parts)


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
