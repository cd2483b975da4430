"""Class knockout (docs/analysis.md, section 5): a class may not be chosen, and the most probable one is taken again.

Nothing is trained. Taking away a class other than the true one never spoils a right answer, so its whole effect is what
it repairs.
"""

from functools import cache

import numpy as np

from stages.statistics.sample import Sample


def without(probabilities: np.ndarray, removed: int) -> np.ndarray:
    """The most probable class of those left, int64 (...,), of probabilities float (..., C); the lower index of equals.

    >>> without(np.array([0.5, 0.2, 0.3]), removed=0)
    np.int64(2)
    """
    allowed = probabilities.copy()
    allowed[..., removed] = -np.inf
    return allowed.argmax(axis=-1)


def repairing_class(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Which class has to be taken away to make an error right: int16 (..., N), -1 where none does or nothing is wrong.

    Only taking away the predicted class changes the answer, to the second most probable class. labels: (N,);
    probabilities: float32 (..., N, C).

    >>> repairing_class(np.array([0, 1, 2]), np.array([[0.5, 0.3, 0.2]] * 3))  # right; second; neither
    array([-1,  0, -1], dtype=int16)
    """
    predicted = probabilities.argmax(axis=-1)
    allowed = probabilities.copy()
    np.put_along_axis(allowed, predicted[..., None], -np.inf, axis=-1)
    repaired = (predicted != labels) & (allowed.argmax(axis=-1) == labels)
    return np.where(repaired, predicted, -1).astype(np.int16)


@cache
def repairing_classes(sample: Sample) -> np.ndarray:
    """repairing_class of every run's answers, int16 (networks, seeds, N)."""
    each = [repairing_class(sample.labels, of_run) for of_run in sample.by_run(sample.probabilities)]
    return np.reshape(each, sample.right.shape)
