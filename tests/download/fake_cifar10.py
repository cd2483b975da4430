"""Small archives in the layout of CIFAR-10's, and the layout they are checked against."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable

import numpy as np

from stages.download import cifar10

IMAGES = 3


def contents(test_images: int = IMAGES) -> dict[str, bytes]:
    """The files of a sound archive; label and pixels of each image are drawn from a fixed seed."""
    rng = np.random.default_rng(0)
    files = {cifar10.NAMES_FILE: ("\n".join(cifar10.CLASS_NAMES) + "\n\n").encode()}
    for name in [*(f"data_batch_{number}.bin" for number in range(1, 6)), cifar10.TEST_FILE]:
        records = rng.integers(0, 256, (IMAGES, cifar10.RECORD), np.uint8)
        records[:, 0] %= 10
        files[name] = records.tobytes()
    files[cifar10.TEST_FILE] = files[cifar10.TEST_FILE][: test_images * cifar10.RECORD]
    files[cifar10.README_FILE] = b"<html>"
    return files


def layout(files: dict[str, bytes]) -> cifar10.Layout:
    sums = (hashlib.sha256(files[f"data_batch_{number}.bin"]).hexdigest() for number in range(1, 6))
    return cifar10.Layout(images=IMAGES, sha256=tuple(sums))


def member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    """A header, whose `fields` may lie, and what follows it."""
    header = tarfile.TarInfo(name)
    header.size = len(content)
    for field, value in fields.items():
        setattr(header, field, value)
    return header, content


def members(files: dict[str, bytes]) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [
        member(cifar10.FOLDER, type=tarfile.DIRTYPE),
        *(member(f"{cifar10.FOLDER}/{name}", content) for name, content in files.items()),
    ]


def tar(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """The bytes of a .tar; written by hand, since tarfile checks what it writes."""
    parts = io.BytesIO()
    for header, content in entries:
        parts.write(header.tobuf(tarfile.GNU_FORMAT))
        parts.write(content + bytes(-len(content) % 512))
    parts.write(bytes(1024))
    return parts.getvalue()


def packed(files: dict[str, bytes]) -> bytes:
    """The bytes of a .tar.gz of the files."""
    return gzip.compress(tar(members(files)), mtime=0)
