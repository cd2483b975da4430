"""People's labels of the training images (params data.human_votes), such as CIFAR-10N's three (Wei et al. 2022)."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from stages.errors import InputError


def opened(path: Path, images: int | None = None) -> np.ndarray:
    """The votes, uint8 (images, annotators), in the order of the data set's training images.

    images: their number, or None where it is not known yet. Raises InputError for a missing file, one that is not a
    plain .npy, or another shape or dtype.
    """
    count = "training images" if images is None else images
    expected = f"expected a .npy of uint8 ({count}, annotators), people's classes, in the data set's own training order"
    try:
        votes = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise _refusal(path, f"is missing; {expected}") from None
    except IsADirectoryError:
        raise _refusal(path, f"is a folder; {expected}") from None
    except PermissionError:
        raise _refusal(path, f"may not be read by this user; {expected}") from None
    except (ValueError, EOFError, BadZipFile) as error:
        raise _refusal(path, f"cannot be read ({error}); {expected}") from None
    if not isinstance(votes, np.ndarray):
        raise _refusal(path, f"is an archive of arrays; {expected}")
    if votes.dtype != np.uint8 or votes.ndim != 2 or votes.shape[0] != (images or votes.shape[0]) or not votes.size:
        raise _refusal(path, f"holds {votes.dtype} {votes.shape}; {expected}")
    return votes


def read(path: Path, images: int, classes: int) -> np.ndarray:
    """The same; raises InputError also for a vote for a class that does not exist."""
    votes = np.asarray(opened(path, images))
    if votes.max() >= classes:
        row = int(np.argmax(votes.max(axis=1) >= classes))
        problem = f"has a vote for class {votes[row].max()} at image {row}; expected classes 0 to {classes - 1}"
        raise _refusal(path, problem)
    return votes


def _refusal(path: Path, problem: str) -> InputError:
    fix = "Fix the file, or set data.human_votes to null in params.yaml."
    return InputError(f"data.human_votes: {path} {problem}. {fix}")


def dissent(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """int64 (n,), how many of an image's votes, uint8 (n, annotators), differ from its label, uint8 (n,).

    >>> dissent(np.array([[3, 3, 5], [4, 4, 4]]), np.array([3, 5])).tolist()
    [1, 3]
    """
    return (votes != labels[:, None]).sum(axis=1)


def ambiguous(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """bool (n,): at least two thirds of the votes differ from the label."""
    return dissent(votes, labels) * 3 >= 2 * votes.shape[1]


def majority(votes: np.ndarray) -> np.ndarray:
    """The class that more than half of an image's votes are for, int64 (n,); -1 where there is none.

    >>> majority(np.array([[3, 3, 5], [3, 4, 5]])).tolist()
    [3, -1]
    """
    counts = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)
    first = counts.argmax(axis=1)
    rows = np.arange(len(votes))
    return np.where(counts[rows, first] * 2 > votes.shape[1], votes[rows, first].astype(int), -1)


def label_suspect(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """bool (n,): more than half of the votes are for one and the same class, which is not the label."""
    chosen = majority(votes)
    return (chosen >= 0) & (chosen != labels)
