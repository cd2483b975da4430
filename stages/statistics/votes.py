"""People's labels of images (params data.human_votes): CIFAR-10N's three of each training image (Wei et al. 2022).

A .npy has those of the training images; a .npz has them as `train`, and may have those of the test images as `test`,
such as CIFAR-10H's fifty (Peterson et al. 2019).
"""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from stages.errors import InputError

NO_VOTE = 255
"""Instead of a class, where an annotator did not see the image."""
FEWEST = 2
"""Votes without which an image is neither suspect nor ambiguous."""
SOURCES = {"train": "training images", "test": "test images"}


def check(path: Path) -> None:
    """InputError for what can be known of the file before the images are: all but their number and that of classes."""
    for source, votes in _arrays(path, _expected(SOURCES["train"])).items():
        _require_votes(path, votes, len(votes) if votes.ndim else 0, _expected(SOURCES[source]))


def read(path: Path, images: int, classes: int) -> np.ndarray:
    """The votes on the training images, uint8 (images, annotators), in the data set's order; NO_VOTE for none.

    InputError for a missing file, one that is neither a plain .npy nor a .npz of `train` and `test`, another shape or
    dtype, a vote for a class that does not exist, or more than 255 classes.
    """
    expected = _expected(images)
    return _checked(path, _arrays(path, expected)["train"], images, classes, expected)


def read_test(path: Path, images: int, classes: int) -> np.ndarray | None:
    """The same of the test images; None where the file has none."""
    votes = _arrays(path, _expected(SOURCES["train"])).get("test")
    return None if votes is None else _checked(path, votes, images, classes, _expected(images))


def _expected(images: int | str) -> str:
    return (
        f"expected a .npy of uint8 ({images}, annotators), people's classes, in the data set's own order, or a .npz "
        "with `train`, for the training images, and `test`"
    )


def _arrays(path: Path, expected: str) -> dict[str, np.ndarray]:
    """By source; `train` is there."""
    try:
        loaded = np.load(path, mmap_mode="r", allow_pickle=False)
        arrays = {"train": loaded} if isinstance(loaded, np.ndarray) else dict(loaded)
    except FileNotFoundError:
        raise _refusal(path, f"is missing; {expected}") from None
    except IsADirectoryError:
        raise _refusal(path, f"is a folder; {expected}") from None
    except PermissionError:
        raise _refusal(path, f"may not be read by this user; {expected}") from None
    except (ValueError, EOFError, BadZipFile) as error:
        raise _refusal(path, f"cannot be read ({error}); {expected}") from None
    if "train" not in arrays or not set(arrays) <= set(SOURCES):
        raise _refusal(path, f"is an archive of arrays ({', '.join(sorted(arrays)) or 'none'}); {expected}")
    return arrays


def _require_votes(path: Path, votes: np.ndarray, images: int, expected: str) -> None:
    if votes.dtype != np.uint8 or votes.ndim != 2 or len(votes) != images or not votes.size:
        raise _refusal(path, f"holds {votes.dtype} {votes.shape}; {expected}")


def _checked(path: Path, array: np.ndarray, images: int, classes: int, expected: str) -> np.ndarray:
    _require_votes(path, array, images, expected)
    votes = np.asarray(array)
    if classes > NO_VOTE:
        raise _refusal(path, f"has votes on {classes} classes; expected at most {NO_VOTE}, as {NO_VOTE} means no vote")
    unknown = (votes >= classes) & (votes != NO_VOTE)
    if unknown.any():
        row, annotator = np.argwhere(unknown)[0]
        problem = f"has a vote for class {votes[row, annotator]} at image {row}"
        raise _refusal(path, f"{problem}; expected classes 0 to {classes - 1}, or {NO_VOTE} for no vote")
    return votes


def _refusal(path: Path, problem: str) -> InputError:
    fix = "Fix the file, or set data.human_votes to null in params.yaml."
    return InputError(f"data.human_votes: {path} {problem}. {fix}")


def number(votes: np.ndarray) -> np.ndarray:
    """int64 (n,), how many votes an image has."""
    return (votes != NO_VOTE).sum(axis=1)


def dissent(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """int64 (n,), how many of an image's votes, uint8 (n, annotators), differ from its label, uint8 (n,); -1: no votes.

    >>> dissent(np.array([[3, 3, 5], [4, 4, 255], [255, 255, 255]]), np.array([3, 5, 0])).tolist()
    [1, 2, -1]
    """
    differing = ((votes != labels[:, None]) & (votes != NO_VOTE)).sum(axis=1)
    return np.where(number(votes) > 0, differing, -1)


def ambiguous(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """bool (n,): the image has two or more votes, and at least two thirds of them differ from the label."""
    return (number(votes) >= FEWEST) & (dissent(votes, labels) * 3 >= 2 * number(votes))


def unanimous(votes: np.ndarray) -> np.ndarray:
    """The class that all of an image's votes, two or more, are for, int64 (n,); -1 where there is none.

    >>> unanimous(np.array([[3, 3, 5], [4, 4, 255], [4, 255, 255]])).tolist()
    [-1, 4, -1]
    """
    lowest, highest = votes.min(axis=1), np.where(votes == NO_VOTE, 0, votes).max(axis=1)
    return np.where((number(votes) >= FEWEST) & (lowest == highest), lowest.astype(int), -1)


def majority(votes: np.ndarray) -> np.ndarray:
    """The class that more than half of an image's votes are for, int64 (n,); -1 where there is none.

    >>> majority(np.array([[3, 3, 5], [4, 5, 255], [4, 255, 255]])).tolist()
    [3, -1, 4]
    """
    supporters = (votes[:, :, None] == votes[:, None, :]).sum(axis=2) * (votes != NO_VOTE)
    chosen = votes[np.arange(len(votes)), supporters.argmax(axis=1)]
    return np.where(2 * supporters.max(axis=1) > number(votes), chosen.astype(int), -1)


def suspect(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """bool (n,): the votes, two or more, are all for one and the same class, which is not the label."""
    chosen = unanimous(votes)
    return (chosen >= 0) & (chosen != labels)


def by_slips(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The chance that an image is suspect if annotators err independently, float (n,).

    Each column of votes is an annotator, who gives class d to an image of label c at the rate of that column. An
    image's chance is the sum over d other than c of the product of its annotators' rates. The rates count errors of the
    labels too, so this is rather too much than too little.

    Two annotators; either takes one of the two images of label 0 for class 1: 1/2 * 1/2 for both images.

    >>> by_slips(np.array([[1, 0], [0, 1]]), np.array([0, 0])).tolist()
    [0.25, 0.25]
    """
    classes = 1 + max(int(labels.max()), int(np.where(votes == NO_VOTE, 0, votes).max()))
    chances = np.ones((len(votes), classes))
    for chosen in votes.T:
        voted = chosen != NO_VOTE
        counts = np.zeros((classes, classes))
        np.add.at(counts, (labels[voted], chosen[voted]), 1)
        rates = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        chances[voted] *= rates[labels[voted]]
    chances[np.arange(len(votes)), labels] = 0
    return np.where(number(votes) >= FEWEST, chances.sum(axis=1), 0)
