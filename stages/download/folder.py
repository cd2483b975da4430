"""A folder of the user's own pictures: one folder a class, the pictures in it."""

import os
import sys
import tempfile
import textwrap
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from tqdm import tqdm

from stages import copies
from stages.dataset import RAW
from stages.download import class_names, partition
from stages.download.batch import Batch, Source
from stages.errors import InputError
from stages.images import picture
from stages.images.picture import shown
from stages.user_paths import located

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
"""Of the names of pictures, in upper or lower case; which of the formats it is, the content says."""

MOST_CLASSES = 256
"""Labels are uint8."""

LEAST_IMAGES = 10
"""Of a class: 2 are kept for testing, 8 are left to learn from and to hold out."""

MOST_LISTED = 100
"""Files that a message lists one by one."""

_BATCH = 256
"""Images in memory at a time."""

_EXPECTED = "It must hold one folder for each class, named like the class, with JPEG, PNG or WebP files in it."


@dataclass(frozen=True)
class Listing:
    """What lies in the folder.

    class_names: the names of the class folders in Unicode's normal form NFC, sorted. pictures: the label and the path
    of each picture, class by class, sorted by name within each. deeper: folders within these. others: what is none of
    these. Both are left out; hidden files are not even named here. Paths are relative to the folder.
    """

    class_names: list[str]
    pictures: list[tuple[int, str]]
    deeper: list[str]
    others: list[str]


@dataclass(frozen=True)
class Images:
    """All pictures of the folder as arrays, and where each came from.

    images: uint8 (n, side, side, 3), a memory map. labels: uint8 (n,). files: n paths relative to the folder. The
    images lie class by class, sorted by name within each. parts: indices of the training and of the test images.
    """

    class_names: list[str]
    images: np.ndarray
    labels: np.ndarray
    files: list[str]
    parts: dict[Source, np.ndarray]


def checked(name: str | None, environment: Mapping[str, str]) -> Path:
    """The folder that data.folder names; InputError where there is none."""
    if not name:
        raise InputError("data.folder is not set; name the folder that holds one folder of pictures for each class.")
    path = located(name, environment)
    if not path.is_dir():
        problem = "is a file" if path.exists() else "is not there"
        raise InputError(f"data.folder: {path.absolute()} {problem}. {_EXPECTED}")
    return path


@contextmanager
def opened(folder: Path, side: int, skip_unreadable: bool, copies_together: bool = False) -> Iterator[Images]:
    """The pictures of the folder, decoded; they lie in a file without a name, which is gone after the body.

    side: pixels. skip_unreadable: leave out, with a warning, what cannot be read; else that is an InputError, which
    names each such file with the reason. copies_together: see partition.divide. An InputError too: fewer than 2 or more
    than 256 classes, a class of fewer than LEAST_IMAGES readable pictures or without test images, a name of a class
    that class_names refuses.
    """
    listing = listed(folder)
    if listing.others:
        _warn(f"left out of {folder}, since not named {', '.join(SUFFIXES)}:", map(shown, listing.others))
    if listing.deeper:
        why = "since these folders lie within that of a class, whose pictures lie in it directly"
        _warn(f"left out of {folder} with all that they hold, {why}:", map(shown, listing.deeper))
    RAW.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=RAW) as spool:
        labels, files, unreadable = _decode(folder, listing, side, spool)
        if unreadable and not skip_unreadable:
            count = f"{len(unreadable)} of {len(listing.pictures):,} pictures in {folder.absolute()} cannot be read:"
            fix = "Fix or remove them, or leave them out: `-S data.unreadable=skip`."
            raise InputError(f"data.folder: {count}\n{_list(unreadable)}\n{fix}")
        if unreadable:
            _warn(f"left out of {folder}, since unreadable (data.unreadable: skip):", unreadable)
        _check_classes(folder, listing, labels)
        images = np.memmap(spool, np.uint8, "r", shape=(len(labels), side, side, 3))
        parts = _divided(folder, listing.class_names, images, np.array(labels, np.uint8), copies_together)
        yield Images(listing.class_names, images, np.array(labels, np.uint8), files, parts)


def batches(images: Images) -> Iterator[Batch]:
    """The training and the test images, in the order of the folder."""
    for source, chosen in images.parts.items():
        for start in range(0, len(chosen), _BATCH):
            rows = chosen[start : start + _BATCH]
            yield Batch(source, start, len(chosen), np.asarray(images.images[rows]), images.labels[rows])


def files(images: Images) -> dict[Source, list[str]]:
    """Of the training and the test images, the file of each."""
    return {source: [images.files[row] for row in chosen] for source, chosen in images.parts.items()}


