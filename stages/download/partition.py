"""Which images of a data set without a test part of its own are kept for testing."""

import numpy as np

from stages import stratified

_SHARE = 0.2
_SEED = 0


def divide(labels: np.ndarray, pictures: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Training and test images, int64 ascending indices into labels (n,): a fifth of every class is for testing.

    pictures: int64 (n,), see copies.pictures, where copies of one are to stay together; a class of few different
    pictures may then be without test images. The division is part of the data set, so its share and its seed are no
    parameters.
    """
    train, test = stratified.divide(labels, _SHARE, _SEED, pictures)
    return np.sort(train), np.sort(test)
