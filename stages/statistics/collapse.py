"""Runs that answer the same class for every image have learned nothing: what is left without them, and what helps."""

import math

import numpy as np


def kept(collapsed: np.ndarray) -> tuple[list[int], list[int]]:
    """The places of networks and seeds that are left, so that every network has every seed and no run collapsed.

    collapsed: bool (networks, seeds). The network, or the seed, with the largest share of collapsed runs goes first,
    and so on until no run is collapsed; of equals, the seed. So, of one collapsed run, what leaves more runs:

    >>> kept(np.array([[False, True, False, False], [False] * 4, [False] * 4]))
    ([0, 1, 2], [0, 2, 3])
    >>> kept(np.array([[False, True], [False, False], [False, False]]))
    ([1, 2], [0, 1])
    >>> kept(np.array([[True, True]]))
    ([], [])
    """
    networks, seeds = (list(range(size)) for size in collapsed.shape)
    while (left := collapsed[np.ix_(networks, seeds)]).any():
        by_network, by_seed = left.mean(axis=1), left.mean(axis=0)
        if by_seed.max() >= by_network.max():
            del seeds[int(by_seed.argmax())]
        else:
            del networks[int(by_network.argmax())]
    return (networks, seeds) if networks and seeds else ([], [])


def remedy(classes: int) -> str:
    """What to do about a collapsed run of so many classes.

    >>> remedy(2)
    'The loss of such a run stays at ln 2 = 0.693: train it with a smaller learning rate, or with another seed'
    """
    advice = "train it with a smaller learning rate, or with another seed"
    return f"The loss of such a run stays at ln {classes} = {math.log(classes):.3f}: {advice}"
