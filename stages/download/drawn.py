"""Batches of CIFAR-10 as one PNG picture each: 1024 pixels wide, a row an image, whose own rows follow each other."""

import io
import json
from collections.abc import Sequence

import numpy as np
from PIL import Image

from stages.download.cifar10 import RECORD
from stages.errors import InputError

WIDTH = 32 * 32
_STRIP = 1000


def picture_sizes(images: int) -> range:
    """In bytes, of the picture of that many images: hardly more than the bare pixels."""
    return range(1, images * 3 * WIDTH + (1 << 16))


def label_sizes(count: int) -> range:
    """In bytes, of that many digits as a JSON list without blanks."""
    return range(2 * count + 1, 2 * count + 2)


def labels(path: str, content: bytes, names: Sequence[str], images: int) -> dict[str, np.ndarray]:
    """Of each of the named batches, uint8 (images,), from the JSON list of all; InputError where it is none."""
    try:
        values = np.array(json.loads(content), np.uint8).reshape(len(names), images)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        expected = f"a JSON list of {len(names) * images} labels"
        raise InputError(f"{path}: expected {expected} ({str(error)[:80]!a})") from None
    return dict(zip(names, values, strict=True))


def records(name: str, png: bytes, labels: np.ndarray) -> np.ndarray:
    """The records, uint8 (n, RECORD), of the n images in a picture, whose labels these are, uint8 (n,).

    Raises InputError where it is no such picture.
    """
    images = len(labels)
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            kind = (picture.mode, *picture.size)
            if kind == ("RGB", WIDTH, images):
                return _joined(labels, picture)
    except MemoryError:
        raise
    except Exception as error:  # a damaged picture fails in many ways: OSError, SyntaxError, zlib, struct
        raise InputError(f"{name} is not a readable PNG picture ({str(error)[:80]!a})") from None
    raise InputError(f"{name} is a picture of {kind}; expected {('RGB', WIDTH, images)}")


def _joined(labels: np.ndarray, picture: Image.Image) -> np.ndarray:
    """In strips, since Pillow hands pixels over in several copies."""
    joined = np.empty((len(labels), RECORD), np.uint8)
    joined[:, 0] = labels
    for top in range(0, len(labels), _STRIP):
        rows = joined[top : top + _STRIP, 1:]
        strip = np.asarray(picture.crop((0, top, WIDTH, top + len(rows))))
        rows[:] = strip.transpose(0, 2, 1).reshape(rows.shape)
    return joined
