"""Labelled images divided in two, so that every class has the same shares in both."""

import numpy as np
from sklearn.model_selection import train_test_split

from stages.streams import stream


def divide(
    labels: np.ndarray, share: float, seed: int, pictures: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the images that stay and of those taken away, int64, unsorted; `share` of each class is taken away.

    labels: uint8 (n,). share: 0..1. pictures: int64 (n,), see copies.pictures; images of one picture are not
    separated, whatever their labels. None: every image shows another. The share of a class is then kept as well as
    its pictures can: where their labels agree, it is missed by at most half the images of the class's most copied
    picture.

    Raises ValueError where scikit-learn cannot divide a class.

    >>> [part.tolist() for part in divide(np.zeros(6, np.uint8), 0.5, 0, np.array([0, 0, 0, 3, 3, 3]))]
    [[3, 4, 5], [0, 1, 2]]
    """
    if pictures is None or len(np.unique(pictures)) == len(pictures):
        stay, taken = train_test_split(np.arange(len(labels)), test_size=share, stratify=labels, random_state=seed)
        return stay, taken
    is_taken = np.isin(pictures, _taken(labels, share, seed, pictures))
    return np.flatnonzero(~is_taken), np.flatnonzero(is_taken)


def _taken(labels: np.ndarray, share: float, seed: int, pictures: np.ndarray) -> list[int]:
    """The most copied pictures first, since those with few images can make up for what these miss of the share."""
    different, sizes = np.unique(pictures, return_counts=True)
    by_chance = stream("division", seed).permutation(len(different))
    seen, chosen, taken = np.zeros(labels.max() + 1), np.zeros(labels.max() + 1), []
    for place in by_chance[np.argsort(-sizes[by_chance], kind="stable")]:
        label, size = labels[different[place]], sizes[place]
        seen[label] += size
        if chosen[label] + size / 2 <= share * seen[label]:
            chosen[label] += size
            taken.append(different[place])
    return taken
