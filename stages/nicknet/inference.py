"""What a trained network says of images."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from stages.errors import InputError
from stages.nicknet import pretrained
from stages.nicknet.batches import batches
from stages.nicknet.network import Nicknet, build
from stages.nicknet.steps import answering
from stages.run import Run
from stages.settings import AnySettings, NetworkSettings, PretrainedSettings

_BATCH_SIZE = 128

MODELS = Path("data/models")


class Trained(NamedTuple):
    """A network ready for `logits`, `features` and `probabilities`. answer: the features and logits of one batch."""

    answer: Callable[[np.ndarray], list[tf.Tensor]]


def weights_path(run: Run) -> Path:
    """The trained weights in Keras's .weights.h5 format; of a pretrained network, its .keras file."""
    return run.file(MODELS, ".weights.h5")


def load(settings: AnySettings, weights_path: Path, image_shape: tuple[int, int, int], classes: int) -> Trained:
    """The network of `settings` with its weights, see weights_path; image_shape: (height, width, channels).

    Raises InputError where the file is missing, damaged, or another network's.
    """
    if isinstance(settings, PretrainedSettings):
        return Trained(pretrained.load(weights_path, settings.scaling, image_shape, classes))
    return Network(settings, image_shape, classes).trained(weights_path)


class Network:
    """A network that may be given one file of weights after another; what depends on none of them is done once."""

    def __init__(self, settings: NetworkSettings, image_shape: tuple[int, int, int], classes: int) -> None:
        self._model = build(settings, image_shape, classes, seed=0)
        self._answer = answering(self._model)

    def trained(self, weights_path: Path) -> Trained:
        """With these weights, whatever it is given later; see `load`."""
        try:
            self._model.load_weights(weights_path)
        except FileNotFoundError:
            raise InputError(f"{weights_path} is missing. Run `dvc repro` to train the network.") from None
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"{weights_path} does not hold this network's weights ({str(error).splitlines()[0]}). "
                "Delete it and run `dvc repro` to train it again."
            ) from None
        return ready(self._model, self._answer)


def ready(model: Nicknet, answer: Callable[..., list[tf.Tensor]] | None = None) -> Trained:
    """The network with the weights that it has now: what depends on its kernels alone is computed here, once.

    answer: steps.answering(model), where it is there already.
    """
    values = [tf.identity(variable.value) for variable in model.trainable_variables]
    factors = [layer.convolution.kernel_factors(layer.kernel.value) for layer in model.large_convolutions()]
    return Trained(partial(answer or answering(model), values=values, factors=factors))


def logits(model: Trained, images: np.ndarray) -> np.ndarray:
    """float32 (n, classes), the output before the softmax, for uint8 or float images (n, H, W, C), 0..255."""
    return _answers(model, images, 1)


def features(model: Trained, images: np.ndarray) -> np.ndarray:
    """float32 (n, units), the output of the last hidden layer, see Nicknet.features; images as for `logits`."""
    return _answers(model, images, 0)


def probabilities(model: Trained, images: np.ndarray) -> np.ndarray:
    """float32 (n, classes), rows sum to 1: the softmax of the logits; images as for `logits`."""
    return tf.nn.softmax(logits(model, images)).numpy()


def _answers(model: Trained, images: np.ndarray, place: int) -> np.ndarray:
    """place: among what Trained.answer gives. All images become float32: each type would be compiled anew."""
    parts = batches(np.arange(len(images)), _BATCH_SIZE)
    return np.concatenate([model.answer(images[part].astype("float32"))[place] for part, _ in parts])[: len(images)]
