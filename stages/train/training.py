"""Training of one network; touches no file."""

import io
from collections.abc import Callable, Iterable, Iterator

import keras
import numpy as np

from stages.errors import InputError
from stages.history import QUANTITIES, Row
from stages.nicknet.batches import batches, order
from stages.nicknet.network import Nicknet, build
from stages.nicknet.steps import learning, measuring
from stages.settings import NetworkSettings
from stages.streams import stream
from stages.train.augmentation import flip_shift

_MEASURED_AT_ONCE = 128


def untrained(
    settings: NetworkSettings, image_shape: tuple[int, int, int], classes: int, seed: int, images: int
) -> Nicknet:
    """A network with initial weights from `seed`, and its optimizer (model.optimizer) with its variables.

    image_shape: (height, width, channels). images: how many it will learn from in an epoch.

    Every random number of a training comes from its seeds, and the number of threads is fixed (see runtime), so that
    equal seeds give equal bytes on the same kind of processor.
    """
    model = build(settings, image_shape, classes, seed)
    model.compile(optimizer=_optimizer(settings, -(-images // settings.batch_size) * settings.epochs))
    model.optimizer.build(model.trainable_variables)
    return model


def _optimizer(settings: NetworkSettings, steps: int) -> keras.Optimizer:
    """steps: of the whole training."""
    rate = settings.learning_rate
    if settings.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    options = {"learning_rate": rate, "weight_decay": settings.weight_decay or None}
    if settings.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(momentum=settings.momentum, **options)
    else:
        optimizer = keras.optimizers.Adam(**options)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def epochs(
    model: Nicknet,
    images: np.ndarray,
    labels: np.ndarray,
    training: np.ndarray,
    held_out: np.ndarray,
    span: Iterable[int],
    *,
    settings: NetworkSettings,
    seed: int,
    progress: Callable[[int], object],
) -> Iterator[tuple[list[Row], np.ndarray]]:
    """Train a network; after each epoch yield its two rows of the history (history.COLUMNS), and uint8 (m,), the class
    that it predicts for each held-out image.

    'training' averages over the epoch while the weights move, as Keras does, over the images as augment and dropout
    make them; 'held-out' is measured at its end, on the images as they are.
    Loss is the cross entropy in nats an image; precision is the mean over classes, 0 for a class never predicted.

    model: from `untrained`, or restored to what it was before the first of the epochs.
    images: uint8 (N, H, W, C). labels: integers (N,). training: int64 (n,), indices to learn from.
    held_out: int64 (m,), indices to watch. span: the numbers of the epochs, counted from 1.
    seed: draws the order of the images and what else is left to chance, anew each epoch, unless the settings have an
    order_seed. progress: called with the number of images after each step.

    Raises InputError where the loss, a weight or the optimizer's state becomes NaN or infinite.
    """
    learn = learning(model, settings.label_smoothing, settings.parts)
    measure = measuring(model, settings.parts)
    labels, seed = labels.astype("int32"), seed if settings.order_seed is None else settings.order_seed
    batch_size = min(settings.batch_size, len(training))
    augment = flip_shift if settings.augment == "flip_shift" else _unchanged
    for epoch in span:
        learned, moves, drops = np.zeros(()), stream("augment", seed, epoch), stream("dropout", seed, epoch)
        for batch, weights in batches(order(training, seed, epoch), batch_size):
            dropout = masks(settings, batch_size, drops)
            sums = learn(augment(images[batch], moves), labels[batch], weights, *dropout)
            learned = learned + sums.numpy().astype("float64")
            _require_finite([learned], epoch, model)
            progress(int(weights.sum()))
        watched, predicted = np.zeros(()), []
        for batch, weights in batches(held_out, min(_MEASURED_AT_ONCE, len(held_out))):
            sums, classes = measure(images[batch], labels[batch], weights)
            watched = watched + sums.numpy().astype("float64")
            predicted.append(classes.numpy()[weights > 0].astype("uint8"))
        _require_finite([watched, *state(model)], epoch, model)
        yield [_row(epoch, "training", learned), _row(epoch, "held-out", watched)], np.concatenate(predicted)


def state(model: Nicknet) -> list[np.ndarray]:
    """A copy of all that training changes: the weights, then the optimizer's variables. See `restore`."""
    return [np.array(variable.numpy()) for variable in _variables(model)]


def restore(model: Nicknet, state: list[np.ndarray]) -> None:
    """Make an untrained network continue where `state` was taken."""
    for variable, value in zip(_variables(model), state, strict=True):
        variable.assign(value)


def weights(model: Nicknet) -> bytes:
    """The content of a .weights.h5 file of the network, without the optimizer. Equal weights give equal bytes.

    In memory, because HDF5 kills the process where it meets a full disk.
    """
    file = _WeightsFile()
    keras.Model(model.inputs, model.outputs, name=model.name).save_weights(file)
    return file.getvalue()


class _WeightsFile(io.BytesIO):
    def __str__(self) -> str:
        return "memory.weights.h5"  # Keras wants to see the suffix


def masks(settings: NetworkSettings, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """What dropout multiplies the outputs of each hidden dense layer by, float32 (count, units); none without dropout.

    0 with the probability `dropout`, else 1 / (1 - dropout).
    """
    kept = np.float32(1 / (1 - settings.dropout))
    layers = settings.dense_units if settings.dropout else []
    return [(rng.random((count, units), "float32") >= settings.dropout) * kept for units in layers]


def _unchanged(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return images


def _variables(model: Nicknet) -> list[keras.Variable]:
    return [*model.variables, *model.optimizer.variables]


def _require_finite(arrays: list[np.ndarray], epoch: int, model: Nicknet) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        optimizer, rate = type(model.optimizer).__name__, float(model.optimizer.learning_rate.numpy())
        raise InputError(
            f"the training diverged in epoch {epoch}: the loss or a weight is NaN or infinite, with {optimizer} at "
            f"learning rate {rate:.9g}. Nothing is written. Set a smaller learning_rate in params.yaml."
        )


def _row(epoch: int, part: str, sums: np.ndarray) -> Row:
    """sums: float64 (3, classes), of all batches, see steps."""
    losses, right, predicted = sums
    count = predicted.sum()
    values = (right.sum() / count, losses.sum() / count, np.mean(right / np.maximum(predicted, 1)))
    row: Row = {"epoch": epoch, "part": part}
    return row | dict(zip(QUANTITIES, map(float, values), strict=True))
