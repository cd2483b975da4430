"""Many small images in few files: PNGs of rows of images, of which a page shows parts."""

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

SIDE = 1024
"""Pixels, of a sheet; larger only where a single image is."""


def across(height: int, width: int) -> tuple[int, int]:
    """How many rows and columns of images of this size a sheet has.

    >>> across(32, 32), across(300, 2000)
    ((32, 32), (3, 1))
    """
    return max(1, SIDE // height), max(1, SIDE // width)


def drawn(groups: Sequence[np.ndarray]) -> Iterator[bytes]:
    """PNGs of all images, row by row. groups: uint8 (n, H, W, 3) each, all of one size."""
    rows, columns = across(*groups[0].shape[1:3])
    ends = np.cumsum([len(group) for group in groups])
    for start in range(0, int(ends[-1]), rows * columns):
        stop = min(start + rows * columns, int(ends[-1]))
        parts = [
            group[max(0, start - (end - len(group))) : max(0, stop - (end - len(group)))]
            for group, end in zip(groups, ends, strict=True)
        ]
        yield _png(np.concatenate(parts), columns)


def _png(images: np.ndarray, columns: int) -> bytes:
    count, height, width = images.shape[:3]
    rows = -(-count // columns)
    sheet = np.zeros((rows * columns, height, width, 3), np.uint8)
    sheet[:count] = images
    joined = sheet.reshape(rows, columns, height, width, 3).swapaxes(1, 2).reshape(rows * height, columns * width, 3)
    file = io.BytesIO()
    Image.fromarray(joined).save(file, format="PNG")
    return file.getvalue()