def listed(folder: Path) -> Listing:
    """The classes and their pictures, in an order that no file system decides.

    Links are followed. Names that start with a dot are passed over. InputError: fewer than 2 or more than MOST_CLASSES
    classes, a class of fewer than LEAST_IMAGES pictures, a name of a class that class_names refuses.
    """
    inside = _visible(folder)
    folders = [name for name in inside if (folder / name).is_dir()]
    names = class_names.checked(folders)
    pictures, deeper, others = [], [], [name for name in inside if name not in folders]
    for label, name in enumerate(folders):
        for file in (f"{name}/{file}" for file in _visible(folder / name)):
            if (folder / file).is_dir():
                deeper.append(file)
            elif file.lower().endswith(SUFFIXES):
                pictures.append((label, file))
            else:
                others.append(file)
    listing = Listing(names, pictures, deeper, others)
    _check_classes(folder, listing, [label for label, _ in pictures])
    return listing


def _decode(folder: Path, listing: Listing, side: int, spool: IO[bytes]) -> tuple[list[int], list[str], list[str]]:
    """Write every readable picture to the spool; labels, files, and the unreadable ones with the reason."""
    labels, files, unreadable = [], [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow finds odd, but reads
        for label, file in tqdm(listing.pictures, "read", unit=" pictures", disable=None, leave=False):
            try:
                spool.write(picture.read(folder / file, side).data)
            except picture.Unreadable as error:
                unreadable.append(f"{shown(file)}: {textwrap.shorten(shown(str(error)), 120)}")
            else:
                labels.append(label)
                files.append(shown(file))
    spool.flush()
    return labels, files, unreadable


def _divided(
    folder: Path, names: Sequence[str], images: np.ndarray, labels: np.ndarray, copies_together: bool
) -> dict[Source, np.ndarray]:
    pictures = copies.pictures(images) if copies_together else None
    train, test = partition.divide(labels, pictures)
    missing = np.setdiff1d(labels, labels[test])
    if pictures is not None and missing.size:
        counts = (f"{names[label]}: {len(np.unique(pictures[labels == label]))}" for label in missing)
        where = f"too few different pictures in {missing.size} of the {len(names)} classes of {folder.absolute()}"
        why = "the copies of a picture stay together (split.copies), so that none would be left for testing"
        fix = "Add other pictures, or divide copies like any images: `-S split.copies=separate`."
        raise InputError(f"data.folder: {where}; {why}:\n{_list([*counts])}\n{fix}")
    return {"train": train, "test": test}


def _visible(folder: Path) -> list[str]:
    try:
        names = [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError as error:
        raise InputError(f"data.folder: {shown(str(folder))}: {error.strerror}.") from None
    return sorted(names, key=lambda name: (unicodedata.normalize("NFC", name), name))


def _check_classes(folder: Path, listing: Listing, labels: Sequence[int]) -> None:
    """labels: of the pictures that can be read."""
    names = listing.class_names
    if not 2 <= len(names) <= MOST_CLASSES:
        count = f"{len(names)} class folder{'s' * (len(names) != 1)} in {folder.absolute()}"
        raise InputError(f"data.folder: {count}; expected 2 to {MOST_CLASSES}. {_level(folder, listing)}{_EXPECTED}")
    counts, unreadable = Counter(labels), Counter(label for label, _ in listing.pictures)
    unreadable.subtract(counts)
    few = [
        f"{name}: {counts[label]} images" + (f" ({unreadable[label]} unreadable)" if unreadable[label] else "")
        for label, name in enumerate(names)
        if counts[label] < LEAST_IMAGES
    ]
    if few:
        where = f"too few images in {len(few)} of the {len(names)} classes of {folder.absolute()}"
        why = f"each needs {LEAST_IMAGES}, to be divided into training, held-out and test images"
        level = _level(folder, listing)
        fix = level + _EXPECTED if level else f"Add images ({', '.join(SUFFIXES)}), or take these folders away."
        raise InputError(f"data.folder: {where}; {why}:\n{_list(few)}\n{fix}")


def _level(folder: Path, listing: Listing) -> str:
    """A hint where the classes seem to lie one level deeper or higher; else nothing."""
    if listing.deeper and not listing.pictures:
        parents = Counter(Path(inner).parent for inner in listing.deeper)
        most = max(parents, key=lambda parent: (parents[parent], parent.name))
        return f"The classes seem to lie one level deeper: name a folder such as {folder / most}. "
    if not listing.class_names and any(name.lower().endswith(SUFFIXES) for name in listing.others):
        return f"The pictures lie in the folder itself; if it is one of the classes, name {folder.absolute().parent}. "
    return ""


def _warn(what: str, names: Iterable[str]) -> None:
    print(f"download: warning: {what}\n{_list(list(names))}", file=sys.stderr)


def _list(entries: Sequence[str]) -> str:
    lines = [f"  {entry}" for entry in entries[:MOST_LISTED]]
    if len(entries) > MOST_LISTED:
        lines.append(f"  and {len(entries) - MOST_LISTED:,} more")
    return "\n".join(lines)
