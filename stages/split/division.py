"""A stratified, seeded division of labelled images."""

import numpy as np
from sklearn.model_selection import train_test_split

from stages.errors import InputError
from stages.stratified import divide as divide_in_two


def divide(
    labels: np.ndarray, held_out_share: float, train_images: int | None, seed: int, pictures: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Divide images so that every class has its share in both parts.

    labels: uint8 (N,). held_out_share: 0..1. train_images: keep at most so many images to learn from, the classes'
    shares kept; None: all. pictures: int64 (N,), see copies.pictures, where copies of one are to stay in one part.
    Returns (training, held_out), each int64 and ascending, without a common index.

    The held-out images do not depend on train_images. Raises InputError where a class is too small for its share, or
    would be without images to learn from or without held-out ones.
    """
    try:
        training, held_out = divide_in_two(labels, held_out_share, seed, pictures)
        if train_images is not None and train_images < len(training):
            of_training = labels[training]
            training, _ = train_test_split(training, train_size=train_images, stratify=of_training, random_state=seed)
    except ValueError as error:
        raise InputError(_refusal(labels, held_out_share, train_images, str(error))) from None
    for part, chosen in (("learned from", training), ("held out", held_out)):
        missing = np.setdiff1d(labels, labels[chosen])
        if missing.size:
            reason = f"{missing.size} of the {len(np.unique(labels))} classes would have no image that is {part}."
            raise InputError(_refusal(labels, held_out_share, train_images, reason))
    return np.sort(training), np.sort(held_out)


def _refusal(labels: np.ndarray, held_out_share: float, train_images: int | None, reason: str) -> str:
    counts = np.bincount(labels)
    return (
        f"cannot divide {len(labels)} images ({counts[counts > 0].min()} in the smallest class) by "
        f"split.held_out_share {held_out_share} and split.train_images {train_images}: {reason} "
        "Change these parameters."
    )
