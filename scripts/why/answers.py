"""What one run answers: the arrays of a file, checked and brought to one form."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import softmax

from scripts.why.arrays import Arrays
from stages.errors import InputError

KINDS = ("probabilities", "logits", "predicted")
MOST_CLASSES = 4096
CHUNK = 8192
"""Images at a time."""
EXACT, NEAR = 1e-4, 0.01
"""How far a row may sum from 1: as it is, and divided by its sum, for rounded numbers."""


@dataclass(frozen=True)
class Answers:
    """labels: uint16 (n,). probabilities: float32 (n, classes), of no classes where `predicted` alone is known: uint16
    (n,), or None. ids, paths: str (n,), or None. names: of the classes, those that the file states, or None.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    predicted: np.ndarray | None
    ids: np.ndarray | None
    paths: np.ndarray | None
    names: tuple[str, ...]

    def of(self, places: np.ndarray) -> "Answers":
        """Those to the images at these places, in this order."""
        fields = ("labels", "probabilities", "predicted", "ids", "paths")
        known = {name: getattr(self, name) for name in fields if getattr(self, name) is not None}
        return replace(self, **{name: values[places] for name, values in known.items()})


def checked(path: Path, arrays: Arrays, names: Sequence[str] | None) -> Answers:
    """The answers of a file; names: of the classes, None where the file, or else the numbers of classes, name them.

    Raises InputError with the first problem, and the row that has it.
    """
    given = [kind for kind in KINDS if kind in arrays]
    if "labels" not in arrays or len(given) != 1:
        there = ", ".join(name for name in arrays if name != "names") or "nothing"
        raise InputError(f"{path} holds {there}; expected labels, and one of {', '.join(KINDS)}.")
    kind = given[0]
    images = len(np.atleast_1d(arrays["labels"]))
    if images < 2:
        raise InputError(f"{path}: {images} image(s); expected at least 2.")
    for name, array in arrays.items():
        if name != "names" and len(np.atleast_1d(array)) != images:
            raise InputError(f"{path}: {images:,} labels and {len(np.atleast_1d(array)):,} {name}; expected as many.")
    names = _names(path, arrays, kind, names)
    labels = codes(path, "labels", arrays["labels"], names)
    probabilities, predicted = np.empty((images, 0), np.float32), None
    if kind == "predicted":
        predicted = codes(path, kind, arrays[kind], names)
    else:
        probabilities = _probabilities(path, kind, arrays[kind])
    ids, paths = (_texts(path, name, arrays[name]) if name in arrays else None for name in ("ids", "paths"))
    if ids is not None:
        _check_distinct(path, ids)
    return Answers(labels, probabilities, predicted, ids, paths, tuple(names))


def _names(path: Path, arrays: Arrays, kind: str, names: Sequence[str] | None) -> Sequence[str]:
    """The names of the classes, as many as the answers have."""
    stated = arrays.get("names")
    if names is not None and stated and list(names) != list(stated):
        pairs = ((one, other) for one, other in zip(names, stated, strict=False) if one != other)
        there, here = next(pairs, (f"{len(names):,} classes", f"{len(stated):,}"))
        raise InputError(f"{path}: its classes are not those of the others: {here!r} instead of {there!r}.")
    names = names or stated
    if kind == "predicted":
        highest = 0 if names else max(int(_whole(path, name, arrays[name]).max()) for name in ("labels", kind))
        classes = len(names) if names else highest + 1
    else:
        array = arrays[kind]
        if array.ndim != 2:
            fix = " Of two classes, give both: np.stack([1 - p, p], axis=1)." if array.ndim == 1 else ""
            raise InputError(f"{path}: {kind} {array.shape}; expected (images, classes).{fix}")
        classes = array.shape[1]
    if not 2 <= classes <= MOST_CLASSES:
        fix = " Of two classes, give both: np.concatenate([1 - p, p], axis=1)." if classes == 1 else ""
        raise InputError(f"{path}: {classes:,} class(es); expected 2 to {MOST_CLASSES:,}.{fix}")
    names = names or [str(number) for number in range(classes)]
    if len(names) != classes:
        raise InputError(f"{path}: {kind} of {classes:,} classes, and {len(names):,} names of classes.")
    return names


