"""Differences of accuracy between networks, with an interval over new images and one over new seeds, never merged.

docs/analysis.md, section 3. Over images: paired bootstrap, these trained networks. Over seeds, these images: t interval
of the contrasts of each seed, and Welch's, which does not pair the runs by seed.
"""

import functools

import numpy as np

from stages.statistics.grid import Contrast, Grid
from stages.statistics.intervals import over_seeds, over_unpaired_seeds, percentile
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, ends

NO_SEEDS = "; empty with one seed, or where seeds differ in nothing"
INTERVALS = {
    **ends("low_images", "high_images", "the interval over new images"),
    **ends("low_seeds", "high_seeds", f"the interval over new seeds, runs paired by seed{NO_SEEDS}"),
}


def compared(meaning: str, n: str = "how many images it is computed on", name: str = "value") -> dict[str, Column]:
    """The columns of a number, of both its intervals, and of how many images and seeds it is computed on."""
    seeds = Column(int, "how many seeds it is computed on")
    return {name: Column(float, meaning), **INTERVALS, "n": Column(int, n), "seeds": seeds}


ESTIMATE = {
    **compared("difference of accuracy, mean over the last sixth of the epochs and over the seeds, -1..1"),
    **ends("low_welch", "high_welch", f"the interval over new seeds, runs not paired{NO_SEEDS}"),
    "welch_freedom": Column(float, "Satterthwaite's degrees of freedom of that interval"),
    "last_epoch": Column(float, "the same difference after the last epoch"),
    **{f"last_epoch_{end}": Column(column.type, f"last epoch: {column.meaning}") for end, column in INTERVALS.items()},
}


def estimate(sample: Sample, weights: np.ndarray) -> Row:
    """A weighted sum of the networks' accuracies with its intervals, under the keys ESTIMATE.

    weights: float (networks,), in the order of the grid's networks.
    """
    late = accuracies(sample, last_epoch=False)
    welch = over_unpaired_seeds(late, weights, sample.confidence) or (None, None, None)
    row = {"value": float(weights @ late.mean(axis=1)), **_intervals(sample, weights, last_epoch=False)}
    row |= {"n": len(sample.labels), "seeds": late.shape[1]}
    row |= dict(zip(("low_welch", "high_welch", "welch_freedom"), welch, strict=True))
    row["last_epoch"] = float(weights @ accuracies(sample, last_epoch=True).mean(axis=1))
    return row | {f"last_epoch_{end}": value for end, value in _intervals(sample, weights, last_epoch=True).items()}


def _intervals(sample: Sample, weights: np.ndarray, last_epoch: bool) -> Row:
    over_images = sampled_accuracies(sample, last_epoch) @ weights
    return intervals(over_images, weights @ accuracies(sample, last_epoch), sample.confidence)


def intervals(over_images: np.ndarray, by_seed: np.ndarray, confidence: float) -> Row:
    """The columns INTERVALS, of a number's values in every resample (resamples,) and of every seed (seeds,)."""
    images, seeds = percentile(over_images, confidence), over_seeds(by_seed, confidence) or (None, None)
    return dict(zip(INTERVALS, (*map(float, images), *seeds), strict=True))


def difference(sample: Sample, values: np.ndarray, chosen: np.ndarray) -> Row:
    """A mean with the columns `compared`, of values (seeds, N) on the chosen images, bool (N,)."""
    over_images = sample.resamples.chosen_means(values.mean(axis=0)[None], chosen[None])[:, 0]
    by_seed = values[:, chosen].mean(axis=1)
    row = {"value": float(by_seed.mean()), "n": int(chosen.sum()), "seeds": len(values)}
    return row | intervals(over_images, by_seed, sample.confidence)


def accuracies(sample: Sample, last_epoch: bool) -> np.ndarray:
    """Of each run of the grid's networks, float (networks, seeds): mean over the last sixth of the epochs, or last."""
    return _right(sample, last_epoch).mean(axis=2)


@functools.cache
def sampled_accuracies(sample: Sample, last_epoch: bool) -> np.ndarray:
    """Accuracy of each of the grid's networks over its seeds in every resample, float (resamples, networks)."""
    return sample.resamples.means(_right(sample, last_epoch).mean(axis=1).T)


def _right(sample: Sample, last_epoch: bool) -> np.ndarray:
    right = sample.right if last_epoch else sample.late_right
    return right[[sample.networks.index(network) for network in sample.grid.networks]]


def shapley_parts(grid: Grid) -> list[Contrast]:
    """How the difference between two networks that differ in both settings divides between these (Shapley 1953).

    Each setting's part is the mean, over both orders of changing the two, of what its change adds; the parts sum to the
    last contrast, the total. In a grid with all four cells, which it must be, the parts equal the main effects.

    >>> cells = {("adam", 15): "a", ("sgd", 15): "b", ("adam", 10): "c", ("sgd", 10): "d"}
    >>> accuracies = np.array([0.54, 0.56, 0.60, 0.57])
    >>> for part in shapley_parts(Grid(tuple("abcd"), (0,), cells)):
    ...     print(part.effect, f"({part.levels}):", round(part.weights @ accuracies, 3))
    optimizer (adam - sgd): 0.005
    kernel size (15 - 10): -0.035
    total (adam, 15 - sgd, 10): -0.03
    """
    (a, s), (large, small) = grid.optimizers, grid.kernel_sizes
    y = {cell: grid.unit(cell) for cell in grid.cells}
    optimizer = ((y[a, large] - y[s, large]) + (y[a, small] - y[s, small])) / 2
    kernel_size = ((y[a, large] - y[a, small]) + (y[s, large] - y[s, small])) / 2
    return [
        Contrast("optimizer", f"{a} - {s}", optimizer),
        Contrast("kernel size", f"{large} - {small}", kernel_size),
        Contrast("total", f"{a}, {large} - {s}, {small}", y[a, large] - y[s, small]),
    ]
