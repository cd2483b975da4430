"""How well does every run classify? (docs/analysis.md, section 1)"""

from dataclasses import asdict

import numpy as np
from scipy import sparse

from stages.findings.finding import INTERVAL, PART, RUN, Finding, N, probabilities
from stages.statistics.confusions import confusions, precisions, recalls, resampled_class_scores
from stages.statistics.intervals import percentile, wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row

BINS = 15
"""Equal-width bins of confidence (Guo et al. 2017)."""

CHUNK = 4096
"""Images at a time: 33 MB of float64 for 1,000 classes."""


def rows(sample: Sample) -> list[Row]:
    table = fits(sample.others["training"].trained) if "training" in sample.others else []
    for part in (sample, sample.others.get("test")):
        if part:
            table += [*accuracies(part), *resampled_scores(part)]
    return table


def fits(sample: Sample) -> list[Row]:
    """Accuracy of every run on the images that it learned from, with the classes that it learned, without intervals.

    These are all the images that the run learned, not drawn from others.
    """
    learned = np.broadcast_to(sample.labels, sample.right.shape) if sample.learned_as is None else sample.learned_as
    table = []
    for run, predicted, classes in zip(
        sample.runs, sample.by_run(sample.predicted), sample.by_run(learned), strict=True
    ):
        n = int((classes >= 0).sum())
        row = {**asdict(run), "part": sample.part, "score": "accuracy"}
        table.append(row | {"value": int((predicted == classes).sum()) / n, "low": None, "high": None, "n": n})
    return table


def accuracies(sample: Sample) -> list[Row]:
    """Accuracy of every run, with Wilson intervals."""
    n = len(sample.labels)
    return [
        {**asdict(run), "part": sample.part, "score": "accuracy", **wilson(right.sum(), n, sample.confidence), "n": n}
        for run, right in zip(sample.runs, sample.by_run(sample.right), strict=True)
    ]


def resampled_scores(sample: Sample) -> list[Row]:
    """The other scores of every run, with bootstrap intervals."""
    measured = _class_means(sample) | _image_means(sample)
    table = []
    for index, run in enumerate(sample.runs):
        for score, (values, samples) in measured.items():
            low, high = percentile(samples[:, index], sample.confidence)
            interval = {"value": float(values[index]), "low": float(low), "high": float(high)}
            table.append({**asdict(run), "part": sample.part, "score": score, **interval, "n": len(sample.labels)})
    return table


def limits(sample: Sample) -> list[Refusal]:
    reason = probabilities(sample)
    return [Refusal("loss, Brier score and expected calibration error", reason)] if reason else []


Measured = dict[str, tuple[np.ndarray, np.ndarray]]
"""By score, its values float64 (R,) and those of the resamples, float64 (resamples, R)."""


def _class_means(sample: Sample) -> Measured:
    """Precision and recall, means over the classes that occur as label or answer."""
    counts, resampled = confusions(sample), resampled_class_scores(sample)
    occurs = counts.sum(axis=1) + counts.sum(axis=2) > 0
    return {
        score: (by_class(counts).mean(axis=-1, where=occurs), resampled[score].mean(axis=-1, where=occurs))
        for score, by_class in (("precision", precisions), ("recall", recalls))
    }


def _image_means(sample: Sample) -> Measured:
    """The scores that are means over images."""
    if probabilities(sample):
        return {}
    of_runs = sample.by_run(sample.probabilities)
    measured = {}
    for score, of_images in (("loss", losses), ("Brier score", brier_scores)):
        by_image = np.stack([of_images(sample.labels, table) for table in of_runs], axis=1)
        measured[score] = by_image.mean(axis=0), sample.resamples.means(by_image)
    rights = sample.by_run(sample.right)
    gaps = [calibration_gaps(right, table.max(axis=1)) for right, table in zip(rights, of_runs, strict=True)]
    samples = sample.resamples.means(sparse.hstack(gaps)).reshape(-1, len(gaps), BINS)
    values = np.array([np.abs(gap.mean(axis=0)).sum() for gap in gaps])
    return measured | {"ECE": (values, np.abs(samples).sum(axis=2))}


def losses(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Minus the log of the true class's probability, nats, float64 (n,); at least 2.2e-16 of it, as in scikit-learn.

    labels: uint8 (n,). probabilities: float (n, classes).

    >>> losses(np.array([0]), np.array([[0.25, 0.75]])).round(3).tolist()
    [1.386]
    """
    true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return -np.log(np.maximum(true, np.finfo(np.float64).eps))


def brier_scores(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Squared distance of the probabilities from the truth, 0..2, float64 (n,) (Brier 1950).

    labels: uint8 (n,). probabilities: float (n, classes).

    >>> brier_scores(np.array([0, 0]), np.array([[0.7, 0.2, 0.1], [0, 1, 0]])).round(3).tolist()
    [0.14, 2.0]
    """
    scores = np.empty(len(labels))
    for part in (slice(start, start + CHUNK) for start in range(0, len(labels), CHUNK)):
        scores[part] = ((probabilities[part] - np.eye(probabilities.shape[1])[labels[part]]) ** 2).sum(axis=1)
    return scores


def calibration_gaps(right: np.ndarray, confidence: np.ndarray) -> sparse.csr_array:
    """Each image's rightness minus its confidence, in the column of its bin: sparse (n, BINS).

    right: bool (n,). confidence: float (n,), the highest probability. The expected calibration error is the sum over
    columns of |mean| (Guo et al. 2017, equation 5). Here |0.51 - 0.53| / 3 of one bin, and 0.1 / 3 of another:

    >>> gaps = calibration_gaps(np.array([True, False, True]), np.array([0.49, 0.53, 0.9]))
    >>> round(float(np.abs(gaps.mean(axis=0)).sum()), 3)
    0.04
    """
    bins = np.clip(np.ceil(confidence.astype(np.float64) * BINS).astype(int) - 1, 0, BINS - 1)
    return sparse.csr_array(
        (right - confidence.astype(np.float64), (np.arange(len(bins)), bins)), shape=(len(bins), BINS)
    )


FINDING = Finding(
    name="scores",
    section="The networks",
    question="How well does every run classify?",
    kind="associated",
    caption="Scores of every run. Accuracy has Wilson intervals, the others bootstrap intervals over images; that of "
    "training images, those that the run learned from with the classes that it learned, has none. Expected "
    f"calibration error (ECE) is over {BINS} equal-width bins: resampling adds to it, so its interval lies high.",
    columns={
        **RUN,
        "part": PART,
        "score": Column(
            str,
            "accuracy; precision or recall, means over the classes that occur; loss, nats an image, from 0; Brier "
            "score, 0..2; ECE, 0..1",
        ),
        "value": Column(float, "of the score; 0..1 unless the score says otherwise"),
        **INTERVAL,
        "n": N,
    },
    rows=rows,
    limits=limits,
    with_collapsed=True,
)
