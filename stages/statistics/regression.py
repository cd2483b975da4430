"""Least squares from means of products, so that every resample of the images is a sum (docs/analysis.md, section 4)."""

import numpy as np


def dummies(categories: np.ndarray) -> np.ndarray:
    """0 and 1, float (n, k - 1): one column for each category that occurs, except the first."""
    return (categories[:, None] == np.unique(categories)[None, 1:]).astype(float)


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
