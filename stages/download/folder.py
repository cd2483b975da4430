"""A folder of the user's own pictures: one folder a class, the pictures in it."""

import os
import sys
import tempfile
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from stages.dataset import RAW
from stages.download import partition, picture
from stages.download.batch import Batch
from stages.download.source import checkout
from stages.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg")
"""Of the names of pictures, in upper or lower case; which of the two formats it is, the content says."""

MOST_CLASSES = 256
"""Labels are uint8."""

LEAST_IMAGES = 10
"""Of a class: 2 are kept for testing, 8 are left to learn from and to hold out."""

MOST_LISTED = 100
"""Files that a message lists one by one."""

_BATCH = 256
"""Images in memory at a time."""


@dataclass(frozen=True)
class Listing:
    """What lies in the folder.

    class_names: the names of the class folders in Unicode's normal form NFC, sorted. folders: the same as the file
    system has them. pictures: of each class, its pictures' file names, sorted. others: what is neither, relative to
    the folder, and is left out; hidden files are not even named here.
    """

    class_names: tuple[str, ...]
    folders: tuple[str, ...]
    pictures: tuple[tuple[str, ...], ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Images:
    """All pictures of the folder as arrays, and where each came from.

    images: uint8 (n, side, side, 3), a memory map. labels: uint8 (n,). files: n paths relative to the folder. The
    images lie class by class, sorted by name within each.
    """

    class_names: tuple[str, ...]
    images: np.ndarray
    labels: np.ndarray
    files: tuple[str, ...]

    def divided(self) -> dict[str, np.ndarray]:
        """Indices of the training and of the test images, see partition.divide."""
        return dict(zip(("train", "test"), partition.divide(self.labels), strict=True))


def located(name: str | None, environment: Mapping[str, str]) -> Path:
    """The folder that data.folder names, relative to the checkout."""
    if not name:
        raise InputError("data.folder is not set; name the folder that holds one folder of pictures for each class.")
    path = checkout(environment) / Path(name).expanduser()
    if not path.is_dir():
        found = "is a file" if path.exists() else "is not there"
        raise InputError(f"data.folder: {path.absolute()} {found}. {_EXPECTED}")
    return path


@contextmanager
def opened(folder: Path, side: int, skip_unreadable: bool) -> Iterator[Images]:
    """The pictures of the folder, decoded; they lie in a file without a name, which is gone after the body.

    side: pixels. skip_unreadable: leave out, with a warning, what cannot be read; else that is an InputError, which
    names each such file with the reason. An InputError too: fewer than 2 or more than 256 classes, a class of fewer
    than LEAST_IMAGES readable pictures, a name that cannot be shown.
    """
    listing = listed(folder)
    _check_classes(folder, listing, [len(names) for names in listing.pictures], [0] * len(listing.pictures))
    if listing.others:
        _warn(f"left out of {folder}, since not named {', '.join(SUFFIXES)}:", listing.others)
    RAW.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=RAW) as spool:
        labels, files, unreadable = _decode(folder, listing, side, spool)
        if unreadable and not skip_unreadable:
            raise InputError(_refusal(folder, unreadable, len(files) + len(unreadable)))
        if unreadable:
            _warn(f"left out of {folder}, since unreadable (data.unreadable: skip):", map(": ".join, unreadable))
        counts = np.bincount(np.array(labels, int), minlength=len(listing.class_names))
        lost = [len(names) - count for names, count in zip(listing.pictures, counts, strict=True)]
        _check_classes(folder, listing, counts, lost)
        images = np.memmap(spool, np.uint8, "r", shape=(len(labels), side, side, 3))
        yield Images(listing.class_names, images, np.array(labels, np.uint8), tuple(files))


def batches(images: Images) -> Iterator[Batch]:
    """The training and the test images, in the order of the folder."""
    for source, chosen in images.divided().items():
        for start in range(0, len(chosen), _BATCH):
            rows = chosen[start : start + _BATCH]
            yield Batch(source, start, len(chosen), np.asarray(images.images[rows]), images.labels[rows])


def files(images: Images) -> dict[str, list[str]]:
    """Of the training and the test images, the file of each."""
    return {source: [images.files[row] for row in chosen] for source, chosen in images.divided().items()}


