"""The causes that single errors are put down to (docs/analysis.md, section 4): every error has the first that fits.

Sensitive to a setting means: over the runs that were made, the error rates of its two levels differ by at least a half
on this image. With few runs that happens by luck, so it is shown beside what luck gives, see `by_chance`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb

import numpy as np

from stages.statistics import votes
from stages.statistics.grid import Contrast, Grid
from stages.statistics.sample import Sample
from stages.statistics.table import Refusal

UNIVERSAL = 0.9
"""Share of all runs that get a universally hard image wrong, at least."""
SENSITIVE = 0.5
"""Difference of the error rates of a setting's levels, at least."""
MOST_DEALS = 100_000
"""Ways to deal wrong runs to cells that are still counted out."""
ROUNDING = 1e-9


@dataclass(frozen=True)
class Images:
    """What is known of n images. The cells are grid.networks.

    wrong: int (n, cells), how many of the cell's runs get the image wrong, 0 to the number of seeds. suspect,
    ambiguous: bool (n,), see votes; False without votes.
    """

    grid: Grid
    wrong: np.ndarray
    suspect: np.ndarray
    ambiguous: np.ndarray


@dataclass(frozen=True)
class Cause:
    """One cause. Adding one is one more entry in CAUSES.

    words: what its images have in common. needs: why a sample cannot show it, '' where it can. fits: whether it
    explains errors of a cell on an image, bool (n, cells) or (n, 1). contrast: the comparison of cells that it rests
    on, if any.
    """

    name: str
    words: str
    needs: Callable[[Sample], str]
    fits: Callable[[Images], np.ndarray]
    contrast: Callable[[Grid], Contrast | None] = lambda grid: None


def _needs_votes(sample: Sample) -> str:
    return "" if sample.votes is not None else "human votes are not available (params data.human_votes)"


def _sensitive(name: str, factor: str, contrast: Callable[[Grid], Contrast | None]) -> Cause:
    def needs(sample: Sample) -> str:
        alone = "" if contrast(sample.grid) else f"the grid has no two networks that differ in the {factor} alone"
        return sample.collapse or alone

    def fits(images: Images) -> np.ndarray:
        compared = contrast(images.grid)
        assert compared, "a cause is asked for only where its needs are met"
        return (np.abs(images.wrong / len(images.grid.seeds) @ compared.weights) >= SENSITIVE - ROUNDING)[:, None]

    return Cause(name, f"Wrong far more often with one {factor} than with the other.", needs, fits, contrast)


CAUSES = (
    Cause(
        "label suspect",
        "Most of the people asked chose another class than the label.",
        needs=_needs_votes,
        fits=lambda images: images.suspect[:, None],
    ),
    Cause(
        "ambiguous",
        "At least two thirds of the people asked did not choose the label's class.",
        needs=_needs_votes,
        fits=lambda images: images.ambiguous[:, None],
    ),
    Cause(
        "universally hard",
        "Wrong in at least 90% of all runs.",
        needs=lambda sample: "" if len(sample.grid.networks) * len(sample.seeds) > 1 else "needs 2 or more runs",
        fits=lambda images: images.wrong.mean(axis=1, keepdims=True) / len(images.grid.seeds) >= UNIVERSAL - ROUNDING,
    ),
    _sensitive("optimizer-sensitive", "optimizer", Grid.optimizer_effect),
    _sensitive("kernel-sensitive", "kernel size", Grid.kernel_effect),
    Cause(
        "seed-unstable",
        "Wrong with some seeds, right with others.",
        needs=lambda sample: "" if len(sample.seeds) > 1 else "needs 2 or more seeds",
        fits=lambda images: images.wrong < len(images.grid.seeds),
    ),
    Cause(
        "unexplained",
        "None of the other causes fits.",
        needs=lambda sample: "",
        fits=lambda images: np.ones_like(images.wrong, dtype=bool),
    ),
)
"""In the order of asking; the last fits whatever is left."""

ORDERS = {"first to last": CAUSES, "last to first": (*CAUSES[-2::-1], CAUSES[-1])}


def asked(sample: Sample, order: str) -> list[Cause]:
    """The causes that the sample can show, in this one of ORDERS."""
    return [cause for cause in ORDERS[order] if not cause.needs(sample)]


