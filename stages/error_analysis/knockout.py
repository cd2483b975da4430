"""Class knockout (section 5). Causal: a class may not be chosen, nothing is trained, and the argmax is taken again.

Taking away a class other than the true one never spoils a right answer, so its whole effect is what it repairs.
"""

from itertools import combinations

import numpy as np
from scipy import sparse, stats

from stages.error_analysis.bootstrap import Resamples, indicators
from stages.error_analysis.intervals import percentile, wilson
from stages.error_analysis.runs import Runs
from stages.error_analysis.table import Table


def without(probabilities: np.ndarray, removed: int) -> np.ndarray:
    """The most probable class of those left, int64 (...,), of probabilities (..., C)."""
    allowed = probabilities.copy()
    allowed[..., removed] = -np.inf
    return allowed.argmax(axis=-1)


def repairing_class(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Which class has to be taken away to make an error right: int16 (R, N), -1 where none does or the answer is right.

    Only taking away the predicted class changes the answer, to the second most probable class.
    labels: uint8 (N,); probabilities: float32 (R, N, C).
    """
    predicted = probabilities.argmax(axis=-1)
    allowed = probabilities.copy()
    np.put_along_axis(allowed, predicted[..., None], -np.inf, axis=-1)
    repaired = (predicted != labels) & (allowed.argmax(axis=-1) == labels)
    return np.where(repaired, predicted, -1).astype(np.int16)


def knockout(runs: Runs, removed: np.ndarray, confidence: float) -> Table:
    """Repair of every class by the removal of every other. removed: int16 (R, N), see repairing_class."""
    rows = []
    for run, right, row_removed in zip(runs.names, runs.right, removed, strict=True):
        repaired = _counts(runs, row_removed)
        errors = np.bincount(runs.labels[~right], minlength=len(runs.class_names))
        for i, true in enumerate(runs.class_names):
            for j, name in enumerate(runs.class_names):
                if i == j:
                    continue
                row = {"network": run.network, "seed": run.seed, "true": true, "removed": name}
                rows.append(row | {"repaired": int(repaired[i, j]), **_repair(repaired[i, j], errors[i], confidence)})
    return Table(
        "knockout",
        "Share of a class's errors that become right when another class may not be chosen: (accuracy without it - "
        "accuracy) / (1 - accuracy), of the images of the true class.",
        "causal",
        ("network", "seed", "true", "removed", "repaired", "repair", "low", "high", "n"),
        rows,
    )


def knockout_any(runs: Runs, removed: np.ndarray, confidence: float) -> Table:
    """How many errors the removal of one class, chosen for each image, makes right."""
    rows = []
    for run, right, row_removed in zip(runs.names, runs.right, removed, strict=True):
        repaired = int((row_removed >= 0).sum())
        row = {"network": run.network, "seed": run.seed, "repaired": repaired}
        rows.append(row | _repair(repaired, int((~right).sum()), confidence))
    return Table(
        "knockout_any",
        "Errors that become right when one class, the predicted one, may not be chosen.",
        "causal",
        ("network", "seed", "repaired", "repair", "low", "high", "n"),
        rows,
    )


def pair_repair(runs: Runs, removed: np.ndarray, resamples: Resamples, confidence: float) -> Table:
    """Every two classes ranked by how much the removal of each repairs the other, both directions and all seeds."""
    classes = len(runs.class_names)
    pairs = list(combinations(range(classes), 2))
    a, b = np.array(pairs).T
    labels = runs.labels.astype(int)
    codes = np.where(removed >= 0, labels * classes + removed, -1)
    repaired = sparse.hstack([indicators(row, classes**2) for row in codes], format="csr")
    wrong = sparse.hstack([indicators(row, classes) for row in np.where(runs.right, -1, labels)], format="csr")
    shape = (-1, len(runs.names), classes)
    values = _both_ways(repaired.mean(axis=0).reshape(*shape, classes), wrong.mean(axis=0).reshape(shape), a, b)[0]
    sampled = _both_ways(
        resamples.means(repaired).reshape(*shape, classes), resamples.means(wrong).reshape(shape), a, b
    )
    errors = wrong.sum(axis=0).reshape(shape)[0]
    rows = []
    for network in dict.fromkeys(run.network for run in runs.names):
        own = [run.network == network for run in runs.names]
        value, samples, n = values[own].mean(axis=0), sampled[:, own].mean(axis=1), errors[own].sum(axis=0)
        low, high = percentile(samples, confidence)
        ranks = _ranks(samples)
        rank_low, rank_high = percentile(ranks, confidence)
        rank = _ranks(value[None])[0]
        for pair in sorted(range(len(pairs)), key=lambda pair: rank[pair]):
            rows.append(
                {
                    "network": network,
                    "class_a": runs.class_names[a[pair]],
                    "class_b": runs.class_names[b[pair]],
                    "repair": float(value[pair]),
                    "low": float(low[pair]),
                    "high": float(high[pair]),
                    "rank": int(rank[pair]),
                    "rank_low": int(np.floor(rank_low[pair])),
                    "rank_high": int(np.ceil(rank_high[pair])),
                    "p_first": float((ranks[:, pair] == 1).mean()),
                    "n": int(n[a[pair]] + n[b[pair]]),
                }
            )
    return Table(
        "pair_repair",
        "Pairs of classes ranked by the mean repair when either may not be chosen for the other's images; p_first: "
        "bootstrap probability of being first.",
        "causal",
        ("network", "class_a", "class_b", "repair", "low", "high", "rank", "rank_low", "rank_high", "p_first", "n"),
        rows,
    )


def _both_ways(repaired: np.ndarray, errors: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Mean repair of both directions (..., pairs), of repaired (..., C, C) and errors (..., C); 0 without errors."""
    whole = np.broadcast_to(errors[..., None], repaired.shape)
    repair = np.divide(repaired, whole, out=np.zeros(repaired.shape), where=whole > 0)
    return (repair[..., a, b] + repair[..., b, a]) / 2


def _ranks(values: np.ndarray) -> np.ndarray:
    """Rank of each column within its row, 1 the highest; equals share the better rank."""
    return stats.rankdata(-values, method="min", axis=1)


def _counts(runs: Runs, removed: np.ndarray) -> np.ndarray:
    """Errors repaired, int64 (C, C): true class, class removed."""
    classes = len(runs.class_names)
    hit = removed >= 0
    return np.bincount(runs.labels[hit].astype(int) * classes + removed[hit], minlength=classes**2).reshape(
        classes, classes
    )


def _repair(repaired: int, errors: int, confidence: float) -> dict:
    interval = wilson(repaired, errors, confidence)
    return {"repair": interval["value"], "low": interval["low"], "high": interval["high"], "n": int(errors)}
