"""Which images of a data set without a test part of its own are kept for testing."""

import numpy as np
from sklearn.model_selection import train_test_split

_SHARE = 0.2
_SEED = 0


def divide(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Training and test images, int64 ascending indices into labels (n,): a fifth of every class is for testing.

    The division is part of the data set, so it has no parameter.
    """
    train, test = train_test_split(np.arange(len(labels)), test_size=_SHARE, stratify=labels, random_state=_SEED)
    return np.sort(train), np.sort(test)
