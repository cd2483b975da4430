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
TEST_FILE = f"{FOLDER}/test_batch.bin"

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

    @property
    def training_files(self) -> list[str]:
        """In the data set's own order."""
        return [f"{FOLDER}/data_batch_{number}.bin" for number in range(1, len(self.sha256) + 1)]

    @property
    def sizes(self) -> dict[str, range]:
        """The files of the archive and the sizes in bytes that each may have."""
        whole = self.images * RECORD
        training = dict.fromkeys(self.training_files, range(whole, whole + 1))
        return training | {TEST_FILE: range(RECORD, whole + 1, RECORD)}


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
    Raises InputError where a training batch has another check sum, or a label is above 9.
    """
    for name, content in files:
        if name == TEST_FILE:
            yield Batch("test", 0, len(content) // RECORD, *_decoded(name, content))
        else:
            number = layout.training_files.index(name)
            arrived, expected = hashlib.sha256(content).hexdigest(), layout.sha256[number]
            if arrived != expected:
                raise InputError(f"{name} has the sha256 {arrived}; expected {expected}, that of the published images")
            total = len(layout.sha256) * layout.images
            yield Batch("train", number * layout.images, total, *_decoded(name, content))


def _decoded(name: str, content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (n, 32, 32, 3) and labels uint8 (n,) of n records."""
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    labels = records[:, 0].copy()
    wrong = np.flatnonzero(labels >= len(CLASS_NAMES))
    if wrong.size:
        raise InputError(f"{name}: image {wrong[0]} has the label {labels[wrong[0]]}; expected 0 to 9")
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels
