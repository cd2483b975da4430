"""How much of the differences between images their class and people's disagreement explain (section 4). Associated."""

from collections.abc import Sequence

import numpy as np

from stages.error_analysis import votes as human
from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.intervals import percentile, wilson
from stages.error_analysis.runs import Runs
from stages.error_analysis.table import Refusal, Table


def explained(
    right: np.ndarray, labels: np.ndarray, votes: np.ndarray | None, resamples: Resamples, confidence: float
) -> tuple[Table | None, list[Refusal]]:
    """R squared of least squares of an image's mean error on its class, on the number of dissenting votes, and on both.

    Both are categories. The Shapley parts divide the R squared of both: each is the mean of what its predictor adds
    first and what it adds last (Lindeman, Merenda and Gold 1980). right: bool (networks, seeds, N); labels: uint8 (N,);
    votes: uint8 (N, annotators) or None.
    """
    outcome = 1 - right.mean(axis=(0, 1))
    if np.ptp(outcome) == 0:
        return None, [Refusal("errors explained by class and votes", "every image has the same mean error")]
    by_class = _dummies(labels)
    designs = {"class": by_class}
    refusals = []
    if votes is None:
        reason = "human votes are not available (params data.human_votes)"
        refusals.append(Refusal("errors explained by human votes", reason))
    else:
        by_votes = _dummies(human.dissent(votes, labels))
        designs |= {"human votes": by_votes, "class and human votes": np.column_stack([by_class, by_votes])}
    values = {
        name: r_squared(cross_products(design, outcome).mean(axis=0)[None])[0] for name, design in designs.items()
    }
    samples = {name: r_squared(resamples.means(cross_products(design, outcome))) for name, design in designs.items()}
    if votes is not None:
        for results in (values, samples):
            both = results["class and human votes"]
            for one, other in (("class", "human votes"), ("human votes", "class")):
                results[f"{one}, Shapley"] = (results[one] + both - results[other]) / 2
    rows = []
    for name, value in values.items():
        low, high = percentile(samples[name], confidence)
        rows.append({"predictor": name, "r2": float(value), "low": float(low), "high": float(high), "n": len(labels)})
    caption = (
        "Share of the variance, between images, of the mean error over all runs that class and human disagreement "
        "(how many votes differ from the label) explain; the Shapley parts sum to that of both."
    )
    return Table("explained", caption, "associated", ("predictor", "r2", "low", "high", "n"), rows), refusals


def errors_by_votes(
    right: np.ndarray,
    networks: Sequence[str],
    labels: np.ndarray,
    votes: np.ndarray,
    resamples: Resamples,
    confidence: float,
) -> Table:
    """Each network's error rate by how many people chose another class than the label.

    right: bool (networks, seeds, N); labels: uint8 (N,); votes: uint8 (N, annotators).
    """
    dissent = human.dissent(votes, labels)
    counts = range(votes.shape[1] + 1)
    groups = np.stack([dissent == count for count in counts], axis=1)
    errors = 1 - right.mean(axis=1)
    by_network = {**dict(zip(networks, errors, strict=True)), "all networks": errors.mean(axis=0)}
    wrong = np.concatenate([groups * one[:, None] for one in by_network.values()], axis=1)
    sizes = resamples.means(groups)
    samples = np.split(resamples.means(wrong), len(by_network), axis=1)
    rows = []
    for (network, one), sampled in zip(by_network.items(), samples, strict=True):
        for count in counts:
            n = int(groups[:, count].sum())
            row = {"network": network, "dissenting_votes": count, "error_rate": None, "low": None, "high": None, "n": n}
            if n:
                drawn = sizes[:, count] > 0
                low, high = percentile(sampled[drawn, count] / sizes[drawn, count], confidence)
                row |= {"error_rate": float(one[groups[:, count]].mean()), "low": float(low), "high": float(high)}
            rows.append(row)
    caption = "Error rate of each network, all its seeds, by how many people chose another class than the label."
    columns = ("network", "dissenting_votes", "error_rate", "low", "high", "n")
    return Table("errors_by_votes", caption, "associated", columns, rows)


def suspect_labels(runs: Runs, votes: np.ndarray, confidence: float) -> Table:
    """How often a run that errs on a suspect label gives the class that most people chose.

    votes: uint8 (N, annotators).
    """
    suspect, chosen = human.label_suspect(votes, runs.labels), human.majority(votes)
    rows = []
    for run, right, predicted in zip(runs.names, runs.right, runs.predicted, strict=True):
        errors = suspect & ~right
        as_people = int((predicted[errors] == chosen[errors]).sum())
        interval = wilson(as_people, int(errors.sum()), confidence)
        row = {"network": run.network, "seed": run.seed, "as_people": as_people, "share": interval["value"]}
        rows.append(row | {"low": interval["low"], "high": interval["high"], "n": int(errors.sum())})
    caption = (
        "Errors on images whose label most people contradict, and how many of them give the class that most people "
        "chose: there, the label may be what is wrong."
    )
    columns = ("network", "seed", "as_people", "share", "low", "high", "n")
    return Table("suspect_labels", caption, "associated", columns, rows)


def cross_products(design: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Products of any two columns of (1, design, outcome), float (n, k * k); least squares needs only their means."""
    columns = np.column_stack([np.ones(len(outcome)), design, outcome])
    return (columns[:, :, None] * columns[:, None, :]).reshape(len(outcome), -1)


def r_squared(means: np.ndarray) -> np.ndarray:
    """R squared of the last column on the others, float (m,), from means (m, k * k) of cross_products."""
    size = int(np.sqrt(means.shape[1]))
    products = means.reshape(-1, size, size)
    normal, right_side, square = products[:, :-1, :-1], products[:, :-1, -1], products[:, -1, -1]
    # the pseudo-inverse, since a resample may miss a category
    fitted = (right_side[:, None, :] @ np.linalg.pinv(normal, hermitian=True, rcond=1e-9) @ right_side[:, :, None])[
        :, 0, 0
    ]
    mean = right_side[:, 0] ** 2
    variance = square - mean
    return np.divide(fitted - mean, variance, out=np.zeros(len(means)), where=variance > 1e-12)


def _dummies(categories: np.ndarray) -> np.ndarray:
    """0 and 1, float (n, k - 1): one column for each category that occurs, but the first."""
    return (categories[:, None] == np.unique(categories)[None, 1:]).astype(float)
