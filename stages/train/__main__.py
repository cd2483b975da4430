"""One network's settings, the images and the split -> its trained weights and its history.

python -m stages.train <network> <seed>
"""

import sys

import numpy as np

from stages import artifacts, settings
from stages.errors import reported
from stages.nicknet.allocator import keep_large_buffers


def main(network: str, seed: int) -> None:
    keep_large_buffers()
    from stages.train import training

    wanted = settings.read(artifacts.settings_path(network))
    images, labels = artifacts.read_images("train"), np.asarray(artifacts.read_labels("train"))
    train, held_out = artifacts.read_indices("train"), artifacts.read_indices("held_out")
    model = training.compiled(wanted, images.shape[1:], len(artifacts.read_class_names()), seed)
    history = training.fit(
        model,
        images,
        labels,
        train,
        held_out,
        batch_size=min(wanted.batch_size, len(train)),
        epochs=wanted.epochs,
        seed=seed,
    )
    with artifacts.replacing(artifacts.weights_path(network, seed)) as temporary:
        training.without_optimizer(model).save_weights(temporary)
    artifacts.write_csv(artifacts.history_path(network, seed), history, training.HISTORY_COLUMNS)


if __name__ == "__main__":
    with reported(f"train {' '.join(sys.argv[1:])}"):
        main(sys.argv[1], int(sys.argv[2]))
