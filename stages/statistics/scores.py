"""Scores of every run beside its accuracy, with their values in every resample (docs/analysis.md, section 1)."""

import numpy as np
from scipy import sparse

from stages.statistics.confusions import confusions, precisions, recalls, resampled_class_scores
from stages.statistics.sample import Sample

BINS = 15
"""Equal-width bins of confidence (Guo et al. 2017)."""

CHUNK = 4096
"""Images at a time: 33 MB of float64 for 1,000 classes."""

Measured = dict[str, tuple[np.ndarray, np.ndarray]]
"""By score, its values float64 (R,) and those of the resamples, float64 (resamples, R)."""


def class_means(sample: Sample) -> Measured:
    """Precision and recall, means over the classes that occur as label or answer."""
    counts, resampled = confusions(sample), resampled_class_scores(sample)
    occurs = counts.sum(axis=1) + counts.sum(axis=2) > 0
    return {
        score: (by_class(counts).mean(axis=-1, where=occurs), resampled[score].mean(axis=-1, where=occurs))
        for score, by_class in (("precision", precisions), ("recall", recalls))
    }


def image_means(sample: Sample) -> Measured:
    """The scores that are means over images."""
    if sample.answers is not None:
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
