"""Training of one network; touches no file."""

import keras
from tqdm import tqdm

from stages.nicknet.batches import Batches
from stages.nicknet.network import build
from stages.train.metrics import MacroPrecision

QUANTITIES = ("accuracy", "loss", "precision")
HISTORY_COLUMNS = ("epoch", "images", *QUANTITIES)

_EVALUATION_BATCH_SIZE = 500


def compiled(settings, image_shape, classes, seed):
    """A fresh network, keras.Model, ready for fit: initial weights from `seed`, every step one compiled function.

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


def fit(model, images, labels, train, held_out, *, batch_size, epochs, seed, callbacks=()):
    """Train a compiled network.

    Args:
        model: from `compiled`.
        images: uint8 (N, H, W, C). labels: uint8 (N,).
        train: int64 (n,), indices to learn from. held_out: int64 (m,), indices to watch.
        batch_size: images a step. epochs: passes over `train`.
        seed: draws the order of the images.
        callbacks: further keras.callbacks.Callback.

    Returns:
        The history, see history_rows.
    """
    training = Batches(images, labels, train, batch_size, seed=seed)
    watching = Batches(images, labels, held_out, min(_EVALUATION_BATCH_SIZE, len(held_out)))
    result = model.fit(
        training,
        validation_data=watching,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[Progress(len(train), batch_size, epochs), *callbacks],
    )
    return history_rows(result.history)


def without_optimizer(model):
    """The same network, weights shared, without the state of its training."""
    return keras.Model(model.inputs, model.outputs, name=model.name)


def history_rows(history):
    """Two rows an epoch (dicts with HISTORY_COLUMNS) from keras.callbacks.History.history.

    'training' averages over the epoch while the weights move, as Keras does; 'held-out' is measured at its end.
    """
    rows = []
    for epoch in range(len(history["accuracy"])):
        for images, prefix in (("training", ""), ("held-out", "val_")):
            values = {name: history[prefix + key][epoch] for name, key in _KEYS.items()}
            rows.append({"epoch": epoch + 1, "images": images} | values)
    return rows


_KEYS = {"accuracy": "accuracy", "loss": "cross_entropy", "precision": "precision"}


class Progress(keras.callbacks.Callback):
    """A bar in images with speed and time left; a line an epoch where no terminal shows it."""

    def __init__(self, images, batch_size, epochs):
        super().__init__()
        self._images, self._batch_size, self._epochs = images, batch_size, epochs

    def on_train_begin(self, logs=None):
        self._bar = tqdm(total=self._images * self._epochs, unit=" images", smoothing=0.05, disable=None)

    def on_train_batch_end(self, batch, logs=None):
        self._bar.update(min(self._batch_size, self._images - batch * self._batch_size))

    def on_epoch_end(self, epoch, logs=None):
        text = f"epoch {epoch + 1}/{self._epochs}: " + ", ".join(
            f"{name} {logs[key]:.3f} (held out {logs['val_' + key]:.3f})" for name, key in _KEYS.items()
        )
        if self._bar.disable:
            print(text, flush=True)
        else:
            self._bar.set_postfix_str(text)

    def on_train_end(self, logs=None):
        self._bar.close()