@cache
def images_of(sample: Sample) -> Images:
    """What the causes of a sample's errors are read from."""
    wrong = (~sample.right_by_cell).sum(axis=1).T
    suspect = ambiguous = np.zeros(len(wrong), dtype=bool)
    if sample.votes is not None:
        suspect = votes.label_suspect(sample.votes, sample.labels)
        ambiguous = votes.ambiguous(sample.votes, sample.labels)
    return Images(sample.grid, wrong, suspect, ambiguous)


@cache
def causes(sample: Sample, order: str) -> dict[str, np.ndarray]:
    """The errors that each cause gets in this one of ORDERS: name to bool (N, cells), see `first_that_fits`."""
    return first_that_fits(images_of(sample), asked(sample, order))


def first_that_fits(images: Images, order: Sequence[Cause]) -> dict[str, np.ndarray]:
    """The cells' errors on the images that each cause gets, asked in this order: name to bool (n, cells).

    Where none of a cell's runs is wrong there is no cause; everywhere else there is one, if one fits.
    """
    left = images.wrong > 0
    shares = {}
    for cause in order:
        shares[cause.name] = left & cause.fits(images)
        left = left & ~shares[cause.name]
    return shares


def by_chance(images: Images, order: Sequence[Cause]) -> dict[str, tuple[float, float]]:
    """Errors with each cause that compares cells if the settings did nothing: name to mean and standard deviation.

    Exact, not sampled: an image keeps its number of wrong runs, and each way to deal these to the cells that are
    compared has its probability (multivariate hypergeometric) and its causes by the same rules. {} where there is
    nothing to compare, or too much to count, see `too_many_deals`.
    """
    compared = _compared(images.grid, order)
    if not len(compared) or too_many_deals(images.grid, order):
        return {}
    keys = np.column_stack([images.wrong, images.suspect, images.ambiguous])
    keys[:, compared[0]] = images.wrong[:, compared].sum(axis=1)
    keys[:, compared[1:]] = 0
    kinds, counts = np.unique(keys, axis=0, return_counts=True)
    totals = {cause.name: np.zeros(2) for cause in order if cause.contrast(images.grid)}
    for kind, count in zip(kinds, counts, strict=True):
        dealt, chances = deals(int(kind[compared[0]]), len(compared), len(images.grid.seeds))
        wrong = np.repeat(kind[None, :-2], len(dealt), axis=0)
        wrong[:, compared] = dealt
        suspect, ambiguous = (np.full(len(dealt), flag, dtype=bool) for flag in kind[-2:])
        assigned = first_that_fits(Images(images.grid, wrong, suspect, ambiguous), order)
        for name, total in totals.items():
            errors = (wrong * assigned[name]).sum(axis=1)
            mean = chances @ errors
            total += count * np.array([mean, chances @ errors**2 - mean**2])
    return {name: (float(mean), float(np.sqrt(max(variance, 0)))) for name, (mean, variance) in totals.items()}


def too_many_deals(grid: Grid, order: Sequence[Cause]) -> list[Refusal]:
    """The refusal where `by_chance` would have too many ways to count."""
    cells, seeds = len(_compared(grid, order)), len(grid.seeds)
    if (seeds + 1) ** cells <= MOST_DEALS:
        return []
    reason = f"{cells} networks with {seeds} seeds have too many arrangements to count"
    return [Refusal("causes expected by chance", reason)]


def _compared(grid: Grid, order: Sequence[Cause]) -> np.ndarray:
    """Places of the cells that some cause compares, int64 (compared,)."""
    contrasts = [contrast.weights for cause in order if (contrast := cause.contrast(grid))]
    return np.flatnonzero(np.any(contrasts, axis=0)) if contrasts else np.array([], dtype=int)


def deals(wrong: int, cells: int, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Every way to deal so many wrong runs to cells of so many runs, int (ways, cells), and its probability (ways,).

    >>> ways, chances = deals(wrong=2, cells=2, seeds=2)
    >>> ways.tolist(), (6 * chances).round(9).tolist()
    ([[0, 2], [1, 1], [2, 0]], [1.0, 4.0, 1.0])
    """
    dealt = np.indices((seeds + 1,) * cells).reshape(cells, -1).T
    dealt = dealt[dealt.sum(axis=1) == wrong]
    ways = np.array([comb(seeds, part) for part in range(seeds + 1)], dtype=float)[dealt].prod(axis=1)
    return dealt, ways / ways.sum()
