"""CIFAR-10: Krizhevsky 2009, "Learning multiple layers of features from tiny images".

Its binary version packs the images into records. A record is one label byte and 3072 pixel bytes: the red, the green,
the blue plane of 32 rows of 32 columns (https://www.cs.toronto.edu/~kriz/cifar.html).
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

TRAINING_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
"""In the data set's own order."""
TEST_BATCH = "test_batch"

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""In the order of the labels."""

RECORD = 1 + 3 * 32 * 32
"""Bytes of one image and its label."""


@dataclass(frozen=True)
class Layout:
    """What the batches must be, so that the arrays are the same bytes wherever the images came from."""

    images: int
    """Of each batch; a test batch that was cut short holds fewer."""
    sha256: dict[str, str]
    """Of the records of each whole batch."""


PUBLISHED = Layout(
    images=10_000,
    sha256={
        "data_batch_1": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
        "data_batch_2": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
        "data_batch_3": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
        "data_batch_4": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
        "data_batch_5": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
        "test_batch": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    },
)


def batches(contents: Iterable[tuple[str, np.ndarray]], layout: Layout = PUBLISHED) -> Iterator[Batch]:
    """The images and labels of named batches, each given as its records, uint8 (n, RECORD).

    The training images keep the data set's own order: data_batch_1 first, whichever comes first.
    Raises InputError where a batch has another check sum than the published one, or a label is above 9. A test batch of
    fewer images has no check sum.
    """
    for name, records in contents:
        arrived, expected = hashlib.sha256(records.data).hexdigest(), layout.sha256[name]
        if arrived != expected and (name != TEST_BATCH or len(records) == layout.images):
            raise InputError(f"{name} has the sha256 {arrived}; expected {expected}, that of the published images")
        if name == TEST_BATCH:
            yield Batch("test", 0, len(records), *_decoded(name, records))
        else:
            start, total = TRAINING_BATCHES.index(name) * layout.images, len(TRAINING_BATCHES) * layout.images
            yield Batch("train", start, total, *_decoded(name, records))


def _decoded(name: str, records: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (n, 32, 32, 3) and labels uint8 (n,) of n records."""
    labels = records[:, 0].copy()
    wrong = np.flatnonzero(labels >= len(CLASS_NAMES))
    if wrong.size:
        raise InputError(f"{name}: image {wrong[0]} has the label {labels[wrong[0]]}; expected 0 to 9")
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels
