"""How well each network classifies, class by class (section 1). Associated: nothing was changed."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
from scipy import sparse
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from stages.error_analysis.bootstrap import Resamples, indicators
from stages.error_analysis.grid import Run
from stages.error_analysis.intervals import holm_upper_bounds, percentile, wilson
from stages.error_analysis.runs import Runs
from stages.error_analysis.table import Table

BINS = 15
"""Equal-width bins of confidence (Guo et al. 2017)."""


def sampled_confusions(runs: Runs, resamples: Resamples) -> np.ndarray:
    """Every run's confusions as shares of all images, in every resample: float64 (resamples, R, C, C), truth first."""
    classes = len(runs.class_names)
    codes = runs.labels.astype(int) * classes + runs.predicted
    pairs = sparse.hstack([indicators(row, classes**2) for row in codes], format="csr")
    return resamples.means(pairs).reshape(-1, len(codes), classes, classes)


def scores(
    parts: Mapping[str, Runs], resampled: str, confusion_samples: np.ndarray, resamples: Resamples, confidence: float
) -> Table:
    """Scores of every run: accuracy on each part (Wilson intervals), the others on the part that was resampled."""
    rows = []
    for part, runs in parts.items():
        for run, right in zip(runs.names, runs.right, strict=True):
            interval = wilson(right.sum(), len(right), confidence)
            rows.append({**_key(run), "images": part, "score": "accuracy", **interval, "n": len(right)})
    runs = parts[resampled]
    measured = [*_class_means(runs, confusion_samples), *_image_means(runs, resamples)]
    for index, run in enumerate(runs.names):
        for score, values, samples in measured:
            low, high = percentile(samples[:, index], confidence)
            interval = {"value": float(values[index]), "low": float(low), "high": float(high)}
            rows.append({**_key(run), "images": resampled, "score": score, **interval, "n": len(runs.labels)})
    return Table(
        "scores",
        "Scores of every run. Precision and recall are means over the classes; log loss in nats; Brier score from 0 "
        f"to 2; expected calibration error (ECE) over {BINS} equal-width bins: resampling adds to it, so its interval "
        "lies high.",
        "associated",
        ("network", "seed", "images", "score", "value", "low", "high", "n"),
        rows,
    )


