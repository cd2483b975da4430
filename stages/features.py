"""What a network sees in the images that it learned from: the direction of the features that enter its output layer.

That layer is linear: a longer feature vector makes the network surer, its direction makes the choice (up to the bias),
and the length differs much between images. So of these vectors only cosines are taken, and their lengths are dropped.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from stages.errors import InputError
from stages.files import REMAKE, read_array, write_array
from stages.run import Run

FOLDER = Path("data/features")
CHUNK = 1280
"""Images at a time, a multiple of the networks' batches."""

Features = Callable[[np.ndarray], np.ndarray]
"""Images (n, H, W, 3), 0..255, to float32 (n, units)."""


def path(run: Run) -> Path:
    """float16 (n, units), rows of length 1 (0 where all features are 0), in the order of data/split/training.npy."""
    return run.file(FOLDER, ".npy")


def write(run: Run, features: Features, images: np.ndarray, ids: np.ndarray) -> None:
    """The directions of images[ids], each (H, W, 3). Shows a bar."""
    starts = tqdm(range(0, len(ids), CHUNK), "features", leave=False, disable=None)
    rows = [directions(features(images[ids[start : start + CHUNK]])).astype("float16") for start in starts]
    write_array(path(run), np.concatenate(rows))


def read(run: Run, count: int) -> np.ndarray:
    """float16 (count, units), see `path`; InputError where the file is missing or holds something else."""
    if not path(run).is_file():
        raise InputError(f"{path(run)} is missing. Run `dvc repro interventions@{run.network}-{run.seed}` to make it.")
    rows = read_array(path(run), "float16", 2)
    if len(rows) != count:
        raise InputError(f"{path(run)}: expected a row for each of {count} training images, got {len(rows)}. {REMAKE}")
    return rows


def directions(vectors: np.ndarray) -> np.ndarray:
    """float32 (n, units): the vectors scaled to length 1; those of length 0 stay.

    >>> directions(np.array([[3, 4], [0, 0]], "float32")).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    vectors = np.asarray(vectors, "float32")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
