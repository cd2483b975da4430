"""Confusion matrices of every run, and what is read from them class by class."""

from functools import cache

import numpy as np
from scipy import sparse

from stages.statistics.bootstrap import indicators
from stages.statistics.sample import Sample


@cache
def confusions(sample: Sample) -> np.ndarray:
    """How many images of each class each run takes for each class: int64 (R, classes, classes), truth first."""
    classes = len(sample.class_names)
    return np.stack([np.bincount(codes, minlength=classes**2).reshape(classes, -1) for codes in _codes(sample)])


@cache
def resampled_confusions(sample: Sample) -> np.ndarray:
    """The same as shares of all images, in every resample: float64 (resamples, R, classes, classes)."""
    classes = len(sample.class_names)
    pairs = sparse.hstack([indicators(codes, classes**2) for codes in _codes(sample)], format="csr")
    return sample.resamples.means(pairs).reshape(-1, len(sample.runs), classes, classes)


def recalls(matrices: np.ndarray) -> np.ndarray:
    """Right answers among the images of each class, float64 (..., classes), of matrices (..., classes, classes).

    0 where a class has no image.

    >>> recalls(np.array([[3, 1], [2, 2]])).tolist()
    [0.75, 0.5]
    """
    return _hit_shares(matrices, matrices.sum(axis=-1))


def precisions(matrices: np.ndarray) -> np.ndarray:
    """Right answers among those that name each class, float64 (..., classes); 0 where none does.

    >>> precisions(np.array([[3, 1], [2, 2]])).round(3).tolist()
    [0.6, 0.667]
    """
    return _hit_shares(matrices, matrices.sum(axis=-2))


def _hit_shares(matrices: np.ndarray, totals: np.ndarray) -> np.ndarray:
    hits = np.diagonal(matrices, axis1=-2, axis2=-1)
    return np.divide(hits, totals, out=np.zeros(totals.shape), where=totals > 0)


def _codes(sample: Sample) -> np.ndarray:
    """int64 (R, N): each image's cell in the flattened matrix."""
    return sample.labels.astype(int) * len(sample.class_names) + sample.by_run(sample.predicted)
