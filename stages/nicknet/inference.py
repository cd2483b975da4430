"""What a trained network says of images."""

import keras
import numpy as np

from stages.errors import InputError
from stages.nicknet.batches import batches
from stages.nicknet.network import build, fix_kernels

_BATCH_SIZE = 128


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
    model.compile(jit_compile=False)
    return model


def logits(model, images):
    """float32 (n, classes), the network's output before the softmax, for uint8 or float images (n, H, W, C), 0..255."""
    everything, unused = np.arange(len(images)), np.zeros(len(images), "uint8")
    outputs = [model.predict_on_batch(batch) for batch, _, _ in batches(images, unused, everything, _BATCH_SIZE)]
    return np.concatenate(outputs)[: len(images)]


def probabilities(model, images):
    """float32 (n, classes), rows sum to 1: the softmax of the logits of images (n, H, W, C), 0..255."""
    return np.asarray(keras.activations.softmax(keras.ops.convert_to_tensor(logits(model, images))))
