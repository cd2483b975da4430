"""The networks of params.yaml, as this project builds them and from stock Keras layers."""

import keras
import numpy as np

from stages.nicknet.network import build

IMAGE_SHAPE = (32, 32, 3)
CLASSES = 10


def ours(settings):
    return build(
        **settings.architecture(),
        image_shape=IMAGE_SHAPE,
        classes=CLASSES,
        seed=0,
    )


def stock(settings):
    """The same network as anyone would write it in Keras."""
    layers = [keras.Input(IMAGE_SHAPE), keras.layers.Rescaling(1 / 255)]
    for number, filters in enumerate(settings.filters, start=1):
        layers.append(keras.layers.Conv2D(filters, settings.kernel_size, padding="same", activation="relu"))
        if number in settings.pool_after:
            layers.append(keras.layers.MaxPooling2D())
    layers.append(keras.layers.Flatten())
    layers += [keras.layers.Dense(units, activation="relu") for units in settings.dense_units]
    return keras.Sequential([*layers, keras.layers.Dense(CLASSES)])


def compiled(model, settings, jit):
    optimizer = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[settings.optimizer]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer(settings.resolved().learning_rate), loss=loss, jit_compile=jit)
    return model


def batch(size, seed=0):
    """Random images, uint8 (size, 32, 32, 3), and labels, int32 (size,); speed does not depend on what they show."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (size, *IMAGE_SHAPE), "uint8"), rng.integers(0, CLASSES, size, "int32")
