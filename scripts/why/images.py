"""The images that the predictions are about, if they are there: an array, or files of pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from scripts.why import arrays
from stages import similarity
from stages.errors import InputError
from stages.images import picture
from stages.report.results import Images

SIDE = 128
"""Pixels of a side of the pictures shown, at most."""
MOST_COMPARED = 3 * 10**9
"""Pairs of images that are compared for near-duplicates; two minutes."""


@dataclass(frozen=True)
class Stored:
    """Images by id, of an array uint8 (N, H, W, 3) or, in grey, (N, H, W); the middle squares of others."""

    array: np.ndarray

    def __getitem__(self, id: int, /) -> np.ndarray:
        image = np.broadcast_to(np.atleast_3d(self.array[id]), (*self.array.shape[1:3], 3))
        height, width = image.shape[:2]
        if height == width <= SIDE:
            return image
        return picture.square(Image.fromarray(np.ascontiguousarray(image)), min(SIDE, height, width))


@dataclass(frozen=True)
class Files:
    """Images by id, of files of pictures, which are read when they are shown."""

    paths: Sequence[Path]

    def __getitem__(self, id: int, /) -> np.ndarray:
        try:
            return picture.read(self.paths[id], SIDE)
        except picture.Unreadable as error:
            raise InputError(f"{self.paths[id]}: {error}. Replace the file, or leave paths out.") from None


def read(folder: Path, images: int, paths: np.ndarray | None) -> Images | None:
    """Those of images.npy, or else of the paths, str (N,), relative to the folder; None where none is there."""
    path = folder / "images.npy"
    if path.is_file():
        return Stored(stored(path, images))
    files = [folder / text for text in ([] if paths is None else paths.tolist())]
    there = [file.is_file() for file in files]
    if not any(there):
        return None
    if not all(there):
        raise InputError(f"{files[there.index(False)]} of the paths is missing, others are there. Add it.")
    return Files(files)


def stored(path: Path, images: int | None = None) -> np.ndarray:
    """The array of images of a .npy, memory-mapped."""
    array = arrays.plain(path)
    shaped = array.ndim == 3 or (array.ndim == 4 and array.shape[3] in (1, 3))
    if array.dtype != np.uint8 or not shaped or not array.size or (images is not None and len(array) != images):
        expected = f"uint8 ({images or 'images'}, height, width, 3), or (..., 1) or (images, height, width) in grey"
        raise InputError(f"{path} holds {array.dtype} {array.shape}; expected {expected}.")
    return array


def similar(folder: Path, shown: Images | None) -> tuple[np.ndarray | None, str]:
    """Of each image, float64 (N,), its similarity to the nearest of training_images.npy; or None, and why."""
    path = folder / "training_images.npy"
    if not isinstance(shown, Stored) or not path.is_file():
        return None, ""
    training = stored(path)
    both = [each for each in (shown.array, training) if each.ndim == 4 and each.shape[3] == 3]
    if len(both) < 2 or any(each.shape[1] != each.shape[2] for each in both):
        return None, "images.npy and training_images.npy are not both of square images in colour"
    if len(shown.array) * len(training) > MOST_COMPARED:
        return None, f"{len(shown.array):,} x {len(training):,} pairs of images; compared are at most {MOST_COMPARED:,}"
    held_out, others = (similarity.thumbnails(np.asarray(each)) for each in both)
    return similarity.nearest(held_out, others, same=False), ""
