"""One network's settings, the images and the split -> its trained weights and its history.

python -m stages.train <network> <seed>
"""

import os
import sys
from contextlib import closing

import numpy as np

from stages import artifacts, settings
from stages.errors import reported
from stages.nicknet import runtime
from stages.train import identity
from stages.train.checkpoint import Checkpoint
from stages.train.progress import Progress
from stages.train.store import Store, folder


def main(network: str, seed: int) -> None:
    runtime.prepare()
    from stages.train import training

    wanted = settings.read(artifacts.settings_path(network))
    images, labels = artifacts.read_images("train"), np.asarray(artifacts.read_labels("train"))
    train, held_out = np.asarray(artifacts.read_indices("train")), np.asarray(artifacts.read_indices("held_out"))
    model = training.untrained(wanted, images.shape[1:], len(artifacts.read_class_names()), seed)
    store = Store(folder(os.environ), identity.of(network, seed))
    done = store.read(training.state(model)) or Checkpoint([], training.state(model))
    training.restore(model, done.state)
    history, first = done.history, done.epoch + 1
    options = {"batch_size": min(wanted.batch_size, len(train)), "seed": seed, "first": first, "last": wanted.epochs}
    with closing(Progress(len(train), first, wanted.epochs)) as progress:
        for rows in training.epochs(model, images, labels, train, held_out, **options, progress=progress.step):
            history += rows
            store.write(Checkpoint(history, training.state(model)))
            progress.epoch(*rows)
    artifacts.write_bytes(artifacts.weights_path(network, seed), training.weights(model))
    artifacts.write_csv(artifacts.history_path(network, seed), history, training.HISTORY_COLUMNS)
    store.remove()


if __name__ == "__main__":
    with reported(f"train {' '.join(sys.argv[1:])}"):
        main(sys.argv[1], int(sys.argv[2]))
