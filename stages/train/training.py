"""Training of one network; touches no file."""

import keras

from stages.nicknet.batches import batches, order
from stages.nicknet.network import build
from stages.train.metrics import MacroPrecision

QUANTITIES = ("accuracy", "loss", "precision")
HISTORY_COLUMNS = ("epoch", "images", *QUANTITIES)

_EVALUATION_BATCH_SIZE = 500


def compiled(settings, image_shape, classes, seed):
    """A fresh network, keras.Model, ready to train: initial weights from `seed`, every step one compiled function.

    settings: stages.settings.NetworkSettings. image_shape: (height, width, channels).

    Training draws no random number but the initial weights and the order of the images, and XLA's CPU code adds
    in a fixed order, so that equal seeds give equal bytes on the same kind of processor. TensorFlow's own switch,
    enable_op_determinism, would make Keras give up XLA.
    """
    model = build(
        kernel_size=settings.kernel_size,
        filters=settings.filters,
        pool_after=settings.pool_after,
        dense_units=settings.dense_units,
        image_shape=image_shape,
        classes=classes,
        seed=seed,
    )
    model.compile(
        optimizer=keras.optimizers.get(
            {"class_name": settings.optimizer, "config": {"learning_rate": settings.learning_rate}}
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight"),
        weighted_metrics=[
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
            # Keras's own running loss counts the last batch's padding.
            keras.metrics.SparseCategoricalCrossentropy(from_logits=True, name="cross_entropy"),
            MacroPrecision(classes),
        ],
        jit_compile=True,
    )
    return model


def epochs(model, images, labels, train, held_out, *, batch_size, seed, first, last, progress):
    """Train a compiled network; after each epoch yield its two rows of the history (dicts with HISTORY_COLUMNS).

    'training' averages over the epoch while the weights move, as Keras does; 'held-out' is measured at its end.

    Args:
        model: from `compiled`.
        images: uint8 (N, H, W, C). labels: uint8 (N,).
        train: int64 (n,), indices to learn from. held_out: int64 (m,), indices to watch.
        batch_size: images a step.
        seed: draws the order of the images, anew each epoch.
        first: the number of the first epoch, from 1. last: of the last one.
        progress: called with the number of images after each training step.
    """
    for epoch in range(first, last + 1):
        model.reset_metrics()
        for batch in batches(images, labels, order(train, seed, epoch), batch_size):
            measured = model.train_on_batch(*batch, return_dict=True)
            progress(int(batch[2].sum()))
        yield [_row(epoch, "training", measured), _row(epoch, "held-out", _evaluated(model, images, labels, held_out))]


def _evaluated(model, images, labels, indices):
    model.reset_metrics()
    for batch in batches(images, labels, indices, min(_EVALUATION_BATCH_SIZE, len(indices))):
        measured = model.test_on_batch(*batch, return_dict=True)
    return measured


def _row(epoch, images, measured):
    values = (measured["accuracy"], measured["cross_entropy"], measured["precision"])
    return {"epoch": epoch, "images": images} | dict(zip(QUANTITIES, map(float, values), strict=True))


def without_optimizer(model):
    """The same network, weights shared, without the state of its training."""
    return keras.Model(model.inputs, model.outputs, name=model.name)
