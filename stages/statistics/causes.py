"""What the single errors shown are put down to: the first cause that fits (docs/analysis.md, section 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from stages.statistics import votes
from stages.statistics.chances import also_wrong, expected_chances, fitted
from stages.statistics.grid import Contrast, Grid
from stages.statistics.sample import Sample
from stages.statistics.sensitivity import beyond_luck, compared


@dataclass(frozen=True)
class Cause:
    """One cause. Adding one is one more entry in CAUSES.

    words: what its images have in common. needs: why a sample cannot show it, '' where it can. fits: whether it
    explains errors of a network of the grid on an image, bool (N, networks) or (N, 1).
    """

    name: str
    words: str
    needs: Callable[[Sample], str]
    fits: Callable[[Sample], np.ndarray]


def _by_votes(name: str, words: str, property_of: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Cause:
    def needs(sample: Sample) -> str:
        return sample.no_votes

    def fits(sample: Sample) -> np.ndarray:
        assert sample.votes is not None, "a cause is asked for only where its needs are met"
        return property_of(sample.votes, sample.labels)[:, None]

    return Cause(name, words, needs, fits)


def contrast_needs(sample: Sample, factor: str, contrast: Contrast | None) -> str:
    """Why the sample does not show which images are sensitive to this factor; '' where it does."""
    if not contrast:
        return sample.collapse or f"the grid has no two networks that differ in the {factor} alone"
    one = (contrast.weights > 0).sum() * len(sample.seeds) == 1
    few = f"needs 2 or more runs with each {factor}: any difference of two may be luck" if one else ""
    return sample.collapse or few


def _sensitive(factor: str, contrast: Callable[[Grid], Contrast | None]) -> Cause:
    def fits(sample: Sample) -> np.ndarray:
        """Errors of the networks with the level that errs more."""
        between = contrast(sample.grid)
        assert between, "a cause is asked for only where its needs are met"
        images = compared(~sample.right_by_cell, between.weights)
        return beyond_luck(images)[:, None] & (images.lead[:, None] * between.weights > 0)

    return Cause(
        f"sensitive to the {factor}",
        f"Wrong far more often with one {factor} than with the other; luck gives at most a tenth of these images.",
        needs=lambda sample: contrast_needs(sample, factor, contrast(sample.grid)),
        fits=fits,
    )


def _by_chance(name: str, words: str, low: float, high: float) -> Cause:
    def fits(sample: Sample) -> np.ndarray:
        chances = _chances(sample)
        return (chances >= low) & (chances < high)

    return Cause(name, words, three_seeds, fits)


def three_seeds(sample: Sample) -> str:
    few = len(sample.seeds) < 3
    return "needs 3 or more seeds: two runs show how often errors repeat, but not on which images" if few else ""


@cache
def _chances(sample: Sample) -> np.ndarray:
    """Expected chance of each image, float (N, networks), given how many of the network's runs miss it; 0 for none."""
    seeds = len(sample.seeds)
    columns = []
    for wrong in ~sample.right_by_cell:
        errors = also_wrong(wrong[None])
        known = expected_chances(fitted(errors), seeds) if errors.any() else np.zeros(seeds)
        columns.append(np.append(0, known)[wrong.sum(axis=0)])
    return np.stack(columns, axis=1)


CAUSES = (
    _by_votes("label suspect", "Everyone asked chose one and the same class, which is not the label.", votes.suspect),
    _by_votes(
        "ambiguous", "At least two thirds of the people asked did not choose the label's class.", votes.ambiguous
    ),
    _sensitive("optimizer", Grid.optimizer_effect),
    _sensitive("kernel size", Grid.kernel_effect),
    _by_chance("always missed", "The network's chance of missing it is at least 0.9, whatever the seed.", 0.9, np.inf),
    _by_chance("mostly missed", "The network's chance of missing it is between 0.5 and 0.9.", 0.5, 0.9),
    _by_chance("luck of the run", "The network gets it right with most seeds, but not with this one.", 0, 0.5),
)
"""In the order of asking."""


@cache
def causes(sample: Sample) -> dict[str, np.ndarray]:
    """The errors that each cause gets, by its name, bool (N, networks): True where some run of the network errs.

    Errors have no cause where none can be shown, as with one seed.
    """
    left = (~sample.right_by_cell).any(axis=1).T
    found = {}
    for cause in CAUSES:
        if not cause.needs(sample):
            found[cause.name] = left & cause.fits(sample)
            left = left & ~found[cause.name]
    return found
