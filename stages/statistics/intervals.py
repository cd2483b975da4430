"""Intervals and corrections for many comparisons."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy import special, stats

SAME = 1e-12
"""Numbers that are closer differ by rounding alone: an interval of no width would say that luck plays no part."""


def wilson(successes: float, total: int, confidence: float, name: str = "value") -> dict[str, float | None]:
    """A proportion with its Wilson score interval (Wilson 1927); keys `name`, low, high, None where total is 0, and n.

    successes: need not be whole: as a sum of numbers from 0 to 1, each of which varies less than a single answer.

    >>> {key: round(end, 3) for key, end in wilson(8, 10, 0.95).items()}
    {'value': 0.8, 'low': 0.49, 'high': 0.943, 'n': 10}
    """
    if total == 0:
        return {name: None, "low": None, "high": None, "n": 0}
    value, extra = float(successes / total), float(special.ndtri((1 + confidence) / 2) ** 2 / total)
    centre, half = value + extra / 2, np.sqrt(extra * value * (1 - value) + extra**2 / 4)
    low, high = (float(end / (1 + extra)) for end in (centre - half, centre + half))
    low, high = max(low, 0.0) if value else 0.0, min(high, 1.0) if value < 1 else 1.0
    return {name: value, "low": low, "high": high, "n": int(total)}


def percentile(samples: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the percentile bootstrap interval (Efron 1979) along the first axis; NaN samples are left out.

    >>> [round(float(end), 3) for end in percentile(np.append(np.arange(101), np.nan), 0.95)]
    [2.5, 97.5]
    """
    tail = (1 - confidence) / 2
    if np.isnan(samples).any():
        low, high = np.nanquantile(samples, [tail, 1 - tail], axis=0)
    else:
        low, high = np.quantile(samples, [tail, 1 - tail], axis=0)
    return low, high


def resampled(
    value: float | np.ndarray, samples: np.ndarray, confidence: float, names: Sequence[str] = ("value", "low", "high")
) -> dict[str, float | None]:
    """A number, and the ends of its percentile interval of samples (resamples,), under these keys.

    >>> {key: round(end, 3) for key, end in resampled(50, np.arange(101), 0.95).items()}
    {'value': 50.0, 'low': 2.5, 'high': 97.5}
    """
    return dict(zip(names, (float(value), *map(float, percentile(samples, confidence))), strict=True))


def over_seeds(contrasts: np.ndarray, confidence: float) -> tuple[float, float] | None:
    """Student's t interval of the mean of one contrast a seed, float (seeds,); None with one, or where all are equal.

    mean ± t(seeds - 1) x standard deviation / square root of seeds; here 0.01 ± 4.303 x 0.03 / 1.732:

    >>> [round(end, 3) for end in over_seeds(np.array([-0.02, 0.01, 0.04]), 0.95)]
    [-0.065, 0.085]
    """
    if len(contrasts) < 2 or np.ptp(contrasts) < SAME:
        return None
    return _t_interval(contrasts.mean(), stats.sem(contrasts), len(contrasts) - 1, confidence)


def jackknifed(value: float, without: np.ndarray, confidence: float) -> tuple[float, float] | None:
    """Jackknife interval (Efron and Stein 1981) of a value over seeds; without: the value without each, float (S,).

    value ± t(S - 1) x square root of (S - 1) x variance of `without`; None with fewer than three seeds, where the value
    without one is undefined (NaN), or where leaving out any one changes nothing. Of a mean it is that of over_seeds:

    >>> [round(end, 3) for end in jackknifed(0.01, np.array([0.025, 0.01, -0.005]), 0.95)]
    [-0.065, 0.085]
    """
    seeds = len(without)
    if seeds < 3 or np.isnan(without).any() or np.ptp(without) < SAME:
        return None
    return _t_interval(value, np.sqrt((seeds - 1) * without.var()), seeds - 1, confidence)


