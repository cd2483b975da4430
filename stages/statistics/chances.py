"""How a network's errors divide by the image's chance of being missed (docs/analysis.md, section 4).

The chance of an image is the share of all seeds, used here or not, with which the network gets it wrong. A few runs do
not show it. But on the image of an error, each of the network's S - 1 other runs errs with just this chance. So the
number of those that do is a mixture of binomial distributions, and its weights are the error mass of each chance.
"""

import numpy as np
from scipy import stats
from scipy.optimize import linprog

from stages.statistics.bootstrap import Resamples

CHANCES = np.arange(1, 201) / 200
"""The chances that are distinguished, float (200,)."""
BANDS = {"at least 0.9": CHANCES >= 0.9, "0.5 to 0.9": (CHANCES >= 0.5) & (CHANCES < 0.9), "below 0.5": CHANCES < 0.5}
"""The bands of chances, each bool (200,)."""
STEPS = 2000
ROUNDING = 1e-9

Ends = dict[str, tuple[float, float]]
"""Of each band, the lowest and the highest error mass."""


def also_wrong(wrong: np.ndarray) -> np.ndarray:
    """Errors on each image by how many of the network's other runs err there too, int (N, S), for 0 to S - 1 of them.

    wrong: bool (networks, S, N); the networks are summed. One image, wrong in two of three runs: two errors, and on
    the image of each, one other run errs too.

    >>> also_wrong(np.array([[[1], [1], [0]]])).tolist()
    [[0, 2, 0]]
    """
    seeds = wrong.shape[1]
    counts = wrong.sum(axis=1)
    return np.stack([others * (counts == others).sum(axis=0) for others in range(1, seeds + 1)], axis=1)


def fitted(errors: np.ndarray) -> np.ndarray:
    """Error mass of each chance, float (200,), sum 1, under which the errors of also_wrong are most likely.

    The maximum likelihood of a free mixing distribution (Kiefer and Wolfowitz 1956), by EM from even weights (Laird
    1978). Where several are equally likely, as with few runs, it is one of them; ranges_over_images has them all.
    """
    shares = errors.sum(axis=0) / errors.sum()
    likelihood, shares = _binomials(len(shares) - 1)[shares > 0], shares[shares > 0]
    mass = np.full(len(CHANCES), 1 / len(CHANCES))
    for _ in range(STEPS):
        mass = mass * ((shares / (likelihood @ mass)) @ likelihood)
    return mass


def expected_chances(mass: np.ndarray, seeds: int) -> np.ndarray:
    """Posterior mean of an image's chance where 1, ..., S runs err, float (S,), by Bayes' rule; mass: of `fitted`.

    Half of the errors on images that are always missed, half on those of chance one half, three runs: where all three
    err, the weights of the two are 1 and 1/4, and the mean is (1 + 1/8) / (5/4).

    >>> mass = np.zeros(200); mass[[99, 199]] = 0.5
    >>> expected_chances(mass, 3).round(9).tolist()
    [0.5, 0.5, 0.9]
    """
    weights = _binomials(seeds - 1) * mass + np.finfo(float).tiny
    return weights @ CHANCES / weights.sum(axis=1)


def ranges_over_images(errors: np.ndarray, mass: np.ndarray, resamples: Resamples, confidence: float) -> Ends:
    """Every error mass that the runs allow, over new images; errors: of also_wrong; mass: of `fitted`.

    Allowed is what brings the cumulative shares of also_wrong within the reach of all resamples but 5%.
    """
    sums = resamples.means(errors)
    sums = sums[sums.sum(axis=1) > 0]
    cumulative = np.cumsum(errors.sum(axis=0))[:-1] / errors.sum()
    sampled = np.cumsum(sums, axis=1)[:, :-1] / sums.sum(axis=1, keepdims=True)
    reach = np.quantile(np.abs(sampled - cumulative).max(axis=1, initial=0), confidence)
    return _ranges(cumulative, reach, mass)


def ranges_over_seeds(wrong: np.ndarray, mass: np.ndarray, confidence: float) -> Ends | None:
    """The same over new seeds; None with fewer than three, or where leaving out any one changes nothing.

    Jackknife (Efron and Stein 1981): the cumulative shares without each seed in turn, Student's t with S - 1 degrees
    of freedom, Bonferroni over the shares. wrong: bool (networks, S, N). It rests on S - 1 runs, so on one fewer than
    the interval over images.
    """
    seeds = wrong.shape[1]
    if seeds < 3:
        return None
    without = np.array([also_wrong(np.delete(wrong, seed, axis=1)).sum(axis=0) for seed in range(seeds)])
    if not without.sum(axis=1).all():
        return None
    cumulative = np.cumsum(without, axis=1)[:, :-1] / without.sum(axis=1, keepdims=True)
    deviations = np.sqrt((seeds - 1) * cumulative.var(axis=0))
    if not deviations.any():
        return None
    quantile = stats.t.ppf(1 - (1 - confidence) / 2 / len(deviations), seeds - 1)
    return _ranges(cumulative.mean(axis=0), quantile * deviations, mass)


def _binomials(runs: int) -> np.ndarray:
    """The chance that 0, ..., `runs` of so many runs err, float (runs + 1, 200)."""
    return stats.binom.pmf(np.arange(runs + 1)[:, None], runs, CHANCES)


def _ranges(cumulative: np.ndarray, reach: np.ndarray, mass: np.ndarray) -> Ends:
    """Lowest and highest mass of each band, by linear programming over all distributions of CHANCES within reach.

    The fitted one is made to be among them, so that there is one.
    """
    likelihood = np.cumsum(_binomials(len(cumulative)), axis=0)[:-1]
    reach = np.maximum(reach, np.abs(likelihood @ mass - cumulative) + ROUNDING)
    within = {
        "A_ub": np.concatenate([likelihood, -likelihood]),
        "b_ub": np.concatenate([cumulative + reach, reach - cumulative]),
        "A_eq": np.ones((1, len(CHANCES))),
        "b_eq": [1],
    }
    ends = {}
    for name, band in BANDS.items():
        low, high = (linprog(direction * band, **within).fun * direction for direction in (1.0, -1.0))
        share = float(mass @ band)
        ends[name] = float(min(max(low, 0), share)), float(max(min(high, 1), share))
    return ends


def independent(error_rates: np.ndarray) -> np.ndarray:
    """Chance that 0, 1, ... R of R runs miss an image if they erred independently, float (R + 1,).

    error_rates: float (R,). The distribution is the Poisson binomial one.

    >>> independent(np.array([0.5, 0.5])).tolist()
    [0.25, 0.5, 0.25]
    """
    chances = np.ones(1)
    for rate in error_rates:
        chances = np.convolve(chances, [1 - rate, rate])
    return chances
