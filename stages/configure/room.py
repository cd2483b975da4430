"""Whether the outputs of a whole grid can be written here: known before anything is downloaded or trained."""

import itertools
import os
import shutil
from pathlib import Path

from stages.errors import InputError
from stages.params import Params
from stages.run import Run
from stages.settings import NetworkSettings

OUTPUTS = ("data", "metrics", "plots")
_IMAGES = {"cifar10": 60_000, "digits": 1_797}
CLASSES = 10
_COPIES = 2
"""DVC keeps a copy of every output in its cache, where the file system cannot share blocks."""


def require(params: Params, folder: Path = Path()) -> None:
    """InputError where a folder of outputs takes no files, or the disk has less room than they need."""
    closed = [name for name in OUTPUTS if not _takes_files(folder / name)]
    if closed:
        raise InputError(
            f"No file can be written in {', '.join(closed)}: expected folders that this user may write to. "
            "Change their permissions (chmod u+rwx), or work on a copy of the checkout."
        )
    needed, free = size(params, folder), shutil.disk_usage(folder).free
    if needed > free:
        raise InputError(
            f"The outputs that are not there yet need about {needed / 1e9:.1f} GB of disk, and {free / 1e9:.1f} GB are "
            "free. Free some (`dvc gc --workspace` drops what no longer counts), or train fewer networks or seeds."
        )


def size(params: Params, folder: Path) -> int:
    """Bytes that the outputs of the grid take, with DVC's copies; those of runs with weights in the folder are there.

    Neither a data set's own folder of images nor pretrained networks count.
    """
    side, images = params.side, _IMAGES.get(params.dataset, 0)
    learned = min(images, params.split.train_images or images)
    total = 3 * images * side**2
    for name in params.networks:
        network = params.settings(name)
        weighed = (Run(name, seed).file(folder / "data/models", ".weights.h5") for seed in params.seeds)
        due = sum(not path.exists() for path in weighed)
        if isinstance(network, NetworkSettings):
            features = 2 * learned * (network.dense_units or [0])[-1]
            total += due * (4 * weights(network, side) + 4 * images * CLASSES + features)
    return _COPIES * total


def weights(settings: NetworkSettings, side: int, classes: int = CLASSES) -> int:
    """How many weights and biases a network for square images with three channels has.

    >>> small = {"optimizer": "sgd", "kernel_size": 3, "filters": [4], "pool_after": [1], "dense_units": [5]}
    >>> weights(NetworkSettings(**small, epochs=1, batch_size=1), 8)  # 9*3*4+4 + 4*4*4*5+5 + 5*10+10
    497
    """
    channels = [3, *settings.filters]
    convolutions = sum((settings.kernel_size**2 * a + 1) * b for a, b in itertools.pairwise(channels))
    units = [(side // 2 ** len(settings.pool_after)) ** 2 * channels[-1], *settings.dense_units, classes]
    return convolutions + sum((a + 1) * b for a, b in itertools.pairwise(units))


def _takes_files(folder: Path) -> bool:
    """Whether files can be made in the folder, or else the folder itself."""
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
