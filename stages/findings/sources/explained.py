"""How much of an image's difficulty do its class and its human votes account for? (docs/analysis.md, section 4)"""

import numpy as np

from stages.findings.finding import associated, few_classes, human_votes, measured
from stages.statistics import votes
from stages.statistics.intervals import resampled
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row


def rows(sample: Sample) -> list[Row]:
    products = {name: cross_products(design, _outcome(sample)) for name, design in _designs(sample).items()}
    values = {name: r_squared(each.mean(axis=0)[None]) for name, each in products.items()}
    samples = {name: r_squared(sample.resamples.means(each)) for name, each in products.items()}
    if sample.votes is not None:
        values, samples = values | _shapley(values), samples | _shapley(samples)
    table = []
    for name, (value,) in values.items():
        row = {"predictor": name, "n": len(sample.labels)}
        table.append(row | resampled(value, samples[name], sample.confidence, ("r2", "low", "high")))
    return table


def _outcome(sample: Sample) -> np.ndarray:
    """Mean error over all runs, of each image, float (N,)."""
    return 1 - sample.right_by_cell.mean(axis=(0, 1))


def _designs(sample: Sample) -> dict[str, np.ndarray]:
    """What the error is explained with, float (N, k)."""
    by_class = _dummies(sample.labels)
    if sample.votes is None:
        return {"class": by_class}
    by_votes = _dummies(votes.dissent(sample.votes, sample.labels))
    both = np.column_stack([by_class, by_votes])
    return {"class": by_class, "human votes": by_votes, "class and human votes": both}


def _dummies(categories: np.ndarray) -> np.ndarray:
    """0 and 1, float (n, k - 1): one column for each category that occurs, except the first."""
    return (categories[:, None] == np.unique(categories)[None, 1:]).astype(float)


def _shapley(r2: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The R squared of both divided: the mean of what each adds first and last (Lindeman, Merenda and Gold 1980)."""
    both = r2["class and human votes"]
    pairs = (("class", "human votes"), ("human votes", "class"))
    return {f"{name}, Shapley": (r2[name] + both - r2[other]) / 2 for name, other in pairs}


def cross_products(design: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Products of any two columns of (1, design, outcome), float (n, k * k); least squares needs only their means."""
    columns = np.column_stack([np.ones(len(outcome)), design, outcome])
    return (columns[:, :, None] * columns[:, None, :]).reshape(len(outcome), -1)


def r_squared(means: np.ndarray) -> np.ndarray:
    """R squared of the last column on the others, float (m,), from means (m, k * k) of cross_products.

    Two groups with the means 0.5 and 1: the variance of these is 1/16, that of the outcomes 3/16.

    >>> products = cross_products(np.array([[0], [0], [1], [1]]), np.array([0, 1, 1, 1]))
    >>> r_squared(products.mean(axis=0)[None]).round(6).tolist()
    [0.333333]
    """
    size = int(np.sqrt(means.shape[1]))
    products = means.reshape(-1, size, size)
    normal, right_side, square = products[:, :-1, :-1], products[:, :-1, -1], products[:, -1, -1]
    inverse = np.linalg.pinv(normal, hermitian=True, rcond=1e-9)  # a resample may miss a category
    fitted = (right_side[:, None, :] @ inverse @ right_side[:, :, None])[:, 0, 0]
    mean = right_side[:, 0] ** 2
    variance = square - mean
    return np.divide(fitted - mean, variance, out=np.zeros(len(means)), where=variance > 1e-12)


def needs(sample: Sample) -> str:
    return few_classes(sample) or ("" if np.ptp(_outcome(sample)) else "every image has the same mean error")


def limits(sample: Sample) -> list[Refusal]:
    reason = human_votes(sample)
    return [Refusal("errors explained by human votes", reason)] if reason else []


FINDING = associated(
    globals(),
    caption="Share of the variance, between images, of the mean error over all runs that class and human disagreement "
    "(how many votes differ from the label) explain; the Shapley parts sum to that of both.",
    columns={
        "predictor": Column(str, "what the mean error is explained with; ', Shapley': its part of the r2 of both"),
        **measured("r2", "share of the variance between images, 0..1"),
    },
)
