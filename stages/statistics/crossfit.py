"""Cross-fitting: what is chosen on one half of the images is counted on the other, and the other way round.

So no image is counted with a choice that it helped to make (Chernozhukov et al. 2018).
"""

from collections.abc import Callable

import numpy as np
from scipy import stats

from stages.statistics.intervals import SAME, over_seeds, percentile
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row
from stages.streams import stream

REPAIRS = {
    "network": Column(str, "name of the network"),
    "seed": Column(int, "seed of the run; empty: the mean over the network's seeds"),
    "repaired": Column(float, "share of the images that were wrong and become right, 0..1"),
    "broken": Column(float, "share of the images that were right and become wrong, 0..1"),
    "value": Column(float, "repaired - broken: how much the accuracy grows, -1..1"),
    "low_images": Column(float, "lower end of the interval of value over new images, with new choices"),
    "high_images": Column(float, "upper end of the interval over new images; both empty where it has no width"),
    "n": Column(int, "how many images it is computed on"),
    "low_seeds": Column(float, "lower end of the interval of value over new seeds; empty for a run, or with one seed"),
    "high_seeds": Column(float, "upper end of the interval over new seeds; empty for a run, or with one seed"),
}


def folds(sample: Sample) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Twice, the places of the images to choose on and of those to count on: two halves, swapped, in random order."""
    order = stream("halves", sample.part).permutation(len(sample.labels))
    first, second = order[: len(order) // 2], order[len(order) // 2 :]
    return (first, second), (second, first)


Interval = Callable[[float, np.ndarray, float], tuple[float, float] | None]
"""Ends, of a value, of what its run gives `repairs`, a mean over the runs, and of the confidence."""


def repairs(sample: Sample, before: np.ndarray, after: np.ndarray, given: np.ndarray, interval: Interval) -> list[Row]:
    """Rows with the columns REPAIRS: of each network, all its seeds and then each.

    before, after: bool (R, N), which answers of the sample's runs are right. given: float (R, ...), for the interval
    over new images.
    """
    changes = (after.astype(float) - before).reshape(sample.right.shape)
    given = given.reshape(*sample.right.shape[:2], *given.shape[1:])
    rows: list[Row] = []
    for network, changed, of_network in zip(sample.networks, changes, given, strict=True):
        over = over_seeds(changed.mean(axis=1), sample.confidence) or (None, None)
        for place, seed in ((slice(None), None), *((slice(i, i + 1), seed) for i, seed in enumerate(sample.seeds))):
            shown, value = changed[place], float(changed[place].mean())
            ends = interval(value, of_network[place].mean(axis=0), sample.confidence) or (None, None)
            row: Row = {"network": network, "seed": seed, "repaired": float(np.mean(shown > 0))}
            row |= {"broken": float(np.mean(shown < 0)), "value": value, "low_images": ends[0], "high_images": ends[1]}
            low, high = over if seed is None else (None, None)
            rows.append(row | {"n": changes.shape[2], "low_seeds": low, "high_seeds": high})
    return rows


def over_choices(value: float, resampled: np.ndarray, confidence: float) -> tuple[float, float] | None:
    """Interval of a value over new images that choose anew; None where no resample differs from another.

    resampled: float (resamples,), with what is chosen in each. The value jumps with the choice, so that it is far from
    normal, and resamples choose worse than new images do: so the interval holds both the percentile interval and
    value ± normal quantile x standard deviation of the resamples.

    >>> [round(end, 2) for end in over_choices(0.1, np.repeat([0, 0.1], 50), 0.95)]
    [0.0, 0.2]
    """
    if np.ptp(resampled) < SAME:
        return None
    low, high = percentile(resampled, confidence)
    half = stats.norm.ppf((1 + confidence) / 2) * resampled.std()
    return float(min(low, value - half)), float(max(high, value + half))


def over_groups(value: float, parts: np.ndarray, confidence: float) -> tuple[float, float] | None:
    """t interval of a value that is the mean of `parts`, float (2, groups), of equal groups of each half's images.

    None where the parts of each half are equal. 0.1 ± t(2) x square root of the sum of squared deviations / 2 / 4:

    >>> [round(end, 3) for end in over_groups(0.1, np.array([[0.0, 0.1], [0.1, 0.2]]), 0.95)]
    [-0.052, 0.252]
    """
    squares, groups = parts.var(axis=1).sum() * parts.shape[1], parts.size
    if np.ptp(parts, axis=1).max() < SAME:
        return None
    freedom = groups - 2
    half = stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(squares / freedom / groups)
    return float(value - half), float(value + half)