def over_unpaired_seeds(
    values: np.ndarray, weights: np.ndarray, confidence: float
) -> tuple[float, float, float] | None:
    """t interval of a weighted sum of the cells' means, and its degrees of freedom (Welch 1947, Satterthwaite 1946).

    values: float (cells, seeds), not paired by seed, with a spread of its own in each cell. weights: float (cells,).
    None with one seed, or where the values of each cell are equal.

    >>> values = np.array([[0.5, 0.56, 0.53], [0.52, 0.52, 0.52]])  # 0.01 ± 4.303 x 0.03 / 1.732, of one cell alone
    >>> [round(number, 3) for number in over_unpaired_seeds(values, np.array([1, -1]), 0.95)]
    [-0.065, 0.085, 2.0]
    """
    seeds = values.shape[1]
    if seeds < 2 or np.ptp(values[weights != 0], axis=1).max() < SAME:
        return None
    terms = weights**2 * values.var(axis=1, ddof=1) / seeds
    freedom = satterthwaite(terms, seeds - 1)
    return *_t_interval(weights @ values.mean(axis=1), np.sqrt(terms.sum()), freedom, confidence), freedom


def jackknife(value: float, without: np.ndarray | Sequence[float], confidence: float) -> tuple[float, float] | None:
    """t interval of a statistic over seeds, of its values without one seed in turn (Efron and Stein 1981).

    value ± t(S - 1) x square root of (S - 1) / S x sum of squared deviations. None with fewer than three seeds, or
    where it has no width. Of a mean it is over_seeds; here of -0.02, 0.01 and 0.04:

    >>> [round(end, 3) for end in jackknife(0.01, [0.025, 0.01, -0.005], 0.95)]
    [-0.065, 0.085]
    """
    seeds = len(without)
    if seeds < 3 or np.ptp(without) < SAME:
        return None
    return _t_interval(value, float(np.sqrt((seeds - 1) * np.var(without))), seeds - 1, confidence)


def paired_power(seeds: int, effect: float, confidence: float) -> float:
    """Chance, 0..1, that the two-sided paired t test of so many seeds finds an effect: noncentral t distribution.

    effect: in standard deviations of the seeds' contrasts.

    >>> round(paired_power(34, 0.5, 0.95), 3), round(paired_power(33, 0.5, 0.95), 3)
    (0.808, 0.795)
    """
    quantile, shape = stats.t.ppf((1 + confidence) / 2, seeds - 1), (seeds - 1, effect * np.sqrt(seeds))
    return float(stats.nct.sf(quantile, *shape) + stats.nct.cdf(-quantile, *shape))


def seeds_needed(effect: float, power: float, confidence: float) -> int:
    """The least number of seeds with this power; effect > 0 as in paired_power.

    >>> seeds_needed(0.5, 0.8, 0.95), seeds_needed(1.0, 0.8, 0.95)
    (34, 10)
    """
    normal = special.ndtri((1 + confidence) / 2) + special.ndtri(power)
    seeds = max(2, int((normal / effect) ** 2))  # t needs more than the normal distribution
    while paired_power(seeds, effect, confidence) < power:
        seeds += 1
    return seeds


def satterthwaite(terms: np.ndarray, freedom: int) -> float:
    """Degrees of freedom of a sum of variances, float (cells,), that have `freedom` each (Satterthwaite 1946).

    >>> satterthwaite(np.array([2.0, 1.0]), 2)
    3.6
    """
    return float(terms.sum() ** 2 / (terms**2 / freedom).sum())


def _t_interval(mean: float, error: float, freedom: float, confidence: float) -> tuple[float, float]:
    low, high = stats.t.interval(confidence, freedom, loc=mean, scale=error)
    return float(low), float(high)


def excludes_zero(low: float | None, high: float | None) -> bool:
    """Whether an interval is there and lies on one side of 0."""
    return low is not None and high is not None and not low <= 0 <= high


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjusted p values, float (m,), of Holm's step-down procedure (Holm 1979).

    The smallest times m, the next times m - 1, ..., each raised to the one before it, none above 1:

    >>> holm(np.array([0.01, 0.04, 0.03])).round(9).tolist()
    [0.03, 0.06, 0.06]
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(stepped)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1)
    return adjusted


def correct(rows: Iterable[dict[str, Any]], column: str) -> None:
    """Fill in a column with the p values of the column `p`, those that there are, corrected over all rows (Holm)."""
    tested = [row for row in rows if row["p"] is not None]
    for row, corrected in zip(tested, holm(np.array([row["p"] for row in tested])), strict=True):
        row[column] = float(corrected)


