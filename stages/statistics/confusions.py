"""Confusion matrices of every run, and what is read from them class by class.

No table grows with the square of many classes: of more than MOST_PAIRED, the PAIRS largest cells stand in it, and the
sum of the rest.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from scipy import sparse

from stages.statistics.bootstrap import indicators
from stages.statistics.sample import Sample

MOST_PAIRED = 64
"""Classes of which every pair is counted."""
PAIRS = 200
REST = "all other"
"""Instead of two classes: the pairs that are not among the largest."""
LEFT_OUT = f"Of more than {MOST_PAIRED} classes, the {PAIRS} pairs of most images, and the rest together, '{REST}'."


@cache
def confusions(sample: Sample) -> np.ndarray:
    """How many images of each class each run takes for each class: int64 (R, classes, classes), truth first."""
    classes = len(sample.class_names)
    return np.stack([np.bincount(codes, minlength=classes**2).reshape(classes, -1) for codes in _codes(sample)])


@cache
def resampled_confusions(sample: Sample) -> np.ndarray:
    """The same as shares of all images, in every resample: float64 (resamples, R, classes, classes)."""
    classes = len(sample.class_names)
    pairs = sparse.hstack([indicators(codes, classes**2) for codes in _codes(sample)], format="csr")
    return sample.resamples.means(pairs).reshape(-1, len(sample.runs), classes, classes)


def largest(counts: np.ndarray) -> list[tuple[int, int]]:
    """The PAIRS cells of a matrix with the highest counts, none of 0; of equals, those that come first.

    >>> largest(np.array([[0, 3], [5, 0]]))
    [(1, 0), (0, 1)]
    """
    order = np.argsort(-counts, axis=None, kind="stable")[:PAIRS]
    return [divmod(int(cell), counts.shape[1]) for cell in order if counts.flat[cell]]


def listed(
    counts: np.ndarray, totals: np.ndarray, names: Sequence[str], diagonal: bool = True
) -> Iterator[tuple[str, str, int, int]]:
    """Both classes of every cell of a matrix, its count, and the total of its row; of many classes, see above.

    counts: int (classes, classes). totals: int (classes,). diagonal: whether its cells are among them.

    >>> list(listed(np.array([[3, 1], [0, 2]]), np.array([4, 2]), ["a", "b"], diagonal=False))
    [('a', 'b', 1, 4), ('b', 'a', 0, 2)]
    """
    many, equal = len(names) > MOST_PAIRED, np.eye(len(names), dtype=bool)
    cells = [*zip(*np.nonzero(equal), strict=True), *largest(counts * ~equal)] if many else np.ndindex(counts.shape)
    shown = [(i, j) for i, j in cells if diagonal or i != j]
    yield from ((names[i], names[j], int(counts[i, j]), int(totals[i])) for i, j in shown)
    if many:
        yield REST, REST, int(counts.sum() - sum(counts[cell] for cell in shown)), int(totals.sum())


@cache
def resampled_class_scores(sample: Sample) -> dict[str, np.ndarray]:
    """Recall and precision of every run and class in every resample, each float64 (resamples, R, classes).

    Of few classes, the whole matrices are summed: how such sums round decides between equals among the ranks.
    """
    if len(sample.class_names) <= MOST_PAIRED:
        matrices = resampled_confusions(sample)
        return {"recall": recalls(matrices), "precision": precisions(matrices)}
    classes, answered = len(sample.class_names), sample.by_run(sample.predicted)
    shares = [
        sample.resamples.means(sparse.hstack([indicators(row, classes) for row in codes], format="csr"))
        for codes in (np.where(answered == sample.labels, answered, -1), sample.labels[None].astype(int), answered)
    ]
    hits, true, named = (share.reshape(len(share), -1, classes) for share in shares)
    return {"recall": _shares(hits, np.broadcast_to(true, hits.shape)), "precision": _shares(hits, named)}


def recalls(matrices: np.ndarray) -> np.ndarray:
    """Right answers among the images of each class, float64 (..., classes), of matrices (..., classes, classes).

    0 where a class has no image.

    >>> recalls(np.array([[3, 1], [2, 2]])).tolist()
    [0.75, 0.5]
    """
    return _shares(np.diagonal(matrices, axis1=-2, axis2=-1), matrices.sum(axis=-1))


def precisions(matrices: np.ndarray) -> np.ndarray:
    """Right answers among those that name each class, float64 (..., classes); 0 where none does.

    >>> precisions(np.array([[3, 1], [2, 2]])).round(3).tolist()
    [0.6, 0.667]
    """
    return _shares(np.diagonal(matrices, axis1=-2, axis2=-1), matrices.sum(axis=-2))


def _shares(hits: np.ndarray, totals: np.ndarray) -> np.ndarray:
    return np.divide(hits, totals, out=np.zeros(totals.shape), where=totals > 0)


def _codes(sample: Sample) -> np.ndarray:
    """int64 (R, N): each image's cell in the flattened matrix."""
    return sample.labels.astype(int) * len(sample.class_names) + sample.by_run(sample.predicted)
