"""The answers of one run while it trained: the class of every held-out image after every epoch."""

from pathlib import Path

import numpy as np

from stages.errors import InputError
from stages.files import REMAKE, read_array, write_array
from stages.run import Run

FOLDER = Path("data/epochs")


def path(run: Run) -> Path:
    """uint8 (epochs, n): the most probable class of each image, in the order of data/split/held-out.npy."""
    return run.file(FOLDER, ".npy")


def write(run: Run, predicted: np.ndarray) -> None:
    write_array(path(run), predicted)


def read(run: Run, count: int) -> np.ndarray:
    """uint8 (epochs, count), see `path`; InputError where the file is missing or holds something else."""
    if not path(run).is_file():
        raise InputError(f"{path(run)} is missing. Run `dvc repro train@{run.network}-{run.seed}` to make it.")
    predicted = read_array(path(run), "uint8", 2)
    if predicted.shape[1] != count or not len(predicted):
        raise InputError(
            f"{path(run)}: expected a row for each epoch, of {count} held-out images, got {predicted.shape}. {REMAKE}"
        )
    return predicted