def simultaneous(
    successes: Sequence[int] | np.ndarray, totals: Sequence[int] | np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Two-sided intervals of m proportions that hold all together with this confidence: ends, each float (m,), 0..1.

    Clopper and Pearson's exact intervals (1934), each at the level 1 - (1 - confidence) / m (Bonferroni). Totals must
    be positive.

    >>> [ends.round(3).tolist() for ends in simultaneous([30, 45, 0], [100, 100, 100], 0.95)]
    [[0.196, 0.33, 0.0], [0.421, 0.574, 0.047]]
    """
    successes, totals = np.asarray(successes), np.asarray(totals)
    tail = (1 - confidence) / len(successes) / 2
    low, high = np.zeros(len(successes)), np.ones(len(successes))
    some, not_all = successes > 0, successes < totals
    low[some] = stats.beta.ppf(tail, successes, totals - successes + 1)[some]
    high[not_all] = stats.beta.ppf(1 - tail, successes + 1, totals - successes)[not_all]
    return low, high


def simultaneous_bootstrap(values: np.ndarray, samples: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Two-sided bootstrap intervals of m statistics that hold all together with this confidence: ends, float (m,).

    values: float (m,). samples: float (resamples, m), of the same resamples. Every interval is value ± c x standard
    deviation of its samples; c is the quantile of the largest studentized deviation (Romano and Wolf 2005,
    Econometrica 73(4), section 4). Infinite where the samples do not vary. Here, c is 2 / 1.414:

    >>> values, around = np.array([2.0, 2.0]), np.array([[-1, 2], [1, -2], [-1, -2], [1, 2], [-2, 0], [2, 0]])
    >>> [ends.round(3).tolist() for ends in simultaneous_bootstrap(values, values + around, 1.0)]
    [[0.0, -0.309], [4.0, 4.309]]
    """
    deviations, spread = np.abs(samples - values), samples.std(axis=0)
    vary = spread > 0
    half = np.full(len(values), np.inf)
    if vary.any():
        largest = (deviations[:, vary] / spread[vary]).max(axis=1)
        half[vary] = np.quantile(largest, confidence) * spread[vary]
    return values - half, values + half


def paired_difference(first: np.ndarray, second: np.ndarray, confidence: float) -> dict[str, float | None]:
    """How much more often `first` is true than `second`, case by case, both bool (n,); all None where n is 0.

    Keys difference, low, high, p. Interval: Bonett and Price 2012, "Adjusted Wald confidence interval for a difference
    of binomial proportions based on paired data", Journal of Educational and Behavioral Statistics 37(4), 479-488. (A
    bootstrap would give an interval of no width where no case differs, which is common with rare repairs.) p: see
    mcnemar_p.

    >>> first, second = np.repeat([1, 0, 1, 0], [5, 1, 2, 12]) > 0, np.repeat([0, 1, 1, 0], [5, 1, 2, 12]) > 0
    >>> {key: round(value, 3) for key, value in paired_difference(first, second, 0.95).items()}
    {'difference': 0.2, 'low': -0.058, 'high': 0.422, 'p': 0.219}
    """
    n = len(first)
    if n == 0:
        return {"difference": None, "low": None, "high": None, "p": None}
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(~first & second))
    a, b = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
    half = special.ndtri((1 + confidence) / 2) * np.sqrt((a + b - (a - b) ** 2) / (n + 2))
    return {
        "difference": (only_first - only_second) / n,
        "low": float(max(-1, a - b - half)),
        "high": float(min(1, a - b + half)),
        "p": mcnemar_p(only_first, only_second),
    }


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Two-sided p value, 0..1, of McNemar's exact test (Dietterich 1998); 1 where both counts are 0.

    The counts of what only the first, and only the second, of two classifiers gets right.

    >>> round(mcnemar_p(9, 1), 4)
    0.0215
    """
    total = only_first + only_second
    return float(stats.binomtest(only_first, total).pvalue) if total else 1.0


def welch(first: np.ndarray, second: np.ndarray, confidence: float) -> tuple[float | None, float | None]:
    """Interval of the difference of two means (Welch 1947); nothing where a sample is of one or neither varies.

    1 ± 4.303 x square root of 1 / 3, of the first sample alone:

    >>> [round(end, 3) for end in welch(np.array([0, 1, 2]), np.zeros(3), 0.95)]
    [-1.484, 3.484]
    """
    sizes = np.array([len(first), len(second)])
    if sizes.min() < 2 or np.ptp(first) == np.ptp(second) == 0:
        return None, None
    errors = np.array([first.var(ddof=1), second.var(ddof=1)]) / sizes
    freedom = errors.sum() ** 2 / (errors**2 / (sizes - 1)).sum()
    half = stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(errors.sum())
    difference = first.mean() - second.mean()
    return float(difference - half), float(difference + half)
