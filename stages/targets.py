"""What a run learns: the class that it takes each image for, or that it does not see it."""

from pathlib import Path

import numpy as np

from stages.files import read_array, write_array
from stages.run import Run

FOLDER = Path("data/targets")


def path(run: Run) -> Path:
    """int16 (N,), for each of the data set's training images a class, or -1 where it is not learned from."""
    return run.file(FOLDER, ".npy")


def write(run: Run, targets: np.ndarray) -> None:
    write_array(path(run), targets.astype("int16"))


def read(run: Run) -> np.ndarray:
    """int16 (N,), memory-mapped."""
    return read_array(path(run), "int16", 1)
