"""Intervals and corrections for many comparisons."""

import numpy as np
from scipy import stats


def wilson(successes: int, total: int, confidence: float, name: str = "value") -> dict[str, float | None]:
    """A proportion with its Wilson score interval (Wilson 1927); keys `name`, low, high, all None where total is 0.

    >>> {key: round(end, 3) for key, end in wilson(8, 10, 0.95).items()}
    {'value': 0.8, 'low': 0.49, 'high': 0.943}
    """
    if total == 0:
        return {name: None, "low": None, "high": None}
    value = int(successes) / int(total)
    test = stats.binomtest(int(successes), int(total), value)  # against its own value, whose p value of 1 takes no time
    interval = test.proportion_ci(confidence, method="wilson")
    return {name: value, "low": float(interval.low), "high": float(interval.high)}


def percentile(samples: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the percentile bootstrap interval (Efron 1979) along the first axis; NaN samples are left out.

    >>> [round(float(end), 3) for end in percentile(np.arange(101.0), 0.9)]
    [5.0, 95.0]
    """
    tail = (1 - confidence) / 2
    if np.isnan(samples).any():
        low, high = np.nanquantile(samples, [tail, 1 - tail], axis=0)
    else:
        low, high = np.quantile(samples, [tail, 1 - tail], axis=0)
    return low, high


def over_seeds(contrasts: np.ndarray, confidence: float) -> tuple[float, float] | None:
    """Student's t interval of the mean of one contrast a seed, float (seeds,); None with fewer than two.

    >>> [round(end, 3) for end in over_seeds(np.array([-0.02, 0.01, 0.04]), 0.95)]
    [-0.065, 0.085]
    """
    if len(contrasts) < 2:
        return None
    spread = stats.sem(contrasts)
    if spread == 0:
        return float(contrasts[0]), float(contrasts[0])
    low, high = stats.t.interval(confidence, len(contrasts) - 1, loc=np.mean(contrasts), scale=spread)
    return float(low), float(high)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjusted p values, float (m,), of Holm's step-down procedure (Holm 1979).

    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(stepped)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1)
    return adjusted


def holm_upper_bounds(
    successes: np.ndarray, totals: np.ndarray, threshold: float, confidence: float
) -> tuple[np.ndarray, ...]:
    """Which of m proportions lie below the threshold: p values, adjusted p values and upper bounds, each float (m,).

    Exact one-sided binomial tests; a bound is Clopper and Pearson's (1934) at the level that Holm's procedure grants
    this proportion, so bound < threshold says the same as adjusted p < 1 - confidence. Totals must be positive.

    >>> p_values, adjusted, bounds = holm_upper_bounds(np.array([30, 45, 49]), np.array([100, 100, 100]), 0.5, 0.95)
    >>> bounds.round(3).tolist()
    [0.408, 0.553, 0.592]
    """
    p_values = stats.binom.cdf(successes, totals, threshold)
    order = np.argsort(p_values, kind="stable")
    levels = np.empty(len(p_values))
    rejecting = True
    for rank, index in enumerate(order):
        if rejecting:  # the first proportion that is not rejected ends the steps
            level = (1 - confidence) / (len(p_values) - rank)
            rejecting = p_values[index] < level
        levels[index] = level
    some_failed = successes < totals
    bounds = np.ones(len(p_values))
    bounds[some_failed] = stats.beta.ppf(1 - levels, successes + 1, totals - successes)[some_failed]
    return p_values, holm(p_values), bounds


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Two-sided p value, 0..1, of McNemar's exact test (Dietterich 1998); 1 where both counts are 0.

    The counts of what only the first, and only the second, of two classifiers gets right.

    >>> round(mcnemar_p(9, 1), 4)
    0.0215
    """
    total = only_first + only_second
    return float(stats.binomtest(only_first, total).pvalue) if total else 1.0
