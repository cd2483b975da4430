"""One network's settings, the images and the split -> its trained weights, its history, its answers after each epoch.

Of a pretrained network, its file is taken over, with a history of no epochs.

python -m stages.train <network> <seed>
"""

import hashlib
import os
import sys

import numpy as np
from tqdm import tqdm

from stages import dataset, epochs, history, settings, targets
from stages.errors import InputError, reported
from stages.files import write_bytes
from stages.history import Row
from stages.run import Run
from stages.settings import NetworkSettings, PretrainedSettings
from stages.train.checkpoint import Checkpoint
from stages.train.store import Store, folder
from stages.user_paths import located

CHECKED = 128
"""Images that a pretrained network is asked about before it is taken over."""


def main(run: Run) -> None:
    chosen = settings.read(run.network)
    if isinstance(chosen, PretrainedSettings):
        take_over(run, chosen)
    else:
        train(run, chosen)


def take_over(run: Run, chosen: PretrainedSettings) -> None:
    # Imports TensorFlow: here, so that what goes wrong meanwhile is reported.
    from stages.nicknet import inference

    path, images = located(chosen.file(run.seed), os.environ), dataset.read_images("train")
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != chosen.sha256.get(run.seed):
        raise InputError(f"{path} is not the file that it was. Run `dvc repro -f configure`, then `dvc repro`.")
    model = inference.load(chosen, path, images.shape[1:], len(dataset.read_class_names()))
    if not np.isfinite(inference.logits(model, images[:CHECKED])).all():
        raise InputError(f"{path} answers NaN or infinity. Is `scaling: {chosen.scaling}` what it learned with?")
    write_bytes(inference.weights_path(run), content)
    history.write(run, [])
    epochs.write(run, np.empty((0, len(dataset.read_indices("held-out"))), np.uint8))


def train(run: Run, chosen: NetworkSettings) -> None:
    # These import TensorFlow: here, so that what goes wrong meanwhile is reported.
    from stages.nicknet import inference
    from stages.train import identity, memory, training

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
