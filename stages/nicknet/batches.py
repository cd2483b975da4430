"""Images in batches of one size, so that a compiled step never sees a second shape."""

from collections.abc import Iterator

import numpy as np


def order(indices: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """The indices, int64 (n,), in an order that depends on nothing but seed and epoch (counted from 1)."""
    return np.random.default_rng([seed, epoch]).permutation(indices)


def batches(indices: np.ndarray, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the indices, int64 (n,), in their order, as batches: indices int64 (size,) and weights float32 (size,).

    The last batch is filled up with its own first index at weight 0, which is to count in no loss and no score.

    >>> [(batch.tolist(), weights.tolist()) for batch, weights in batches(np.array([7, 8, 9]), 2)]
    [([7, 8], [1.0, 1.0]), ([9, 9], [1.0, 0.0])]
    """
    for start in range(0, len(indices), size):
        batch = indices[start : start + size]
        missing = size - len(batch)
        yield (
            np.pad(batch, (0, missing), constant_values=batch[0]),
            np.pad(np.ones(len(batch), "float32"), (0, missing)),
        )