def codes(path: Path, name: str, array: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Classes as uint16 (n,), from numbers, or from names."""
    place = {str(number): number for number in range(len(names))} | {text: at for at, text in enumerate(names)}
    if array.ndim == 1 and array.dtype.kind == "U" and all(text in place for text in np.unique(array).tolist()):
        return np.array([place[text] for text in array.tolist()], np.uint16)
    numbers = _whole(path, name, array)
    outside = (numbers < 0) | (numbers >= len(names))
    if outside.any():
        row = int(outside.argmax())
        expected = f"expected 0 to {len(names) - 1}" + (", or the name of a class" if array.dtype.kind == "U" else "")
        fix = "The classes are those of classes.txt, or else of the first file"
        raise InputError(f"{path}, row {row}: {name} has {numbers[row]}; {expected}. {fix}.")
    return numbers.astype(np.uint16)


def _whole(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    """int64 (n,)."""
    if array.ndim != 1:
        fix = " Of one-hot rows, take .argmax(axis=1)." if array.ndim == 2 else ""
        raise InputError(f"{path}: {name} {array.shape}; expected (images,), one class each.{fix}")
    if array.dtype.kind == "U":
        bad = next((row for row, text in enumerate(array.tolist()) if not (text.isascii() and text.isdecimal())), None)
        if bad is not None or max(map(len, array.tolist())) > 9:
            row = 0 if bad is None else bad
            problem = f"row {row}: {name} has {str(array[row])[:40]!r}, neither a class's name nor its number"
            raise InputError(f"{path}, {problem}. Name the classes in classes.txt, one a line.")
        return array.astype(np.int64)
    if array.dtype.kind not in "biuf":
        raise InputError(f"{path}: {name} are {array.dtype}; expected whole numbers or the names of classes.")
    with np.errstate(invalid="ignore"):
        numbers = array.astype(np.int64)
    if array.dtype.kind == "f" and (numbers != array).any():
        row = int((numbers != array).argmax())
        raise InputError(f"{path}, row {row}: {name} has {array[row]}; expected whole numbers from 0.")
    return numbers


def _probabilities(path: Path, kind: str, array: np.ndarray) -> np.ndarray:
    """float32 (n, classes), rows sum to 1."""
    if array.dtype.kind not in "iuf":
        raise InputError(f"{path}: {kind} are {array.dtype}; expected numbers. Save np.asarray(x, dtype=np.float32).")
    result = np.empty(array.shape, np.float32)
    for start, rows in _chunks(array):
        finite = np.isfinite(rows)
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            problem = f"row {start + row}: {kind} has {rows[row, column]} for class {column}"
            raise InputError(f"{path}, {problem}; expected finite numbers.")
        result[start : start + len(rows)] = softmax(rows.astype(np.float64), axis=1) if kind == "logits" else rows
        if kind == "probabilities":
            _check_sums(path, start, rows, result[start : start + len(rows)])
    return result


def _check_sums(path: Path, start: int, rows: np.ndarray, result: np.ndarray) -> None:
    """Rounded rows of `result` are divided by their sums, in place."""
    sums = rows.sum(axis=1, dtype=np.float64)
    bad = (rows.min(axis=1) < 0) | (np.abs(sums - 1) > NEAR)
    if bad.any():
        row = int(bad.argmax())
        lowest = rows[row].min()
        problem = f"sums to {sums[row]:.6g}; expected 1" if lowest >= 0 else f"has {lowest:.6g}; expected 0 to 1"
        fix = "If these are logits, name the array logits (in a .csv, the columns logit:<class>)"
        raise InputError(f"{path}, row {start + row} of the probabilities {problem}. {fix}.")
    rounded = np.abs(sums - 1) > EXACT
    result[rounded] /= sums[rounded, None]


def _chunks(array: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(array), CHUNK):
        yield start, array[start : start + CHUNK]


def _texts(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    if array.ndim != 1 or array.dtype.kind not in "iuU":
        raise InputError(f"{path}: {name} are {array.dtype} {array.shape}; expected (images,), whole numbers or text.")
    return array.astype(str)


def _check_distinct(path: Path, ids: np.ndarray) -> None:
    order = np.argsort(ids, kind="stable")
    same = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if len(same):
        first, second = order[same[0]], order[same[0] + 1]
        raise InputError(f"{path}: the id {ids[first]!s} is there twice, in rows {first} and {second}; expected once.")


def aligned(first: Answers, other: Answers, names: tuple[str, str]) -> Answers:
    """The other answers in the order of the first; InputError that names the first image that is not the same.

    names: of the two files.
    """
    a, b = names
    if len(first.labels) != len(other.labels):
        counts = f"{len(first.labels):,} images, and {b} of {len(other.labels):,}"
        raise InputError(f"{a} is of {counts}; expected the same images in every run.")
    if (first.probabilities.shape[1] == 0) != (other.probabilities.shape[1] == 0):
        only = b if first.probabilities.shape[1] else a
        fix = "Give probabilities for both, or for both predicted=probabilities.argmax(axis=1)"
        raise InputError(f"{only} has the classes answered alone, the other of {a} and {b} has more. {fix}.")
    if first.ids is not None and other.ids is not None and (first.ids != other.ids).any():
        if (np.sort(first.ids) != np.sort(other.ids)).any():
            row = int((first.ids != other.ids).argmax())
            shown = f"id {first.ids[row]} in {a}, {other.ids[row]} in {b}"
            raise InputError(f"Row {row}: {shown}; expected the same images in every run.")
        order = np.empty(len(first.ids), int)
        order[np.argsort(first.ids, kind="stable")] = np.argsort(other.ids, kind="stable")
        other = other.of(order)
    if (first.labels != other.labels).any():
        row = int((first.labels != other.labels).argmax())
        shown = f"label {first.names[first.labels[row]]} in {a}, {first.names[other.labels[row]]} in {b}"
        fix = "" if first.ids is not None else " If the order differs, add ids to both."
        raise InputError(f"Row {row}: {shown}; expected the same images in every run.{fix}")
    return other
