"""A network that was trained elsewhere, from a .keras file: nothing of it is executed but layers of Keras."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from stages.errors import InputError
from stages.nicknet.steps import side_by_side
from stages.settings import Scaling

SCALE: dict[Scaling, tuple[float, float]] = {"unit": (1 / 255, 0), "byte": (1, 0), "signed": (2 / 255, -1)}
"""What pixels 0..255 are multiplied by, and what is then added."""
PROBED = 8
"""Images of noise that it is asked about, to see whether it answers probabilities or logits."""
NEAR = 0.01
"""How far probabilities may sum from 1: half precision is no more exact."""
TINY = float(np.finfo(np.float32).tiny)


def load(
    path: Path, scaling: Scaling, image_shape: tuple[int, int, int], classes: int
) -> Callable[[np.ndarray], list[tf.Tensor]]:
    """The features, float32 (N, units), and the logits, float32 (N, classes), of images 0..255, float32 (N, H, W, C).

    path: of a .keras file, under any name. scaling: of the pixels that it learned with. image_shape: (H, W, C).
    Probabilities become logits by the logarithm. Features are what enters the last layer, if that is a dense one,
    perhaps followed by softmax; else they are what it answers.

    Raises InputError where the file cannot be loaded, or does not fit the images and the classes.
    """
    model = _with_features(_read(path))
    factor, shift = SCALE[scaling]

    @tf.function
    def ask(images: tf.Tensor) -> list[tf.Tensor]:
        halves = side_by_side(lambda half: model(half * factor + shift, training=False), images)
        features, answers = (tf.cast(tf.concat(parts, axis=0), tf.float32) for parts in zip(*halves, strict=True))
        return [tf.reshape(features, (len(images), -1)), answers]

    noise = np.random.default_rng(0).integers(0, 256, (PROBED, *image_shape)).astype(np.float32)
    try:
        answers = ask(noise)[1].numpy()
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{path} does not take images of {image_shape}: {reason}") from None
    if answers.shape != (PROBED, classes):
        shape = ", ".join(map(str, answers.shape[1:]))
        raise InputError(f"{path} answers ({shape}) for an image; expected a number for each of {classes} classes.")
    if not probabilities(answers, str(path)):
        return ask

    def logits_too(images: np.ndarray) -> list[tf.Tensor]:
        features, answers = ask(images)
        return [features, tf.math.log(tf.maximum(answers, TINY))]

    return logits_too


def probabilities(answers: np.ndarray, name: str) -> bool:
    """Whether these are probabilities, not logits; InputError where they are neither. answers: (n, classes).

    >>> probabilities(np.array([[0.2, 0.8]]), "m"), probabilities(np.array([[-1.0, 4.0]]), "m")
    (True, False)
    """
    if not np.isfinite(answers).all():
        raise InputError(f"{name} answers NaN or infinity. Does its scaling suit it? Else the file is damaged.")
    if answers.min() < 0 or answers.max() > 1:
        return False
    if np.abs(answers.sum(axis=1) - 1).max() > NEAR:
        raise InputError(
            f"{name} answers numbers from 0 to 1 that do not sum to 1, as a sigmoid does. Expected probabilities of "
            "classes of which one is true (softmax), or logits."
        )
    return True


def _read(path: Path) -> keras.Model:
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder, "model.keras")  # Keras goes by the suffix
        named.symlink_to(path.resolve())
        try:
            return keras.saving.load_model(named, compile=False, safe_mode=True)
        except FileNotFoundError:
            raise InputError(f"{path} is missing. Run `dvc repro` to make it.") from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise InputError(f"{path} cannot be loaded by Keras {keras.__version__} in safe mode: {lines[0]}") from None


def _with_features(model: keras.Model) -> keras.Model:
    """A model that answers what enters the last layer, too; see `load`."""
    after = keras.layers.Activation | keras.layers.Softmax | keras.layers.Dropout
    last = next((layer for layer in reversed(model.layers) if not isinstance(layer, after)), None)
    features = last.input if isinstance(last, keras.layers.Dense) else model.outputs[0]
    return keras.Model(model.inputs, [features, model.outputs[0]])
