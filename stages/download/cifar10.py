"""CIFAR-10 in its binary version: Krizhevsky 2009, "Learning multiple layers of features from tiny images".

A record is one label byte and 3072 pixel bytes: the red, the green, the blue plane of 32 rows of 32 columns
(https://www.cs.toronto.edu/~kriz/cifar.html).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from stages.download.batch import Batch
from stages.download.fetch import Remote
from stages.errors import InputError

HOME = Remote(
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    size=170_052_171,
    md5="c32a1d4ab5d03f1284b67883e8d87530",
)

FOLDER = "cifar-10-batches-bin"
NAMES_FILE, TEST_FILE, README_FILE = "batches.meta.txt", "test_batch.bin", "readme.html"

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""In the order of the labels."""

RECORD = 1 + 3 * 32 * 32
"""Bytes of one image and its label."""


@dataclass(frozen=True)
class Layout:
    """What the batches of the archive must be."""

    images: int
    """Of each training batch, and the most that the test batch may hold."""
    sha256: tuple[str, ...]
    """Of each training batch, so that the training arrays are the same bytes wherever the archive came from."""

    def sizes(self, least_test_images: int) -> dict[str, range]:
        """The files of the archive and the sizes in bytes that each may have."""
        whole = self.images * RECORD
        return {
            NAMES_FILE: range(1, 4097),
            **{_train_file(number): range(whole, whole + 1) for number in range(len(self.sha256))},
            TEST_FILE: range(least_test_images * RECORD, whole + 1, RECORD),
            README_FILE: range(65537),
        }


PUBLISHED = Layout(
    images=10_000,
    sha256=(
        "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
        "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
        "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
        "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
        "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    ),
)


def batches(files: Iterable[tuple[str, bytes]], layout: Layout = PUBLISHED) -> Iterator[Batch]:
    """The images and labels in the files of the archive, whose names and sizes are those of the layout.

    The training images keep the data set's own order: data_batch_1 first, wherever it lies in the archive.
    Raises InputError where a training batch has another check sum, a label is above 9, or the classes have other names.
    """
    numbers = {_train_file(number): number for number in range(len(layout.sha256))}
    for name, content in files:
        if name in numbers:
            number = numbers[name]
            _check_sha256(name, content, layout.sha256[number])
            start, total = number * layout.images, len(numbers) * layout.images
            yield Batch("train", start, total, *_decoded(name, content))
        elif name == TEST_FILE:
            yield Batch("test", 0, len(content) // RECORD, *_decoded(name, content))
        elif name == NAMES_FILE:
            _check_names(content)


def _train_file(number: int) -> str:
    return f"data_batch_{number + 1}.bin"


def _decoded(name: str, content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (n, 32, 32, 3) and labels uint8 (n,) of n records."""
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    labels = records[:, 0].copy()
    wrong = np.flatnonzero(labels >= len(CLASS_NAMES))
    if wrong.size:
        raise InputError(f"{name}: image {wrong[0]} has the label {labels[wrong[0]]}; expected 0 to 9")
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels


def _check_sha256(name: str, content: bytes, expected: str) -> None:
    arrived = hashlib.sha256(content).hexdigest()
    if arrived != expected:
        raise InputError(f"{name} has the sha256 {arrived}; expected {expected}, that of the published images")


def _check_names(content: bytes) -> None:
    names = content.decode("ascii", errors="replace").split()
    if names != list(CLASS_NAMES):
        raise InputError(f"{NAMES_FILE} does not name the classes {', '.join(CLASS_NAMES)}, in this order")
