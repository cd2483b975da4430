"""Training of one network; touches no file."""

import io
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from stages.errors import InputError
from stages.history import QUANTITIES, Row
from stages.nicknet.batches import batches, halves, order
from stages.nicknet.network import build, large_convolutions, shared_factors, wants_xla
from stages.settings import NetworkSettings

_EVALUATION_BATCH_SIZE = 128


def untrained(settings: NetworkSettings, image_shape: tuple[int, int, int], classes: int, seed: int) -> keras.Model:
    """A network with initial weights from `seed`, and its optimizer (model.optimizer) with its variables.

    image_shape: (height, width, channels).

    Training draws no random number but the initial weights and the order of the images, and the number of threads
    is fixed (see runtime), so that equal seeds give equal bytes on the same kind of processor.
    """
    model = build(
        **settings.architecture(),
        image_shape=image_shape,
        classes=classes,
        seed=seed,
    )
    optimizer = {"class_name": settings.optimizer, "config": {"learning_rate": settings.learning_rate}}
    model.compile(optimizer=keras.optimizers.get(optimizer))
    model.optimizer.build(model.trainable_variables)
    return model


def epochs(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    train: np.ndarray,
    held_out: np.ndarray,
    *,
    batch_size: int,
    seed: int,
    first: int,
    last: int,
    progress: Callable[[int], None],
) -> Iterator[list[Row]]:
    """Train a network; after each epoch yield its two rows of the history (history.COLUMNS).

    'training' averages over the epoch while the weights move, as Keras does; 'held-out' is measured at its end.
    Loss is the cross entropy in nats an image; precision is the mean over classes, 0 for a class never predicted.
    Raises InputError where the loss, a weight or the optimizer's state becomes NaN or infinite.

    Args:
        model: from `untrained`, or with weights and optimizer variables from after epoch first - 1.
        images: uint8 (N, H, W, C). labels: uint8 (N,).
        train: int64 (n,), indices to learn from. held_out: int64 (m,), indices to watch.
        batch_size: images a step.
        seed: draws the order of the images, anew each epoch.
        first: the number of the first epoch, from 1. last: of the last one.
        progress: called with the number of images after each training step.
    """
    learn, measure = _learning_step(model), _measuring_step(model)
    watching = min(_EVALUATION_BATCH_SIZE, len(held_out))
    for epoch in range(first, last + 1):
        seen = 0
        for batch in batches(images, labels, order(train, seed, epoch), batch_size):
            seen = seen + learn(*batch).numpy().astype("float64")
            _require_finite([seen], epoch, model)
            progress(int(batch[2].sum()))
        watched = sum(
            measure(*batch).numpy().astype("float64") for batch in batches(images, labels, held_out, watching)
        )
        _require_finite([watched, *state(model)], epoch, model)
        yield [_row(epoch, "training", seen), _row(epoch, "held-out", watched)]


def state(model: keras.Model) -> list[np.ndarray]:
    """A copy of all that training changes: the weights, then the optimizer's variables. See `restore`."""
    return [np.array(variable.numpy()) for variable in _variables(model)]


def restore(model: keras.Model, state: list[np.ndarray]) -> None:
    """Make an untrained network go on where `state` was taken."""
    for variable, value in zip(_variables(model), state, strict=True):
        variable.assign(value)


def weights(model: keras.Model) -> bytes:
    """The content of a .weights.h5 file of the network, without the optimizer. Equal weights give equal bytes.

    In memory, because HDF5 kills the process where it meets a full disk.
    """
    file = _WeightsFile()
    keras.Model(model.inputs, model.outputs, name=model.name).save_weights(file)
    return file.getvalue()


class _WeightsFile(io.BytesIO):
    def __str__(self) -> str:
        return "memory.weights.h5"  # Keras wants to see the suffix


def _variables(model: keras.Model) -> list[keras.Variable]:
    return [*model.variables, *model.optimizer.variables]


def _require_finite(arrays: list[np.ndarray], epoch: int, model: keras.Model) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        optimizer, rate = type(model.optimizer).__name__, float(model.optimizer.learning_rate.numpy())
        raise InputError(
            f"the training diverged in epoch {epoch}: the loss or a weight is NaN or infinite, with {optimizer} at "
            f"learning rate {rate:.9g}. Nothing is written. Set a smaller learning_rate in params.yaml."
        )


def _learning_step(model: keras.Model) -> Callable:
    """A function of a batch that takes one step of the optimizer and returns _sums from before it."""

    @tf.function(jit_compile=wants_xla(model))
    def of_half(
        values: list[tf.Tensor],
        factors: list,
        images: tf.Tensor,
        labels: tf.Tensor,
        weights: tf.Tensor,
        total: tf.Tensor,
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        with tf.GradientTape() as tape, shared_factors(model, factors):
            tape.watch(values)
            logits, _ = model.stateless_call(values, [], images, training=True)
            losses = _losses(labels, logits)
            loss = tf.reduce_sum(losses * weights) / total
        return tape.gradient(loss, values), _sums(labels, logits, losses, weights)

    kernel_factors = _kernel_factors(model)

    @tf.function
    def step(images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        values = [variable.value for variable in model.trainable_variables]
        factors, total = kernel_factors(), tf.reduce_sum(weights)
        found = [of_half(values, factors, images[h], labels[h], weights[h], total) for h in halves(images.shape[0])]
        gradients, sums = zip(*found, strict=True)
        gradients = [tf.add_n(of_halves) for of_halves in zip(*gradients, strict=True)]
        model.optimizer.apply(gradients, model.trainable_variables)
        return tf.add_n(sums)

    return step


def _measuring_step(model: keras.Model) -> Callable:
    """A function of a batch that returns _sums."""

    @tf.function(jit_compile=wants_xla(model))
    def of_half(images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        logits = model(images, training=False)
        return _sums(labels, logits, _losses(labels, logits), weights)

    @tf.function
    def step(images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        return tf.add_n([of_half(images[h], labels[h], weights[h]) for h in halves(images.shape[0])])

    return step


def _kernel_factors(model: keras.Model) -> Callable:
    """Function of nothing that gives what the halves of a batch share, for network.shared_factors.

    Each layer has a compiled function of its own, so that they are computed side by side.
    """
    functions = [
        (layer.kernel, tf.function(layer.kernel_factors, jit_compile=True)) for layer in large_convolutions(model)
    ]
    return lambda: [function(kernel.value) for kernel, function in functions]


def _losses(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def _sums(labels: tf.Tensor, logits: tf.Tensor, losses: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """float32 (3, classes): summed loss of the images of each class, right ones, and predictions of each class."""
    classes = logits.shape[-1]
    chosen = tf.argmax(logits, axis=-1, output_type=labels.dtype)
    true, predicted = tf.one_hot(labels, classes), tf.one_hot(chosen, classes) * weights[:, None]
    return tf.stack(
        [
            tf.reduce_sum(true * (losses * weights)[:, None], axis=0),
            tf.reduce_sum(true * predicted, axis=0),
            tf.reduce_sum(predicted, axis=0),
        ]
    )


def _row(epoch: int, part: str, sums: np.ndarray) -> Row:
    losses, right, predicted = sums
    count = predicted.sum()
    values = (right.sum() / count, losses.sum() / count, np.mean(right / np.maximum(predicted, 1)))
    return {"epoch": epoch, "part": part} | dict(zip(QUANTITIES, map(float, values), strict=True))
