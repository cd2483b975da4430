"""Small archives in the layout of CIFAR-10's, and the layout they are checked against."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping

import numpy as np

from stages.download import cifar10

IMAGES = 3
TRAINING_FILES = [f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6)]
TEST_FILE = "cifar-10-batches-bin/test_batch.bin"


def contents(test_images: int = IMAGES) -> dict[str, bytes]:
    """The files of a sound archive; label and pixels of each image are drawn from a fixed seed."""
    rng = np.random.default_rng(0)
    files = {"cifar-10-batches-bin/readme.html": b"<html>"}
    for name in [*TRAINING_FILES, TEST_FILE]:
        records = rng.integers(0, 256, (IMAGES, cifar10.RECORD), np.uint8)
        records[:, 0] %= 10
        files[name] = records.tobytes()
    files[TEST_FILE] = files[TEST_FILE][: test_images * cifar10.RECORD]
    return files


def layout(files: Mapping[str, bytes]) -> cifar10.Layout:
    return cifar10.Layout(IMAGES, tuple(hashlib.sha256(files[name]).hexdigest() for name in TRAINING_FILES))


def packed(files: Mapping[str, bytes], *members: tarfile.TarInfo) -> bytes:
    """The bytes of a .tar.gz of these members, which hold zeros, and then of the files."""
    content = io.BytesIO()
    with gzip.GzipFile("", "wb", 1, content, mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
        for name, body in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(body)
            archive.addfile(header, io.BytesIO(body))
    return content.getvalue()
