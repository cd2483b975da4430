"""From the records of the binary version to arrays."""

import numpy as np
import pytest

from stages.download import cifar10
from stages.errors import InputError
from tests.download import fake_cifar10
from tests.download.fake_cifar10 import TEST_FILE, TRAINING_FILES

FILES = fake_cifar10.contents()
LAYOUT = fake_cifar10.layout(FILES)


def test_planes_become_the_last_axis():
    red, green, blue = (np.arange(1024, dtype=np.uint8) + shift for shift in (0, 1, 2))
    record = bytes([7]) + red.tobytes() + green.tobytes() + blue.tobytes()
    (batch,) = cifar10.batches([(TEST_FILE, record)], LAYOUT)
    assert (batch.source, batch.start, batch.total) == ("test", 0, 1)
    assert batch.labels.tolist() == [7]
    assert batch.images.shape == (1, 32, 32, 3)
    assert batch.images.dtype == np.uint8
    assert batch.images.flags.c_contiguous
    row, column = 3, 5  # pixel 3 * 32 + 5 = 101 of each plane
    assert batch.images[0, row, column].tolist() == [101, 102, 103]


def test_training_batches_keep_the_order_of_the_data_set():
    shuffled = [(name, FILES[name]) for name in reversed(TRAINING_FILES)]
    batches = list(cifar10.batches(shuffled, LAYOUT))
    assert [(batch.start, batch.total) for batch in batches] == [(start, 15) for start in (12, 9, 6, 3, 0)]
    assert [batch.labels[0] for batch in batches] == [content[0] for _, content in shuffled]


@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [
        (TEST_FILE, 3073, 10, "test_batch.bin: image 1 has the label 10; expected 0 to 9"),
        (TEST_FILE, 0, 255, "test_batch.bin: image 0 has the label 255; expected 0 to 9"),
        (TRAINING_FILES[3], 1000, FILES[TRAINING_FILES[3]][1000] ^ 1, "data_batch_4.bin has the sha256 .*; expected"),
    ],
)
def test_a_changed_byte(name, place, value, message):
    content = bytearray(FILES[name])
    content[place] = value
    with pytest.raises(InputError, match=message):
        list(cifar10.batches([(name, bytes(content))], LAYOUT))


def test_published_sizes():
    sizes = cifar10.PUBLISHED.sizes
    assert [sizes[name] for name in TRAINING_FILES] == [range(30_730_000, 30_730_001)] * 5
    assert {1017 * 3073, 30_730_000} <= set(sizes[TEST_FILE])
    assert len(sizes) == 6
