"""One network's settings, the images and the split -> its trained weights, its history, its answers after each epoch.

python -m stages.train <network> <seed>
"""

import os
import sys

import numpy as np
from tqdm import tqdm

from stages import dataset, epochs, history, settings, targets
from stages.errors import reported
from stages.files import write_bytes
from stages.history import Row
from stages.run import Run
from stages.train.checkpoint import Checkpoint
from stages.train.store import Store, folder


def main(run: Run) -> None:
    # These import TensorFlow: here, so that what goes wrong meanwhile is reported.
    from stages.nicknet import inference
    from stages.train import identity, memory, training

    chosen = settings.read(run.network)
    images, labels = dataset.read_images("train"), np.asarray(dataset.read_labels("train"))
    target, watched = targets.read(run), np.asarray(dataset.read_indices("held-out"))
    learned, labels = np.flatnonzero(target >= 0), np.where(target >= 0, target, labels)
    classes, batch_size = len(dataset.read_class_names()), min(chosen.batch_size, len(learned))
    memory.require(chosen, images.shape[1], classes, batch_size)
    model = training.untrained(chosen, images.shape[1:], classes, run.seed, len(learned))
    store = Store(folder(os.environ), identity.of(run))
    start = store.read(Checkpoint([], np.empty((0, len(watched)), "uint8"), training.state(model)))
    training.restore(model, start.state)
    rows, predicted, span = start.history, start.predicted, range(start.epoch + 1, chosen.epochs + 1)
    with _bar(len(learned), start.epoch, chosen.epochs) as bar:
        trained = training.epochs(
            model, images, labels, learned, watched, span, settings=chosen, seed=run.seed, progress=bar.update
        )
        for scores, answers in trained:
            rows, predicted = rows + scores, np.vstack([predicted, answers])
            store.write(Checkpoint(rows, predicted, training.state(model)))
            bar.write(_line(scores[0], scores[1], chosen.epochs))
            sys.stdout.flush()
    write_bytes(inference.weights_path(run), training.weights(model))
    history.write(run, rows)
    epochs.write(run, predicted)
    store.remove()


def _bar(images: int, done: int, epochs: int) -> tqdm:
    """A bar on a terminal, in images, after so many epochs that are done."""
    total, initial = images * epochs, images * done
    return tqdm(total=total, initial=initial, unit=" images", smoothing=0.05, file=sys.stderr, disable=None)


def _line(training: Row, held_out: Row, epochs: int) -> str:
    scores = (f"{name} {training[name]:.3f} (held out {held_out[name]:.3f})" for name in history.QUANTITIES)
    return f"epoch {training['epoch']}/{epochs}: {', '.join(scores)}"


if __name__ == "__main__":
    with reported(f"train {' '.join(sys.argv[1:])}"):
        main(Run.named(sys.argv[1:]))
