"""The training images most like each held-out image, by brightness alone, as stages/similarity.py compares them."""

from dataclasses import dataclass

import numpy as np

from stages.similarity import BLOCK, thumbnails

EACH = 3
"""Of each image, at most."""


@dataclass(frozen=True)
class Neighbours:
    """M training images, and which of them are most like each of N images.

    ids: int64 (M,), ascending. images: uint8 (M, H, W, 3). labels: uint8 (M,). places: int64 (N, k), indices into
    these, the most similar first, the lower id of equals. similarities: float32 (N, k), correlations, -1..1.
    """

    ids: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    places: np.ndarray
    similarities: np.ndarray


def nearest(images: np.ndarray, labels: np.ndarray, ids: np.ndarray, training: np.ndarray) -> Neighbours:
    """Of the images with these ids. images: uint8 (n, H, H, 3), labels: uint8 (n,); ids, training: int64, indices."""
    small = thumbnails(images)
    places, similarities = most_similar(small[ids], small[training])
    found, places = np.unique(training[places], return_inverse=True)
    return Neighbours(found, images[found], labels[found], places.reshape(similarities.shape), similarities)


def most_similar(small: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the EACH most similar of the others, int64 (n, k), and their correlations, float32 (n, k), 3 decimals.

    Either way round, as it is or mirrored. small: float32 (n, SIDE, SIDE), others: (m, SIDE, SIDE).
    """
    flat, count = others.reshape(len(others), -1).T, min(EACH, len(others))
    places = np.zeros((len(small), count), np.int64)
    similarities = np.zeros((len(small), count), np.float32)
    for start in range(0, len(small), BLOCK):
        block = small[start : start + BLOCK]
        both = (turned.reshape(len(block), -1) @ flat for turned in (block, block[:, :, ::-1]))
        correlations = np.round(np.maximum(*both), 3)
        rows, here = np.arange(len(block)), slice(start, start + len(block))
        for rank in range(count):
            places[here, rank] = best = correlations.argmax(axis=1)
            similarities[here, rank] = correlations[rows, best]
            correlations[rows, best] = -2
    return places, similarities
