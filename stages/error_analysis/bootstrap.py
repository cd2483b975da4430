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
        """counts: uint16 (resamples, images); each row sums to the number of images."""
        self.counts = np.empty((resamples, images), dtype=np.uint16)
        for row in self.counts:
            row[:] = np.bincount(rng.integers(0, images, images), minlength=images)

    def means(self, values: np.ndarray | sparse.sparray) -> np.ndarray:
        """Means of values (images, k), one row a resample: float64 (resamples, k)."""
        if not sparse.issparse(values):
            values = np.asarray(values, dtype=np.float64)
        chunks = [
            self.counts[start : start + CHUNK].astype(np.float64) @ values for start in range(0, len(self.counts), CHUNK)
        ]
        return np.concatenate(chunks) / self.counts.shape[1]


def indicators(codes: np.ndarray, categories: int) -> sparse.csr_array:
    """One-hot rows, sparse (n, categories), of codes int (n,); a negative code gives a row of zeros."""
    rows = np.flatnonzero(codes >= 0)
    return sparse.csr_array((np.ones(len(rows)), (rows, codes[rows])), shape=(len(codes), categories))
