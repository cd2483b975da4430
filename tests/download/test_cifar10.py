"""From the records of the binary version to arrays."""

import numpy as np
import pytest

from stages.download import cifar10
from stages.errors import InputError
from tests.download import fake_cifar10

FILES = fake_cifar10.contents()
LAYOUT = fake_cifar10.layout(FILES)


def batches(files):
    return list(cifar10.batches(files.items(), LAYOUT))


def test_planes_become_the_last_axis():
    red, green, blue = (np.arange(1024, dtype=np.uint8) + shift for shift in (0, 1, 2))
    record = bytes([7]) + red.tobytes() + green.tobytes() + blue.tobytes()
    (batch,) = cifar10.batches([(cifar10.TEST_FILE, record)], LAYOUT)
    assert (batch.source, batch.start, batch.total) == ("test", 0, 1)
    assert batch.labels.tolist() == [7]
    assert batch.images.shape == (1, 32, 32, 3)
    assert batch.images.dtype == np.uint8
    assert batch.images.flags.c_contiguous
    row, column = 3, 5  # pixel 3 * 32 + 5 = 101 of each plane
    assert batch.images[0, row, column].tolist() == [101, 102, 103]


def test_training_batches_keep_the_order_of_the_data_set():
    shuffled = dict(sorted(FILES.items(), reverse=True))
    starts = {batch.start: batch for batch in batches(shuffled) if batch.source == "train"}
    assert sorted(starts) == [0, 3, 6, 9, 12]
    for number in range(5):
        first = FILES[f"data_batch_{number + 1}.bin"][0]
        assert starts[3 * number].labels[0] == first
        assert starts[3 * number].total == 15


@pytest.mark.parametrize("label", [10, 255])
def test_labels_above_9(label):
    content = bytearray(FILES[cifar10.TEST_FILE])
    content[cifar10.RECORD] = label
    with pytest.raises(InputError, match=f"test_batch.bin: image 1 has the label {label}; expected 0 to 9"):
        batches(FILES | {cifar10.TEST_FILE: bytes(content)})


def test_another_training_image():
    content = bytearray(FILES["data_batch_4.bin"])
    content[1000] ^= 1
    with pytest.raises(InputError, match=r"data_batch_4.bin has the sha256 .*; expected .*"):
        batches(FILES | {"data_batch_4.bin": bytes(content)})


def test_swapped_training_batches():
    swapped = {"data_batch_1.bin": FILES["data_batch_2.bin"], "data_batch_2.bin": FILES["data_batch_1.bin"]}
    with pytest.raises(InputError, match=r"data_batch_1.bin has the sha256"):
        batches(FILES | swapped)


@pytest.mark.parametrize("names", [b"cat\ndog\n", b"\xff\xfe", b"automobile\nairplane\n"])
def test_other_class_names(names):
    with pytest.raises(InputError, match=r"batches.meta.txt does not name the classes airplane, automobile"):
        batches(FILES | {cifar10.NAMES_FILE: names})


def test_published_sizes():
    sizes = cifar10.PUBLISHED.sizes(least_test_images=10_000)
    assert all(sizes[f"data_batch_{number}.bin"] == range(30_730_000, 30_730_001) for number in range(1, 6))
    assert 30_730_000 in sizes["test_batch.bin"]
    assert 1017 * 3073 not in sizes["test_batch.bin"]
    assert 1017 * 3073 in cifar10.PUBLISHED.sizes(least_test_images=1)["test_batch.bin"]
