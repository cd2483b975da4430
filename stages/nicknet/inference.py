"""What a trained network says of images."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from stages.errors import InputError
from stages.nicknet.batches import batches
from stages.nicknet.network import Nicknet, build
from stages.nicknet.steps import answering
from stages.run import Run
from stages.settings import NetworkSettings

_BATCH_SIZE = 128

MODELS = Path("data/models")


class Trained(NamedTuple):
    """A network ready for `logits`, `features` and `probabilities`: functions of one batch of images."""

    logits: Callable[[np.ndarray], tf.Tensor]
    features: Callable[[np.ndarray], tf.Tensor]


def weights_path(run: Run) -> Path:
    """The trained weights in Keras's .weights.h5 format."""
    return run.file(MODELS, ".weights.h5")


def load(settings: NetworkSettings, weights_path: Path, image_shape: tuple[int, int, int], classes: int) -> Trained:
    """The network of `settings` with the weights of a .weights.h5 file; image_shape: (height, width, channels).

    Raises InputError where the file is missing, damaged, or another network's.
    """
    model = build(settings, image_shape, classes, seed=0)
    try:
        model.load_weights(weights_path)
    except FileNotFoundError:
        raise InputError(f"{weights_path} is missing. Run `dvc repro` to train the network.") from None
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{weights_path} does not hold this network's weights ({str(error).splitlines()[0]}). "
            "Delete it and run `dvc repro` to train it again."
        ) from None
    return ready(model)


def ready(model: Nicknet) -> Trained:
    """The network with the weights that it has now: what depends on its kernels alone is computed here, once."""
    factors = [layer.convolution.kernel_factors(layer.kernel.value) for layer in model.large_convolutions()]
    return Trained(*(answering(model, answer, factors) for answer in (model.logits, model.features)))


def logits(model: Trained, images: np.ndarray) -> np.ndarray:
    """float32 (n, classes), the output before the softmax, for uint8 or float images (n, H, W, C), 0..255."""
    return _answers(model.logits, images)


def features(model: Trained, images: np.ndarray) -> np.ndarray:
    """float32 (n, units), the output of the last hidden layer, see Nicknet.features; images as for `logits`."""
    return _answers(model.features, images)


def probabilities(model: Trained, images: np.ndarray) -> np.ndarray:
    """float32 (n, classes), rows sum to 1: the softmax of the logits; images as for `logits`."""
    return tf.nn.softmax(logits(model, images)).numpy()


def _answers(answer: Callable[[np.ndarray], tf.Tensor], images: np.ndarray) -> np.ndarray:
    indices = np.arange(len(images))
    return np.concatenate([answer(images[batch]) for batch, _ in batches(indices, _BATCH_SIZE)])[: len(images)]
