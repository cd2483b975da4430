"""Resampling of images, shared by every statistic so that all of them are paired."""

import numpy as np
from scipy import sparse

CHUNK = 250
"""Resamples turned to floating point at a time: 20 MB for 10,000 images."""


class Resamples:
    """Bootstrap resamples of the images (Efron 1979), as how often each image was drawn.

    Every statistic here is a function of means over images, so a resample is a row of weights.
    """

    def __init__(self, images: int, resamples: int, rng: np.random.Generator):
        """counts: uint16 (images, resamples); each column sums to the number of images."""
        self.counts = np.empty((images, resamples), dtype=np.uint16)
        for start in range(0, resamples, CHUNK):
            drawn = [
                np.bincount(rng.integers(0, images, images), minlength=images)
                for _ in range(resamples)[start : start + CHUNK]
            ]
            self.counts[:, start : start + CHUNK] = np.transpose(drawn)

    def means(self, values: np.ndarray | sparse.sparray) -> np.ndarray:
        """Means of values (images, k), one row a resample: float64 (resamples, k)."""
        images, resamples = self.counts.shape
        columns = values.T.tocsr() if isinstance(values, sparse.sparray) else np.asarray(values, dtype=np.float64).T
        means = np.empty((columns.shape[0], resamples))
        for start in range(0, resamples, CHUNK):
            means[:, start : start + CHUNK] = columns @ self.counts[:, start : start + CHUNK].astype(np.float64)
        return means.T / images

    def chosen_means(self, values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Means of values over the chosen images alone, both (k, images): (resamples, k); NaN where none is drawn.

        >>> resamples = Resamples(9, 2, np.random.default_rng(0))
        >>> resamples.chosen_means(np.array([[0, *[3] * 8]]), np.arange(9)[None] > 0).tolist()
        [[3.0], [3.0]]
        """
        summed, drawn = np.split(self.means(np.concatenate([values * chosen, chosen]).T), 2, axis=1)
        return np.divide(summed, drawn, out=np.full(drawn.shape, np.nan), where=drawn > 0)


def indicators(codes: np.ndarray, categories: int) -> sparse.csr_array:
    """One-hot rows, sparse (n, categories), of codes int (n,); a negative code gives a row of zeros."""
    rows = np.flatnonzero(codes >= 0)
    return sparse.csr_array((np.ones(len(rows)), (rows, codes[rows])), shape=(len(codes), categories))
