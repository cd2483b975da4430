"""One network's settings, the images and the split -> its trained weights and its history.

python -m stages.train <network> <seed>
"""

import sys

import numpy as np

from stages import artifacts, settings
from stages.errors import reported
from stages.nicknet import runtime
from stages.train.progress import Progress


def main(network: str, seed: int) -> None:
    runtime.prepare()
    from stages.train import training

    wanted = settings.read(artifacts.settings_path(network))
    images, labels = artifacts.read_images("train"), np.asarray(artifacts.read_labels("train"))
    train, held_out = np.asarray(artifacts.read_indices("train")), np.asarray(artifacts.read_indices("held_out"))
    model = training.untrained(wanted, images.shape[1:], len(artifacts.read_class_names()), seed)
    progress = Progress(len(train), 1, wanted.epochs)
    history = []
    for rows in training.epochs(
        model,
        images,
        labels,
        train,
        held_out,
        batch_size=min(wanted.batch_size, len(train)),
        seed=seed,
        first=1,
        last=wanted.epochs,
        progress=progress.step,
    ):
        progress.epoch(*rows)
        history += rows
    progress.close()
    with artifacts.replacing(artifacts.weights_path(network, seed)) as temporary:
        training.without_optimizer(model).save_weights(temporary)
    artifacts.write_csv(artifacts.history_path(network, seed), history, training.HISTORY_COLUMNS)


if __name__ == "__main__":
    with reported(f"train {' '.join(sys.argv[1:])}"):
        main(sys.argv[1], int(sys.argv[2]))
