"""The networks of params.yaml, as this project builds them and from stock Keras layers."""

import time
from unittest import mock

import keras
import numpy as np

IMAGE_SHAPE = (32, 32, 3)
CLASSES = 10


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


def stock_step(what, settings, size, jit):
    """Function that takes one step of "training" or "inference", by train_on_batch or predict_on_batch."""
    optimizer = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[settings.optimizer]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = stock(settings)
    model.compile(optimizer(settings.learning_rate), loss=loss, jit_compile=jit)
    images, labels = batch(size)
    if what == "training":
        return lambda: model.train_on_batch(images, labels)
    return lambda: model.predict_on_batch(images)


def stock_fit(settings, folder, epochs):
    """Seconds of each epoch of model.fit, on the images and the split of a pipeline's folder."""
    images, labels = (np.load(folder / f"data/raw/train_{kind}.npy") for kind in ("images", "labels"))
    learned, watched = (np.load(folder / f"data/split/{part}.npy") for part in ("training", "held-out"))
    optimizer = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[settings.optimizer]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model, times = stock(settings), [time.perf_counter()]
    model.compile(optimizer(settings.learning_rate), loss=loss, metrics=["accuracy"], jit_compile=False)
    noted = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: times.append(time.perf_counter()))
    held_out, size = (images[watched], labels[watched]), settings.batch_size
    model.fit(images[learned], labels[learned], size, epochs, 2, [noted], validation_data=held_out)
    return np.diff(times).tolist()


def ours_step(what, settings, size):
    """The same by the steps of the stages; also "watching", that of held-out images between epochs."""
    import tensorflow as tf

    from stages.nicknet import inference, steps
    from stages.train import training

    images, labels = batch(size)
    model, weights = training.untrained(settings, IMAGE_SHAPE, CLASSES, 0, size), np.ones(size, "float32")
    if what == "inference":
        answer = inference.ready(model).answer
        return lambda: answer(images)[1].numpy()
    step = {"training": steps.learning, "watching": steps.measuring}[what](model, parts=settings.parts)
    return lambda: [result.numpy() for result in tf.nest.flatten(step(images, labels, weights))]


def outside_step(settings, size):
    """What a step of learning does beside learning from the parts of a batch: their gradients are the weights."""
    import tensorflow as tf

    from stages.nicknet import steps

    def nothing(learn, *batch, parts):
        values, factors, _ = learn.args
        used = tf.add_n([tf.reduce_sum(factor) for factor in tf.nest.flatten(factors)]) if factors else 0.0
        return [(values, tf.zeros((3, CLASSES)) * used)] * parts

    with mock.patch.object(steps, "side_by_side", nothing):
        step = ours_step("training", settings, size)
        step()  # traced here
    return step


def batch(size, seed=0):
    """Random images, uint8 (size, 32, 32, 3), and labels, int32 (size,); speed does not depend on what they show."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (size, *IMAGE_SHAPE), "uint8"), rng.integers(0, CLASSES, size, "int32")
