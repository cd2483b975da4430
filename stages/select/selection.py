"""Which images a run learns from, and as what."""

from collections.abc import Mapping, Sequence

import numpy as np

from stages.errors import InputError
from stages.settings import AnySettings, NetworkSettings
from stages.statistics import votes
from stages.streams import stream


def require_classes(networks: Mapping[str, AnySettings], names: Sequence[str]) -> None:
    """InputError where a network is to learn without a class that does not exist."""
    for network, settings in networks.items():
        if isinstance(settings, NetworkSettings) and settings.without not in (None, *names):
            raise InputError(
                f"networks.{network}.without: no class is called {settings.without!r}; there are {', '.join(names)}."
            )


def targets(
    settings: NetworkSettings,
    seed: int,
    labels: np.ndarray,
    training: np.ndarray,
    names: Sequence[str],
    people: np.ndarray,
) -> np.ndarray:
    """int16 (N,), see stages.targets.path: without a class, then `drop`, then `train_share`, then other labels.

    seed: the run's; it draws what is left to chance. labels: uint8 (N,). training: int64 (n,), indices that may be
    learned from. names: of the classes. people: their votes, uint8 (N, annotators).
    """
    chosen = training if settings.without is None else training[labels[training] != names.index(settings.without)]
    which, share = settings.dropped()
    if share:
        order = stream("drop", which, seed).permutation(chosen)
        if which == "doubtful":
            order = order[np.argsort(votes.dissent(people[order], labels[order]), kind="stable")]
        chosen = first_of_each_class(order, labels, 1 - share)
    if settings.train_share < 1:
        order = stream("train_share", seed).permutation(chosen)
        chosen = first_of_each_class(order, labels, settings.train_share)
    result = unknown(len(labels))
    result[chosen] = labels[chosen]
    if settings.labels == "votes":
        majority = votes.majority(people[chosen])
        result[chosen] = np.where(majority < 0, labels[chosen], majority)
    return shuffled(result, chosen, settings.label_noise, seed)


def unknown(images: int) -> np.ndarray:
    """int16 (images,), the targets of a network of which nobody knows an image that it learned from.

    >>> unknown(2)
    array([-1, -1], dtype=int16)
    """
    return np.full(images, -1, "int16")


def first_of_each_class(order: np.ndarray, labels: np.ndarray, share: float) -> np.ndarray:
    """The indices in `order` that come first in their class, as many as the share of it, rounded, but at least one.

    >>> first_of_each_class(np.array([3, 0, 2, 1]), np.array([7, 7, 8, 7]), 0.5)
    array([0, 2, 3])
    """
    of_classes = [order[labels[order] == label] for label in np.unique(labels[order])]
    return np.sort(np.concatenate([each[: max(1, round(share * len(each)))] for each in of_classes]))


def shuffled(targets: np.ndarray, chosen: np.ndarray, share: float, seed: int) -> np.ndarray:
    """The targets of a share of the chosen images, permuted among these: each class stays as frequent as it was.

    Some keep their target by chance. The images of a smaller share are among those of a larger one.
    """
    rng = stream("label_noise", seed)
    noisy = rng.permutation(chosen)[: round(share * len(chosen))]
    result = targets.copy()
    result[noisy] = targets[rng.permutation(noisy)]
    return result
