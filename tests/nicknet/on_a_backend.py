"""Errors of each way of computing on one Keras backend, as JSON: python on_a_backend.py tensorflow|jax|torch."""

import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = sys.argv[1]
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import keras
import numpy as np
from keras import ops

from stages.nicknet.convolution import convolve_batch_last
from stages.nicknet.network import build


def gradients(function, images, kernel, upstream):
    """Gradients of sum(function(images, kernel) * upstream)."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.grad(lambda *inputs: (function(*inputs) * upstream).sum(), argnums=(0, 1))(images, kernel)
    if backend == "torch":
        images, kernel = images.detach().requires_grad_(), kernel.detach().requires_grad_()
        (function(images, kernel) * upstream).sum().backward()
        return images.grad, kernel.grad
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch((images, kernel))
        result = tf.reduce_sum(function(images, kernel) * upstream)
    return tape.gradient(result, (images, kernel))


def stock(images, kernel):
    outputs = ops.conv(ops.transpose(images, (3, 0, 1, 2)), kernel, padding="same")
    return ops.transpose(outputs, (1, 2, 3, 0))


def error(got, expected):
    got, expected = ops.convert_to_numpy(got), ops.convert_to_numpy(expected)
    return float(np.abs(got - expected).max() / np.abs(expected).max())


def main():
    rng = np.random.default_rng(0)
    shapes = (9, 8, 3, 4), (7, 12, 3, 5), (9, 8, 5, 4)
    images, kernel, upstream = (ops.convert_to_tensor(rng.normal(size=s).astype("float32")) for s in shapes)
    ways = [lambda x, k, way=way: convolve_batch_last(x, k, range(9), range(8), way) for way in (False, True)]
    errors = [error(way(images, kernel), stock(images, kernel)) for way in ways]
    expected = gradients(stock, images, kernel, upstream)
    for way in ways:
        errors += map(error, gradients(way, images, kernel, upstream), expected)
    model = build(
        kernel_size=5, filters=[4, 6], pool_after=[1], dense_units=[8], image_shape=(12, 10, 3), classes=3, seed=0
    )
    model.compile(optimizer="sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    pictures, labels = rng.integers(0, 256, (20, 12, 10, 3)), rng.integers(0, 3, 20)
    model.fit(pictures, labels, batch_size=8, epochs=1, verbose=0)
    assert model.predict(pictures, batch_size=16, verbose=0).shape == (20, 3)
    print(json.dumps(errors))


main()
