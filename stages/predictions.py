"""What every run answers, from evaluate to all that explains it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.dataset import PARTS
from stages.errors import InputError
from stages.files import REMAKE, read_arrays, write_arrays
from stages.run import Run

FOLDER = Path("data/predictions")
FIELDS = ("ids", "labels", "probabilities")


@dataclass(frozen=True)
class Predictions:
    """What one run says of the images of one part.

    ids: int64 (n,), ascending; indices into the images of the part's source. labels: uint8 (n,), the data set's labels.
    probabilities: float32 (n, classes), rows sum to 1.
    """

    ids: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray


def path(run: Run) -> Path:
    """A .npz with ids, labels and probabilities of every part in PARTS, keys such as 'held-out ids'."""
    return run.file(FOLDER, ".npz")


def write(run: Run, parts: Mapping[str, Predictions]) -> None:
    write_arrays(path(run), {f"{part} {field}": getattr(parts[part], field) for part in PARTS for field in FIELDS})


def read(run: Run) -> dict[str, Predictions]:
    """The Predictions of each part.

    Raises InputError where the file is missing, is not such a file, or holds what no run can have written: NaN,
    rows that do not sum to 1, ids out of order, labels without a probability.
    """
    arrays = read_arrays(path(run), f"evaluate@{run.network}-{run.seed}")
    parts = {}
    for part in PARTS:
        try:
            parts[part] = Predictions(*(arrays[f"{part} {field}"] for field in FIELDS))
        except KeyError as error:
            raise InputError(f"{path(run)} has no array {error}. {REMAKE}") from None
        problem = _problem(parts[part])
        if problem:
            raise InputError(f"{path(run)}, part {part}: {problem}. {REMAKE}")
    return parts


def _problem(predictions: Predictions) -> str | None:
    ids, labels, probabilities = predictions.ids, predictions.labels, predictions.probabilities
    kinds = (ids.dtype, ids.ndim, labels.dtype, labels.ndim, probabilities.dtype, probabilities.ndim)
    if kinds != (np.int64, 1, np.uint8, 1, np.float32, 2):
        return "expected ids int64 (n,), labels uint8 (n,), probabilities float32 (n, classes), got " + ", ".join(
            f"{array.dtype} {array.shape}" for array in (ids, labels, probabilities)
        )
    if not len(ids) == len(labels) == len(probabilities):
        return (
            "expected one label and one row for each id, "
            f"got {len(ids)} ids, {len(labels)} labels, {len(probabilities)} rows"
        )
    if len(ids) == 0:
        return "expected at least one image, got none"
    if ids[0] < 0 or np.any(np.diff(ids) <= 0):
        return "expected ascending ids from 0, got them out of order or twice"
    if labels.max() >= probabilities.shape[1]:
        return f"expected labels below {probabilities.shape[1]}, got {labels.max()}"
    if not np.all(np.isfinite(probabilities)):
        return "expected finite probabilities, got NaN or infinity"
    if probabilities.min() < 0 or np.abs(probabilities.sum(axis=1) - 1).max() > 1e-4:
        return "expected rows of probabilities that sum to 1, got others"
    return None