def _class_means(runs: Runs, confusion_samples: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, values (R,) and bootstrap samples (resamples, R) of precision and recall, means over occurring classes."""
    macro = [
        precision_recall_fscore_support(runs.labels, predicted, average="macro", zero_division=0)[:2]
        for predicted in runs.predicted
    ]
    occurs = np.array([np.isin(range(len(runs.class_names)), [runs.labels, predicted]) for predicted in runs.predicted])
    hits = np.diagonal(confusion_samples, axis1=2, axis2=3)
    for index, (name, axis) in enumerate((("macro precision", 2), ("macro recall", 3))):
        ratios = _ratio(hits, confusion_samples.sum(axis=axis))
        yield name, np.array(macro)[:, index], (ratios * occurs).sum(axis=2) / occurs.sum(axis=1)


def _image_means(runs: Runs, resamples: Resamples) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, values (R,) and bootstrap samples (resamples, R) of the scores that are means over images."""
    for name, score in (("log loss", log_losses), ("Brier score", brier_scores)):
        by_image = np.stack([score(runs.labels, one) for one in runs.probabilities], axis=1)
        yield name, by_image.mean(axis=0), resamples.means(by_image)
    gaps = [calibration_gaps(right, one.max(axis=1)) for right, one in zip(runs.right, runs.probabilities, strict=True)]
    samples = resamples.means(sparse.hstack(gaps)).reshape(-1, len(gaps), BINS)
    values = np.array([np.abs(one.mean(axis=0)).sum() for one in gaps])
    yield "ECE", values, np.abs(samples).sum(axis=2)


def log_losses(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Minus the log of the true class's probability, nats, float64 (n,); at least 2.2e-16 of it, as in scikit-learn."""
    true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return -np.log(np.maximum(true, np.finfo(np.float64).eps))


def brier_scores(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Squared distance of the probabilities from the truth, 0..2, float64 (n,) (Brier 1950)."""
    truth = np.eye(probabilities.shape[1])[labels]
    return ((probabilities - truth) ** 2).sum(axis=1)


def calibration_gaps(right: np.ndarray, confidence: np.ndarray) -> sparse.csr_array:
    """Each image's rightness minus its confidence, in the column of its bin: sparse (n, BINS).

    The expected calibration error is the sum over columns of |mean| (Guo et al. 2017, equation 5).
    """
    bins = np.clip(np.ceil(confidence.astype(np.float64) * BINS).astype(int) - 1, 0, BINS - 1)
    return sparse.csr_array(
        (right - confidence.astype(np.float64), (np.arange(len(bins)), bins)), shape=(len(bins), BINS)
    )


def classes(runs: Runs, confidence: float) -> Table:
    """Recall and precision of each class; Holm's correction is over all classes of all runs."""
    rows = []
    for run, predicted in zip(runs.names, runs.predicted, strict=True):
        matrix = _confusions(runs, predicted)
        for name, hits, true, claimed in zip(
            runs.class_names, matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0), strict=True
        ):
            for score, total in (("recall", true), ("precision", claimed)):
                interval = wilson(hits, total, confidence)
                rows.append(
                    {**_key(run), "class": name, "score": score, **interval, "n": int(total), "hits": int(hits)}
                )
    for score in ("recall", "precision"):
        _correct([row for row in rows if row["score"] == score and row["n"]], confidence)
    columns = ("network", "seed", "class", "score", "value", "low", "high", "low_holm", "high_holm")
    columns += ("p_below_half", "p_below_half_holm", "n")
    return Table(
        "classes",
        "Recall and precision of each class. p_below_half: exact one-sided test of 'below 0.5'; low_holm and "
        "high_holm: one-sided bounds, corrected (Holm) over all classes of all runs.",
        "associated",
        columns,
        [{column: row.get(column) for column in columns} for row in rows],
    )


def _correct(rows: list[dict], confidence: float) -> None:
    hits, totals = np.array([row["hits"] for row in rows]), np.array([row["n"] for row in rows])
    p_values, adjusted, high = holm_upper_bounds(hits, totals, 0.5, confidence)
    low = 1 - holm_upper_bounds(totals - hits, totals, 0.5, confidence)[2]
    for row, *values in zip(rows, low, high, p_values, adjusted, strict=True):
        names = ("low_holm", "high_holm", "p_below_half", "p_below_half_holm")
        row.update(zip(names, map(float, values), strict=True))


def confusions(runs: Runs, confidence: float) -> Table:
    """What each class is taken for, diagonal included."""
    rows = []
    for run, predicted in zip(runs.names, runs.predicted, strict=True):
        matrix = _confusions(runs, predicted)
        for true, counts in zip(runs.class_names, matrix, strict=True):
            total = int(counts.sum())
            for name, count in zip(runs.class_names, counts, strict=True):
                interval = wilson(count, total, confidence)
                share = {"share": interval["value"], "low": interval["low"], "high": interval["high"]}
                rows.append({**_key(run), "true": true, "predicted": name, "count": int(count), **share, "n": total})
    return Table(
        "confusions",
        "What the images of each class are taken for; shares are of the true class.",
        "associated",
        ("network", "seed", "true", "predicted", "count", "share", "low", "high", "n"),
        rows,
    )


def confused_pairs(runs: Runs, confidence: float) -> Table:
    """The pairs of classes that are taken for one another, most errors first."""
    rows = []
    for run, predicted in zip(runs.names, runs.predicted, strict=True):
        matrix = _confusions(runs, predicted)
        errors = int(matrix.sum() - matrix.trace())
        pairs = sorted(combinations(range(len(matrix)), 2), key=lambda pair: -matrix[pair] - matrix[pair[::-1]])
        for a, b in pairs:
            both = int(matrix[a, b] + matrix[b, a])
            interval = wilson(both, errors, confidence)
            rows.append(
                {
                    **_key(run),
                    "class_a": runs.class_names[a],
                    "class_b": runs.class_names[b],
                    "a_as_b": int(matrix[a, b]),
                    "b_as_a": int(matrix[b, a]),
                    "errors": both,
                    "share": interval["value"],
                    "low": interval["low"],
                    "high": interval["high"],
                    "n": errors,
                }
            )
    return Table(
        "confused_pairs",
        "Pairs of classes that are taken for one another, both directions; shares are of the run's errors.",
        "associated",
        ("network", "seed", "class_a", "class_b", "a_as_b", "b_as_a", "errors", "share", "low", "high", "n"),
        rows,
    )


def class_ranks(runs: Runs, confusion_samples: np.ndarray) -> Table:
    """Rank of each class by recall, and how often resampled images put it among the two best and the two worst."""
    rows = []
    classes = len(runs.class_names)
    sampled = _ratio(np.diagonal(confusion_samples, axis1=2, axis2=3), confusion_samples.sum(axis=3))
    totals = np.bincount(runs.labels, minlength=classes)
    for position, (run, right) in enumerate(zip(runs.names, runs.right, strict=True)):
        top, bottom = (_among(sign * sampled[:, position], 2) for sign in (1, -1))
        recall = _ratio(np.bincount(runs.labels[right], minlength=classes), totals)
        for index, name in enumerate(runs.class_names):
            rows.append(
                {
                    **_key(run),
                    "class": name,
                    "recall": float(recall[index]) if totals[index] else None,
                    "rank": int((recall > recall[index]).sum()) + 1,
                    "p_top_two": float(top[index]),
                    "p_bottom_two": float(bottom[index]),
                    "n": int(totals[index]),
                }
            )
    return Table(
        "class_ranks",
        "Classes ranked by recall, 1 the highest, with the bootstrap probabilities of being among the two highest and "
        "the two lowest; equals share a rank.",
        "associated",
        ("network", "seed", "class", "recall", "rank", "p_top_two", "p_bottom_two", "n"),
        rows,
    )


def _among(values: np.ndarray, places: int) -> np.ndarray:
    """Share of the rows of values (resamples, classes) that put each class among so many highest; float (classes,)."""
    better = (values[:, None, :] > values[:, :, None]).sum(axis=2)
    return (better < places).mean(axis=0)


def _confusions(runs: Runs, predicted: np.ndarray) -> np.ndarray:
    return confusion_matrix(runs.labels, predicted, labels=range(len(runs.class_names)))


def _ratio(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    """Elementwise ratio, 0 where the whole is 0."""
    return np.divide(
        parts, wholes, out=np.zeros(np.broadcast_shapes(np.shape(parts), np.shape(wholes))), where=wholes > 0
    )


def _key(run: Run) -> dict:
    return {"network": run.network, "seed": run.seed}
