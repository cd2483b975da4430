"""How far the runs err on the same images (section 2). Associated: the runs differ in more than one thing.

McNemar's test compares two trained networks, not two optimizers: another seed may reverse it.
"""

from itertools import combinations

import numpy as np
from scipy import stats

from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.intervals import holm, percentile, wilson
from stages.error_analysis.runs import Runs
from stages.error_analysis.table import Table


def mcnemar(runs: Runs, resamples: Resamples, confidence: float) -> Table:
    """Exact McNemar tests of every two runs (Dietterich 1998), and the difference of their accuracies."""
    accuracies = resamples.means(runs.right.T)
    rows = []
    for (a, b), pair in _pairs(runs):
        only_a, only_b = int((runs.right[a] & ~runs.right[b]).sum()), int((runs.right[b] & ~runs.right[a]).sum())
        low, high = percentile(accuracies[:, a] - accuracies[:, b], confidence)
        rows.append(
            {
                **pair,
                "only_a_right": only_a,
                "only_b_right": only_b,
                "p": mcnemar_p(only_a, only_b),
                "difference": (only_a - only_b) / len(runs.labels),
                "low": float(low),
                "high": float(high),
                "n": len(runs.labels),
            }
        )
    for row, adjusted in zip(rows, holm(np.array([row["p"] for row in rows])), strict=True):
        row["p_holm"] = float(adjusted)
    return Table(
        "mcnemar",
        "Two trained networks on the same images: images that only one gets right, exact McNemar test, corrected "
        "(Holm) over all pairs; difference of accuracies with its paired bootstrap interval.",
        "associated",
        (*_PAIR, "only_a_right", "only_b_right", "p", "p_holm", "difference", "low", "high", "n"),
        rows,
    )


def mcnemar_p(only_a: int, only_b: int) -> float:
    """Two-sided exact p value for the counts of images that only one of two networks gets right; 1 without any."""
    return float(stats.binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def consistency(runs: Runs, resamples: Resamples, confidence: float) -> Table:
    """Error consistency of every two runs (Geirhos et al. 2020)."""
    pairs = _pairs(runs)
    agreed = np.stack([runs.right[a] == runs.right[b] for (a, b), _ in pairs], axis=1)
    agreed_samples, accuracy_samples = resamples.means(agreed), resamples.means(runs.right.T)
    accuracies = runs.right.mean(axis=1)
    rows = []
    for index, ((a, b), pair) in enumerate(pairs):
        observed = float(agreed[:, index].mean())
        kappa = error_consistency(observed, accuracies[a], accuracies[b])
        row = {**pair, "observed": observed, "expected": float(_chance(accuracies[a], accuracies[b]))}
        row |= {"kappa": None, "low": None, "high": None, "n": len(runs.labels)}
        if not np.isnan(kappa):
            samples = error_consistency(agreed_samples[:, index], accuracy_samples[:, a], accuracy_samples[:, b])
            low, high = percentile(samples, confidence)
            row |= {"kappa": float(kappa), "low": float(low), "high": float(high)}
        rows.append(row)
    return Table(
        "consistency",
        "Error consistency of two runs: kappa is 1 when they err on the same images, 0 when they agree as often as "
        "independent networks of their accuracies would.",
        "associated",
        (*_PAIR, "observed", "expected", "kappa", "low", "high", "n"),
        rows,
    )


def error_consistency(observed: np.ndarray, accuracy_a: np.ndarray, accuracy_b: np.ndarray) -> np.ndarray:
    """Kappa (c_obs - c_exp) / (1 - c_exp), Geirhos et al. 2020, equation 3; NaN where agreement by chance is certain.

    observed: share of the images on which both are right or both are wrong.
    """
    chance = _chance(accuracy_a, accuracy_b)
    free = np.asarray(1 - chance, dtype=float)
    return np.divide(observed - chance, free, out=np.full(free.shape, np.nan), where=free > 1e-12)


def _chance(accuracy_a: np.ndarray, accuracy_b: np.ndarray) -> np.ndarray:
    return accuracy_a * accuracy_b + (1 - accuracy_a) * (1 - accuracy_b)


def missed_by(runs: Runs, confidence: float) -> Table:
    """How many images are missed by none, one, ... all of the runs, beside what independent errors would give."""
    wrong = (~runs.right).sum(axis=0)
    counts = np.bincount(wrong, minlength=len(runs.names) + 1)
    expected = np.ones(1)
    for rate in 1 - runs.right.mean(axis=1):
        expected = np.convolve(expected, [1 - rate, rate])
    rows = [
        {
            "wrong_runs": k,
            "images": int(count),
            **_share(count, len(wrong), confidence),
            "expected_share": float(chance),
        }
        for k, (count, chance) in enumerate(zip(counts, expected, strict=True))
    ]
    return Table(
        "missed_by",
        "Images that so many of the runs get wrong; expected_share: if the runs erred independently.",
        "associated",
        ("wrong_runs", "images", "share", "low", "high", "expected_share", "n"),
        [{**row, "n": len(wrong)} for row in rows],
    )


def missed_only_by(runs: Runs, confidence: float) -> Table:
    """Images that every run of one network gets wrong and every other run right."""
    rows = []
    errors = 1 - runs.right.mean(axis=1)
    for network in dict.fromkeys(run.network for run in runs.names):
        own = np.array([run.network == network for run in runs.names])
        count = (~runs.right[own].any(axis=0) & runs.right[~own].all(axis=0)).sum()
        row = {"network": network, "images": int(count), **_share(count, len(runs.labels), confidence)}
        row["expected_share"] = float(np.prod(np.where(own, errors, 1 - errors)))
        rows.append({**row, "n": len(runs.labels)})
    return Table(
        "missed_only_by",
        "Images that every run of this network gets wrong and every other run gets right; expected_share: if the runs "
        "erred independently.",
        "associated",
        ("network", "images", "share", "low", "high", "expected_share", "n"),
        rows,
    )


_PAIR = ("network_a", "seed_a", "network_b", "seed_b")


def _pairs(runs: Runs) -> list[tuple[tuple[int, int], dict]]:
    return [
        ((a, b), dict(zip(_PAIR, (one.network, one.seed, other.network, other.seed), strict=True)))
        for (a, one), (b, other) in combinations(enumerate(runs.names), 2)
    ]


def _share(count: int, total: int, confidence: float) -> dict:
    interval = wilson(count, total, confidence)
    return {"share": interval["value"], "low": interval["low"], "high": interval["high"]}
