"""The predictions of every run, as the arrays that the analysis works on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stages.artifacts import Predictions
from stages.error_analysis.grid import Run
from stages.errors import InputError


@dataclass(frozen=True)
class Runs:
    """Every run's predictions for the same images.

    names: R runs, the first axis of every array. ids: int64 (N,). labels: uint8 (N,), the truth.
    probabilities: float32 (R, N, C), rows sum to 1. class_names: C strings.
    """

    names: tuple[Run, ...]
    class_names: tuple[str, ...]
    ids: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray

    @cached_property
    def predicted(self) -> np.ndarray:
        """int64 (R, N), the most probable class; the lower index of equals."""
        return self.probabilities.argmax(axis=2)

    @cached_property
    def right(self) -> np.ndarray:
        """bool (R, N)."""
        return self.predicted == self.labels

    @property
    def collapsed(self) -> list[Run]:
        """The runs that predict the same class for every image."""
        same = (self.predicted == self.predicted[:, :1]).all(axis=1)
        return [run for run, one_class in zip(self.names, same, strict=True) if one_class and len(self.labels) > 1]

    @property
    def problems(self) -> list[str]:
        """One sentence without a full stop for each collapsed run."""
        first = dict(zip(self.names, self.predicted[:, 0], strict=True))
        return [f"{run} predicts '{self.class_names[first[run]]}' for every image" for run in self.collapsed]


def gather(predictions: Mapping[Run, Predictions], class_names: list[str]) -> Runs:
    """Stack the predictions of the runs; InputError unless all are for the same images and for these classes."""
    (first_run, first), *others = predictions.items()
    for run, one in others:
        if not (np.array_equal(one.ids, first.ids) and np.array_equal(one.labels, first.labels)):
            raise InputError(
                f"The predictions of {run} and of {first_run} are for different images. Run `dvc repro evaluate` to "
                "make them again."
            )
    for run, one in predictions.items():
        if one.probabilities.shape[1] != len(class_names):
            raise InputError(
                f"Expected probabilities of {len(class_names)} classes, got {one.probabilities.shape[1]} from {run}. "
                "Run `dvc repro evaluate` to make them again."
            )
    probabilities = np.stack([one.probabilities for one in predictions.values()])
    return Runs(tuple(predictions), tuple(class_names), first.ids, first.labels, probabilities)
