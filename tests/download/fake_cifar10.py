"""Small archives in the layouts of CIFAR-10's, and the layout they are checked against."""

import gzip
import hashlib
import io
import json
import struct
import tarfile
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from stages.download import cifar10

IMAGES = 3
TRAINING_FILES = [f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6)]
TEST_FILE = "cifar-10-batches-bin/test_batch.bin"
BATCH_FILES = [*TRAINING_FILES, TEST_FILE]


def contents(test_images: int = IMAGES) -> dict[str, bytes]:
    """The files of a sound archive; label and pixels of each image are drawn from a fixed seed."""
    rng = np.random.default_rng(0)
    files = {"cifar-10-batches-bin/readme.html": b"<html>"}
    for name in BATCH_FILES:
        records = rng.integers(0, 256, (IMAGES, cifar10.RECORD), np.uint8)
        records[:, 0] %= 10
        files[name] = records.tobytes()
    files[TEST_FILE] = files[TEST_FILE][: test_images * cifar10.RECORD]
    return files


def layout(files: Mapping[str, bytes]) -> cifar10.Layout:
    return cifar10.Layout(IMAGES, {batch(name): hashlib.sha256(files[name]).hexdigest() for name in BATCH_FILES})


def batch(path: str) -> str:
    return path.partition("/")[2].removesuffix(".bin")


def labels_and_planes(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    records = np.frombuffer(content, np.uint8).reshape(-1, cifar10.RECORD)
    return records[:, 0], records[:, 1:]


def pickled(content: bytes, by_column: bool = False) -> bytes:
    """The records as the Python version's batches have them: what Python 2 and its NumPy pickle, protocol 2."""
    labels, planes = labels_and_planes(content)
    pixels = planes.tobytes(order="F" if by_column else "C")
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01bt"
    array += b"R(K\x01" + number(len(labels)) + number(3072) + b"\x86cnumpy\ndtype\n(U\x02u1K\x00K\x01tR"
    array += b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb" + (b"\x88" if by_column else b"\x89")
    array += b"T" + struct.pack("<i", len(pixels)) + pixels + b"tb"
    listed = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    names = b"](" + string(b"a_s_000001.png") * len(labels) + b"e"
    entries = {b"batch_label": string(b"batch 1 of 5"), b"labels": listed, b"data": array, b"filenames": names}
    return b"\x80\x02}(" + b"".join(string(key) + value for key, value in entries.items()) + b"u."


def string(text: bytes) -> bytes:
    return b"U" + bytes([len(text)]) + text


def number(value: int) -> bytes:
    return b"M" + struct.pack("<H", value)


def python_version(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the same images in the Python version."""
    batches = {f"cifar-10-batches-py/{batch(name)}": pickled(files[name]) for name in BATCH_FILES}
    return {"cifar-10-batches-py/batches.meta": b"\x80\x02}."} | batches


def npm_package(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the same images in the npm package."""
    pictures = {f"package/{batch(name)}.png": drawn(files[name]) for name in BATCH_FILES}
    return (
        {"package/package.json": b"{}"}
        | pictures
        | {
            "package/test_lables.json": listed([files[TEST_FILE]]),
            "package/train_lables.json": listed([files[name] for name in TRAINING_FILES]),
        }
    )


def drawn(content: bytes) -> bytes:
    """A PNG picture, a row an image."""
    _, planes = labels_and_planes(content)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(planes.reshape(-1, 3, 1024).transpose(0, 2, 1))).save(file, "PNG")
    return file.getvalue()


def listed(contents: Sequence[bytes]) -> bytes:
    labels = np.concatenate([labels_and_planes(content)[0] for content in contents])
    return json.dumps(labels.tolist(), separators=(",", ":")).encode()


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
