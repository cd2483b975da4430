"""What the error analysis reads."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from stages import artifacts, image_files, settings
from stages.error_analysis import votes
from stages.error_analysis.grid import Run
from stages.error_analysis.runs import Runs, gather
from stages.settings import NetworkSettings

PARTS = {"training": "train", "held-out": "held_out", "test": "test"}
"""The analysis's names of the images, and those of the files."""


def read_settings(networks: Iterable[str]) -> dict[str, NetworkSettings]:
    """The effective settings of the networks."""
    return {network: settings.read(artifacts.settings_path(network)) for network in networks}


def read_parts(runs: Sequence[Run]) -> dict[str, Runs]:
    """The predictions of exactly these runs, keys as in PARTS; InputError unless all are for the same images."""
    names = artifacts.read_class_names()
    predictions = {run: artifacts.read_predictions(run.network, run.seed) for run in runs}
    return {
        name: gather({run: parts[part] for run, parts in predictions.items()}, names) for name, part in PARTS.items()
    }


def read_votes(path: str | None, ids: np.ndarray) -> np.ndarray | None:
    """Human votes uint8 (n, annotators) of the training images with these ids; None without a path."""
    if path is None:
        return None
    return votes.read(Path(path), len(artifacts.read_images("train")), len(artifacts.read_class_names()))[ids]


def read_files(ids: np.ndarray) -> tuple[str, ...] | None:
    """The files of the training images with these ids; None where the data set has no files."""
    files = image_files.read("train")
    return None if files is None else tuple(files[index] for index in ids)


def read_curves(runs: Sequence[Run]) -> dict[Run, list[dict[str, str]]]:
    """The history of every run, see artifacts.history_path."""
    return {run: artifacts.read_history(run.network, run.seed) for run in runs}


def load_networks(
    runs: Iterable[Run], settings: dict[str, NetworkSettings], image_shape: tuple[int, ...], classes: int
) -> dict[Run, Callable[[np.ndarray], np.ndarray]]:
    """The trained networks as functions of images (n, H, W, 3), 0..255, to logits float32 (n, classes)."""
    from stages.nicknet import inference

    return {
        run: partial(
            inference.logits,
            inference.load(settings[run.network], artifacts.weights_path(run.network, run.seed), image_shape, classes),
        )
        for run in runs
    }
