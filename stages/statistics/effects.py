"""Differences of accuracy between networks, with an interval over new images and one over new seeds, never merged.

docs/analysis.md, section 3. Over images: paired bootstrap, these trained networks. Over seeds: t interval of the
contrasts of each seed, these images.
"""

import functools

import numpy as np

from stages.statistics.grid import Contrast, Grid
from stages.statistics.intervals import over_seeds, percentile
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row

ESTIMATE = {
    "value": Column(float, "difference of accuracy, mean over the seeds, -1..1"),
    "low_images": Column(float, "lower end of the interval over new images"),
    "high_images": Column(float, "upper end of the interval over new images"),
    "n": Column(int, "how many images it is computed on"),
    "low_seeds": Column(float, "lower end of the interval over new seeds; empty with one seed"),
    "high_seeds": Column(float, "upper end of the interval over new seeds; empty with one seed"),
    "seeds": Column(int, "how many seeds it is computed on"),
}


def estimate(sample: Sample, weights: np.ndarray) -> Row:
    """A weighted sum of the networks' accuracies with both intervals, under the keys ESTIMATE.

    weights: float (networks,), in the order of the grid's networks.
    """
    right = sample.right_by_cell
    by_seed = weights @ right.mean(axis=2)
    low, high = percentile(sampled_accuracies(sample) @ weights, sample.confidence)
    seeds = over_seeds(by_seed, sample.confidence) or (None, None)
    values = (float(by_seed.mean()), float(low), float(high), right.shape[2], *seeds, right.shape[1])
    return dict(zip(ESTIMATE, values, strict=True))


@functools.cache
def sampled_accuracies(sample: Sample) -> np.ndarray:
    """Accuracy of each of the grid's networks over its seeds in every resample, float (resamples, networks)."""
    return sample.resamples.means(sample.right_by_cell.mean(axis=1).T)


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
