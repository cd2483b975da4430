"""The images, their labels and classes, and which of them a network learns from.

Paths are relative to the repository's root, where DVC runs every stage. A source is the data set's own division,
'train' or 'test'; a part is ours: PARTS.
"""

from pathlib import Path

import numpy as np

from stages.files import read_array, read_json

RAW = Path("data/raw")
SPLIT = Path("data/split")

CLASS_NAMES = RAW / "class_names.json"
"""A list of strings; a label is an index into it."""

PARTS = {"training": "train", "held-out": "train", "test": "test"}
"""The images that a network learns from; those kept from it; the data set's own test images. And the source of each."""


def images_path(source: str) -> Path:
    """uint8 (N, H, W, 3), 0..255."""
    return RAW / f"{source}_images.npy"


def labels_path(source: str) -> Path:
    """uint8 (N,), indices into the class names."""
    return RAW / f"{source}_labels.npy"


def indices_path(part: str) -> Path:
    """int64 (n,), ascending indices into the data set's training images; part is 'training' or 'held-out'."""
    return SPLIT / f"{part}.npy"


def read_images(source: str) -> np.ndarray:
    """uint8 (N, H, W, 3), memory-mapped."""
    return read_array(images_path(source), "uint8", 4)


def read_labels(source: str) -> np.ndarray:
    """uint8 (N,)."""
    return read_array(labels_path(source), "uint8", 1)


def read_indices(part: str) -> np.ndarray:
    """int64 (n,), ascending; part is 'training' or 'held-out'."""
    return read_array(indices_path(part), "int64", 1)


def read_class_names() -> list[str]:
    """The names of the classes, in the order of their labels."""
    return read_json(CLASS_NAMES, "download")
