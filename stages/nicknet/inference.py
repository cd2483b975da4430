"""What a trained network says of images."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from stages.errors import InputError
from stages.nicknet.batches import batches, halves
from stages.nicknet.network import build, fix_kernels, wants_xla
from stages.run import Run

_BATCH_SIZE = 128


MODELS = Path("data/models")


def weights_path(run: Run) -> Path:
    """The trained weights in Keras's .weights.h5 format."""
    return run.file(MODELS, ".weights.h5")


def load(settings, weights_path, image_shape, classes):
    """Rebuild a trained network.

    Args:
        settings: stages.settings.NetworkSettings that it was trained with.
        weights_path: its .weights.h5 file.
        image_shape: (height, width, channels).
        classes: number of classes.

    Returns:
        keras.Model, images to logits, compiled for `logits` and `probabilities`.

    Raises:
        InputError: the file is missing, damaged, or another network's.
    """
    model = build(
        **settings.architecture(),
        image_shape=image_shape,
        classes=classes,
        seed=0,
    )
    try:
        model.load_weights(weights_path)
    except FileNotFoundError:
        raise InputError(f"{weights_path} is missing. Run `dvc repro` to train the network.") from None
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{weights_path} does not hold this network's weights ({str(error).splitlines()[0]}). "
            "Delete it and run `dvc repro` to train it again."
        ) from None
    fix_kernels(model)
    return ready(model)


def ready(model):
    """The same keras.Model, ready for `logits`: each batch is predicted as two halves side by side."""
    halved = _Halved(model.inputs, model.outputs, name=model.name)
    halved.compile(jit_compile=False)  # The halves are.
    return halved


class _Halved(keras.Model):
    def predict_step(self, data):
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        predict = tf.function(self, jit_compile=wants_xla(self))
        size = images.shape[0]  # None where batches of several sizes share the function.
        parts = [slice(None)] if size is None else halves(size)
        return tf.concat([predict(images[part]) for part in parts], axis=0)


def logits(model, images):
    """float32 (n, classes), the network's output before the softmax, for uint8 or float images (n, H, W, C), 0..255."""
    everything, unused = np.arange(len(images)), np.zeros(len(images), "uint8")
    outputs = [model.predict_on_batch(batch) for batch, _, _ in batches(images, unused, everything, _BATCH_SIZE)]
    return np.concatenate(outputs)[: len(images)]


def probabilities(model, images):
    """float32 (n, classes), rows sum to 1: the softmax of the logits of images (n, H, W, C), 0..255."""
    return np.asarray(keras.activations.softmax(keras.ops.convert_to_tensor(logits(model, images))))
