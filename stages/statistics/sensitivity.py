"""Images whose answer a setting seems to change, beside those that luck alone would show (docs/analysis.md, section 4).

A contrast compares equally many networks on either side. If the setting matters on no image, an image's wrong runs
fall on the two sides by lot, with hypergeometric probability.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

SENSITIVE = 0.5
"""Difference of the error rates of the two sides, at least."""
MOST_BY_LUCK = 0.1
"""Of images shown one by one as sensitive, the share that luck may be expected to give."""


class Compared(NamedTuple):
    """The wrong runs of n images on the two sides. side: how many runs a side has. lead: int (n,), wrong runs of the
    first side minus those of the second. total: int (n,), of both.
    """

    side: int
    lead: np.ndarray
    total: np.ndarray


def compared(wrong: np.ndarray, weights: np.ndarray) -> Compared:
    """wrong: bool (networks, S, N); weights: float (networks,), see Contrast."""
    first, second = (wrong[chosen].sum(axis=(0, 1)) for chosen in (weights > 0, weights < 0))
    return Compared(int((weights > 0).sum()) * wrong.shape[1], first - second, first + second)


def by_luck(images: Compared, least: float = SENSITIVE) -> np.ndarray:
    """The chance that an image's error rates differ by at least so much if its wrong runs fall by lot, float (n,).

    Two sides of two runs, two runs wrong: both on one side in 2 of 6 ways.

    >>> by_luck(Compared(2, np.array([0]), np.array([2])), least=1).round(6).tolist()
    [0.333333]
    """
    total, first = np.arange(2 * images.side + 1)[:, None], np.arange(images.side + 1)
    chances = stats.hypergeom.pmf(first, 2 * images.side, total, images.side)
    return (chances * _at_least(2 * first - total, images.side, least)).sum(axis=1)[images.total]


def sensitive(images: Compared, least: float = SENSITIVE) -> np.ndarray:
    """bool (n,): the error rates of the two sides differ by at least so much."""
    return _at_least(images.lead, images.side, least)


def beyond_luck(images: Compared) -> np.ndarray:
    """bool (n,): as sensitive as images must be for luck to give at most MOST_BY_LUCK of these, none if that is never.

    The estimated false discovery rate of Benjamini and Hochberg's (1995) procedure, with the discrete distribution of
    each image (Heyse 2011).
    """
    for lead in range(int(np.ceil(SENSITIVE * images.side)), images.side + 1):
        found = sensitive(images, lead / images.side)
        if found.any() and by_luck(images, lead / images.side).sum() <= MOST_BY_LUCK * found.sum():
            return found
    return np.zeros(len(images.lead), dtype=bool)


def _at_least(lead: np.ndarray, side: int, least: float) -> np.ndarray:
    return np.abs(lead) >= least * side - 1e-9


def shares(wrong: np.ndarray, weights: np.ndarray, group: list[int]) -> tuple[float, float, float]:
    """Of the group's errors, the share on sensitive images, what luck gives, and the difference's standard error.

    wrong: bool (networks, seeds, N). The variance of an image is at least that of its luck, which a rare kind of image
    does not show by itself.
    """
    images, errors = compared(wrong, weights), wrong[group].sum(axis=(0, 1))
    found, luck = sensitive(images), by_luck(images)
    share, expected = errors @ found / errors.sum(), errors @ luck / errors.sum()
    squares = np.maximum((found - luck - share + expected) ** 2, luck * (1 - luck))
    return float(share), float(expected), float(np.sqrt(errors**2 @ squares) / errors.sum())
