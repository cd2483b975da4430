"""Cross-fitting: what is chosen on one half of the images is counted on the other, and the other way round.

So no image is counted with a choice that it helped to make (Chernozhukov et al. 2018).
"""

import numpy as np

from stages.statistics.intervals import over_seeds, percentile
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row
from stages.streams import stream

REPAIRS = {
    "network": Column(str, "name of the network"),
    "seed": Column(int, "seed of the run; empty: the mean over the network's seeds"),
    "repaired": Column(float, "share of the images that were wrong and become right, 0..1"),
    "broken": Column(float, "share of the images that were right and become wrong, 0..1"),
    "value": Column(float, "repaired - broken: how much the accuracy grows, -1..1"),
    "low_images": Column(float, "lower end of the interval of value over new images, for the choices made here"),
    "high_images": Column(float, "upper end of the interval over new images"),
    "n": Column(int, "how many images it is computed on"),
    "low_seeds": Column(float, "lower end of the interval of value over new seeds; empty for a run, or with one seed"),
    "high_seeds": Column(float, "upper end of the interval over new seeds; empty for a run, or with one seed"),
}


def folds(sample: Sample) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Twice, the places of the images to choose on and of those to count on: two halves, drawn by lot, and swapped."""
    order = stream("halves", sample.part).permutation(len(sample.labels))
    first, second = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    return (first, second), (second, first)


def repairs(sample: Sample, before: np.ndarray, after: np.ndarray) -> list[Row]:
    """Rows with the columns REPAIRS: of each network, all its seeds and then each.

    before, after: bool (R, N), which answers of the sample's runs are right.
    """
    changes = (after.astype(float) - before).reshape(sample.right.shape)
    rows: list[Row] = []
    for network, changed in zip(sample.networks, changes, strict=True):
        over = over_seeds(changed.mean(axis=1), sample.confidence) or (None, None)
        rows.append({"network": network, "seed": None} | _row(sample, changed, over))
        for seed, of_run in zip(sample.seeds, changed, strict=True):
            rows.append({"network": network, "seed": seed} | _row(sample, of_run[None], (None, None)))
    return rows


def _row(sample: Sample, changes: np.ndarray, over: tuple[float | None, float | None]) -> Row:
    """changes: (seeds, N), 1 repaired, -1 broken."""
    low, high = percentile(sample.resamples.means(changes.mean(axis=0)[:, None])[:, 0], sample.confidence)
    values = (np.mean(changes > 0), np.mean(changes < 0), changes.mean(), low, high)
    row = dict(zip(("repaired", "broken", "value", "low_images", "high_images"), map(float, values), strict=True))
    return row | {"n": changes.shape[1], "low_seeds": over[0], "high_seeds": over[1]}
