"""What optimizer and kernel size do to the accuracy (section 3). Causal: they were set, all else kept.

Two intervals, never merged: over new images (paired bootstrap of images, these trained networks) and over new seeds
(t interval of the contrasts of each seed, these images).
"""

import numpy as np

from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.grid import Contrast, Grid
from stages.error_analysis.intervals import over_seeds, percentile
from stages.error_analysis.table import Table

_INTERVALS = ("value", "low_images", "high_images", "images", "low_seeds", "high_seeds", "seeds")


def effects(right: np.ndarray, grid: Grid, resamples: Resamples, confidence: float) -> Table | None:
    """Main effects and interaction where all cells are there, and the simple effects; None where there is none.

    right: bool (networks, seeds, N), axes as in the grid.
    """
    contrasts = [*grid.simple_optimizer_effects(), *grid.simple_kernel_effects()]
    if grid.crossed:
        contrasts = [grid.optimizer_effect(), grid.kernel_effect(), grid.interaction(), *contrasts]
    if not contrasts:
        return None
    accuracies = sampled_accuracies(right, resamples)
    return Table(
        "effects",
        "Differences of accuracy that the settings cause, with an interval over new images and one over new seeds.",
        "causal",
        ("effect", "contrast", *_INTERVALS),
        [
            {
                "effect": contrast.effect,
                "contrast": contrast.levels,
                **estimate(right, contrast, accuracies, confidence),
            }
            for contrast in contrasts
        ],
    )


def estimate(right: np.ndarray, contrast: Contrast, accuracies: np.ndarray, confidence: float) -> dict:
    """One contrast of accuracies with both intervals; the one over new seeds is None with a single seed.

    right: bool (networks, seeds, N). accuracies: bootstrap samples of the networks' accuracies, (resamples, networks).
    """
    by_seed = contrast.weights @ right.mean(axis=2)
    low, high = percentile(accuracies @ contrast.weights, confidence)
    seeds = over_seeds(by_seed, confidence) or (None, None)
    values = (float(by_seed.mean()), float(low), float(high), right.shape[2], *seeds, right.shape[1])
    return dict(zip(_INTERVALS, values, strict=True))


def sampled_accuracies(right: np.ndarray, resamples: Resamples) -> np.ndarray:
    """Each network's accuracy over its seeds in every resample of the images, float (resamples, networks)."""
    return resamples.means(right.mean(axis=1).T)


def shapley_weights(grid: Grid) -> dict[str, np.ndarray]:
    """How the way from the second levels of both factors to the first divides between them (Shapley 1953).

    Each factor's part is the mean, over both orders of changing the two, of what its change adds; the parts sum to the
    total. Weights float (networks,), for a grid with all four cells. In a 2x2 grid the parts equal the main effects.
    """
    (a, s), (large, small) = grid.optimizers, grid.kernel_sizes
    unit = dict(zip(grid.networks, np.eye(len(grid.networks)), strict=True))
    y = {cell: unit[network] for cell, network in grid.cells.items()}
    return {
        "optimizer": ((y[a, large] - y[s, large]) + (y[a, small] - y[s, small])) / 2,
        "kernel size": ((y[a, large] - y[a, small]) + (y[s, large] - y[s, small])) / 2,
        "total": y[a, large] - y[s, small],
    }


def shapley(right: np.ndarray, grid: Grid, resamples: Resamples, confidence: float) -> Table | None:
    """The Shapley split between optimizer and kernel size; None unless all four cells are there.

    right: bool (networks, seeds, N). Shares of the total are given where its interval over images excludes 0.
    """
    if not grid.crossed:
        return None
    weights = shapley_weights(grid)
    accuracies = sampled_accuracies(right, resamples)
    rows = {}
    for part, row_weights in weights.items():
        rows[part] = {"part": part, **estimate(right, Contrast(part, "", row_weights), accuracies, confidence)}
        rows[part] |= {"share_of_total": None, "share_low": None, "share_high": None}
    total = rows["total"]
    if total["low_images"] > 0 or total["high_images"] < 0:
        for part in ("optimizer", "kernel size"):
            totals = accuracies @ weights["total"]
            undefined = np.full(len(totals), np.nan)
            samples = np.divide(accuracies @ weights[part], totals, out=undefined, where=totals != 0)
            low, high = percentile(samples, confidence)
            share = total["value"] and rows[part]["value"] / total["value"]
            rows[part] |= {"share_of_total": share, "share_low": float(low), "share_high": float(high)}
    first, second = ((grid.optimizers[i], grid.kernel_sizes[i]) for i in (0, 1))
    return Table(
        "shapley",
        f"The difference of accuracy between {grid.cells[first]} ({first[0]}, {first[1]}) and {grid.cells[second]} "
        f"({second[0]}, {second[1]}), divided between optimizer and kernel size (Shapley).",
        "causal",
        ("part", *_INTERVALS, "share_of_total", "share_low", "share_high"),
        list(rows.values()),
    )
