"""What the removal of either of two classes repairs of the other (docs/analysis.md, section 5)."""

from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import sparse

from stages.statistics.bootstrap import indicators
from stages.statistics.confusions import MOST_PAIRED, largest
from stages.statistics.knockout import repairing_classes
from stages.statistics.sample import Sample


class Repairs(NamedTuple):
    """What the removal of classes repairs, of pairs of classes, both directions, all seeds of a network.

    pairs: int (pairs, 2), by index. shares: mean repair, float (networks, pairs). counts: repaired errors, float
    (networks, pairs). errors: int (networks, pairs). sampled_shares, sampled_counts: the first two in every resample,
    float (resamples, networks, pairs); counts are per image there, which ranks them alike.
    """

    pairs: np.ndarray
    shares: np.ndarray
    counts: np.ndarray
    errors: np.ndarray
    sampled_shares: np.ndarray
    sampled_counts: np.ndarray


def pairs(codes: np.ndarray, classes: int) -> np.ndarray:
    """Every two of few classes, int (pairs, 2); of many, the pairs with most repaired errors, at most PAIRS.

    codes: int (R, N), true class x classes + class removed; negative where nothing is repaired.
    """
    if classes <= MOST_PAIRED:
        return np.array(list(combinations(range(classes), 2)))
    counts = np.bincount(codes[codes >= 0], minlength=classes**2).reshape(classes, classes)
    return np.array(largest(np.triu(counts + counts.T, 1)) or [(0, 1)])


@cache
def repairs(sample: Sample) -> Repairs:
    classes = len(sample.class_names)
    labels, removed = sample.labels.astype(int), sample.by_run(repairing_classes(sample))
    codes = np.where(removed >= 0, labels * classes + removed, -1)
    found = pairs(codes, classes)
    a, b = found.T
    places = np.full(classes**2 + 1, -1)  # the last one is that of no repair
    places[a * classes + b], places[b * classes + a] = np.arange(2 * len(found)).reshape(2, -1)
    repaired = sparse.hstack([indicators(places[row], 2 * len(found)) for row in codes], format="csr")
    wrong_class = np.where(sample.by_run(sample.right), -1, labels)
    wrong = sparse.hstack([indicators(row, classes) for row in wrong_class], format="csr")
    shape = (-1, len(sample.networks), len(sample.seeds))

    def of_pairs(repaired: np.ndarray, wrong: np.ndarray) -> tuple[np.ndarray, ...]:
        """Shares, counts and errors, each float (draws, networks, pairs)."""
        repaired, wrong = repaired.reshape(*shape, 2, len(found)), wrong.reshape(*shape, classes)
        errors = np.stack([wrong[..., a], wrong[..., b]], axis=-2)
        shares = np.divide(repaired, errors, out=np.zeros(repaired.shape), where=errors > 0)
        mean = ((shares[..., 0, :] + shares[..., 1, :]) / 2).mean(axis=2)
        return mean, repaired.sum(axis=2).sum(axis=2), errors.sum(axis=2).sum(axis=2)

    observed = of_pairs(repaired.sum(axis=0), wrong.sum(axis=0))
    sampled = of_pairs(sample.resamples.means(repaired), sample.resamples.means(wrong))
    return Repairs(found, *(each[0] for each in observed), *sampled[:2])