def listed(folder: Path) -> Listing:
    """The classes and their pictures, in an order that no file system decides.

    Links are followed. Names that start with a dot are passed over.
    """
    inside = _visible(folder)
    folders = sorted((name for name in inside if (folder / name).is_dir()), key=_order)
    names = [_class_name(name) for name in folders]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"data.folder: {folder} has two folders that read alike: {', '.join(twice)}. Rename one.")
    others = [shown(name) for name in sorted(inside, key=_order) if name not in set(folders)]
    pictures = []
    for name in folders:
        within = sorted(_visible(folder / name), key=_order)
        pictures.append(tuple(file for file in within if _is_picture(folder / name / file)))
        others += [shown(f"{name}/{file}") for file in within if file not in set(pictures[-1])]
    return Listing(tuple(names), tuple(folders), tuple(pictures), tuple(others))


def shown(name: str) -> str:
    """A file's name as text that any terminal and page can show."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(ascii(letter)[1:-1] if unicodedata.category(letter) in _UNSHOWN else letter for letter in text)


def _decode(folder: Path, listing: Listing, side: int, spool) -> tuple[list[int], list[str], list[tuple[str, str]]]:
    """Write every readable picture to the spool; labels, files, and the unreadable ones with the reason."""
    labels, read, unreadable = [], [], []
    every = [(label, name, file) for label, name in enumerate(listing.folders) for file in listing.pictures[label]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow finds odd, but reads
        for label, name, file in tqdm(every, "read", unit=" pictures", disable=None, leave=False):
            try:
                spool.write(picture.read(folder / name / file, side).data)
            except picture.Unreadable as error:
                unreadable.append((shown(f"{name}/{file}"), _short(shown(str(error)))))
            else:
                labels.append(label)
                read.append(shown(f"{name}/{file}"))
    spool.flush()
    return labels, read, unreadable


def _visible(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError as error:
        raise InputError(f"data.folder: {shown(str(folder))}: {error.strerror}.") from None


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.is_dir()


def _order(name: str) -> tuple[str, str]:
    return unicodedata.normalize("NFC", name), name


_UNSHOWN = ("Cc", "Cs", "Zl", "Zp")
"""Unicode's categories of control characters, halves of characters, ends of lines and of paragraphs."""


def _class_name(name: str) -> str:
    if shown(name) != name:
        raise InputError(f"data.folder: the class folder '{shown(name)}' has a name that cannot be shown. Rename it.")
    return unicodedata.normalize("NFC", name)


def _check_classes(folder: Path, listing: Listing, counts: Sequence[int], unreadable: Sequence[int]) -> None:
    if not 2 <= len(listing.class_names) <= MOST_CLASSES:
        found = f"{len(listing.class_names)} class folders in {folder.absolute()}"
        raise InputError(f"data.folder: {found}; expected 2 to {MOST_CLASSES}. {_EXPECTED}")
    few = [
        f"{name}: {count} images" + (f" ({bad} unreadable)" if bad else "")
        for name, count, bad in zip(listing.class_names, counts, unreadable, strict=True)
        if count < LEAST_IMAGES
    ]
    if few:
        where = f"too few images in {len(few)} of the {len(listing.class_names)} classes of {folder.absolute()}"
        why = f"each needs {LEAST_IMAGES}, to be divided into training, held-out and test images"
        raise InputError(f"data.folder: {where}; {why}:\n{_list(few)}\n{_mend(folder, listing)}")


def _mend(folder: Path, listing: Listing) -> str:
    """How to mend classes with too few images; a hint where the classes lie one level deeper."""
    deeper = [name for name in listing.folders if any(path.is_dir() for path in (folder / name).iterdir())]
    if deeper and not any(listing.pictures):
        return f"The pictures seem to lie one level deeper: name a folder such as {folder / deeper[0]}. {_EXPECTED}"
    return f"Add images ({', '.join(SUFFIXES)}), or take these folders away."


def _refusal(folder: Path, unreadable: Sequence[tuple[str, str]], of: int) -> str:
    count = f"{len(unreadable)} of {of:,} pictures in {folder.absolute()} cannot be read:"
    mend = "Mend or remove them, or leave them out: `-S data.unreadable=skip`."
    return f"data.folder: {count}\n{_list(list(map(': '.join, unreadable)))}\n{mend}"


def _warn(what: str, names: Iterable[str]) -> None:
    print(f"download: warning: {what}\n{_list(list(names))}", file=sys.stderr)


def _list(entries: Sequence[str]) -> str:
    lines = [f"  {entry}" for entry in entries[:MOST_LISTED]]
    if len(entries) > MOST_LISTED:
        lines.append(f"  and {len(entries) - MOST_LISTED:,} more")
    return "\n".join(lines)


def _short(reason: str) -> str:
    return reason if len(reason) <= 120 else reason[:117] + "..."


_EXPECTED = "It must hold one folder for each class, named like the class, with PNG or JPEG files in it."
