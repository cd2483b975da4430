"""One network's settings, the images and the split -> its trained weights and its history.

python -m stages.train <network> <seed>
"""

import os
import sys
from contextlib import closing

import numpy as np

from stages import dataset, history, settings
from stages.errors import reported
from stages.files import write_bytes
from stages.nicknet import runtime
from stages.run import Run
from stages.train import identity
from stages.train.checkpoint import Checkpoint
from stages.train.progress import Progress
from stages.train.store import Store, folder


def main(run: Run) -> None:
    runtime.prepare()
    from stages.nicknet import inference
    from stages.train import training

    given = settings.read(run.network)
    images, labels = dataset.read_images("train"), np.asarray(dataset.read_labels("train"))
    train, held_out = (np.asarray(dataset.read_indices(part)) for part in ("training", "held-out"))
    model = training.untrained(given, images.shape[1:], len(dataset.read_class_names()), run.seed)
    store = Store(folder(os.environ), identity.of(run))
    done = store.read(training.state(model)) or Checkpoint([], training.state(model))
    training.restore(model, done.state)
    rows, first = done.history, done.epoch + 1
    options = {"batch_size": min(given.batch_size, len(train)), "seed": run.seed, "first": first, "last": given.epochs}
    with closing(Progress(len(train), first, given.epochs)) as progress:
        for epoch in training.epochs(model, images, labels, train, held_out, **options, progress=progress.step):
            rows += epoch
            store.write(Checkpoint(rows, training.state(model)))
            progress.epoch(*epoch)
    write_bytes(inference.weights_path(run), training.weights(model))
    history.write(run, rows)
    store.remove()


if __name__ == "__main__":
    with reported(f"train {' '.join(sys.argv[1:])}"):
        main(Run.named(sys.argv[1:]))
