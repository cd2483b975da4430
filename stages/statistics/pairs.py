"""Every two runs, side by side on the same images."""

from functools import cache
from itertools import combinations

import numpy as np

from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row

PAIR = {
    f"{quantity}_{side}": Column(kind, f"{quantity} of the {place} run")
    for side, place in (("a", "first"), ("b", "second"))
    for quantity, kind in (("network", str), ("seed", int))
}


def pairs(sample: Sample) -> list[tuple[int, int, Row]]:
    """The places of both runs in Sample.runs, and their values of the columns PAIR."""
    return [
        (a, b, dict(zip(PAIR, (first.network, first.seed, second.network, second.seed), strict=True)))
        for (a, first), (b, second) in combinations(enumerate(sample.runs), 2)
    ]


@cache
def resampled_accuracies(sample: Sample) -> np.ndarray:
    """Accuracy of every run in every resample: float64 (resamples, R)."""
    return sample.resamples.means(sample.by_run(sample.right).T)


def chance_agreement(accuracy_a: np.ndarray, accuracy_b: np.ndarray) -> np.ndarray:
    """Share of images, 0..1, on which independent networks of these accuracies are both right or both wrong."""
    return accuracy_a * accuracy_b + (1 - accuracy_a) * (1 - accuracy_b)


def error_consistency(observed: np.ndarray, accuracy_a: np.ndarray, accuracy_b: np.ndarray) -> np.ndarray:
    """Kappa (c_obs - c_exp) / (1 - c_exp), Geirhos et al. 2020, equation 3; NaN where agreement by chance is certain.

    observed: share of the images on which both are right or both are wrong. All shares are 0..1, of equal shapes.

    >>> round(float(error_consistency(0.7, 0.8, 0.7)), 3)
    0.211
    """
    chance = chance_agreement(accuracy_a, accuracy_b)
    free = np.asarray(1 - chance, dtype=float)
    return np.divide(observed - chance, free, out=np.full(free.shape, np.nan), where=free > 1e-12)
