"""How similar each image is to the nearest training image, by brightness alone: from split to the error analysis."""

from collections.abc import Mapping

import numpy as np

from stages import dataset
from stages.errors import InputError
from stages.files import REMAKE, read_arrays, write_arrays

PATH = dataset.SPLIT / "similarity.npz"
"""float64 (n,) of each of dataset.PARTS: correlation with the nearest training image (another one), -1..1."""

NEAR_DUPLICATE = 0.97
"""Images of at least this similarity are near-duplicates."""

SIDE = 8
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
BLOCK = 512
"""Images at a time: 100 MB of correlations with 48,000 others."""


def write(of_parts: Mapping[str, np.ndarray]) -> None:
    write_arrays(PATH, of_parts)


def read(counts: Mapping[str, int]) -> dict[str, np.ndarray]:
    """See PATH; InputError where the file is missing or of other parts. counts: images of each part."""
    found = read_arrays(PATH, "split")
    if {part: len(values) for part, values in found.items()} != counts:
        raise InputError(f"{PATH} does not have one value for each image of {', '.join(counts)}. {REMAKE}")
    return found


def of_parts(images: Mapping[str, np.ndarray], parts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What PATH holds. images: uint8 (N, H, W, 3), by source. parts: int64 (n,), indices into them, by part."""
    small = {source: thumbnails(of_source) for source, of_source in images.items()}
    training = small[dataset.PARTS["training"]][parts["training"]]
    return {
        part: nearest(small[dataset.PARTS[part]][places], training, same=part == "training")
        for part, places in parts.items()
    }


def thumbnails(images: np.ndarray) -> np.ndarray:
    """float32 (N, SIDE, SIDE): luma as means over areas, each image of mean 0 and L2 norm 1; 0 where it is even.

    images: uint8 (N, H, H, 3).
    """
    areas = _areas(images.shape[1])
    rows = [areas @ (images[at : at + BLOCK] @ LUMA) @ areas.T for at in range(0, len(images), BLOCK)]
    small = np.concatenate(rows)
    small -= small.mean(axis=(1, 2), keepdims=True)
    norms = np.linalg.norm(small, axis=(1, 2), keepdims=True)
    return np.divide(small, norms, out=np.zeros_like(small), where=norms > 0.01)  # 0.01: of rounding alone


def nearest(thumbnails: np.ndarray, others: np.ndarray, same: bool) -> np.ndarray:
    """float64 (n,), 3 decimals: the highest correlation with one of the others, or with one mirrored.

    thumbnails: float32 (n, SIDE, SIDE), others: (m, SIDE, SIDE). same: both are the same images, and an image is not
    compared with itself; 0 where there is no other.
    """
    flat = others.reshape(len(others), -1).T
    found = np.zeros(len(thumbnails))
    for start in range(0, len(thumbnails) if flat.shape[1] > same else 0, BLOCK):
        block = thumbnails[start : start + BLOCK]
        highest = []
        for turned in (block, block[:, :, ::-1]):
            correlations = turned.reshape(len(block), -1) @ flat
            if same:
                correlations[np.arange(len(block)), start + np.arange(len(block))] = -1
            highest.append(correlations.max(axis=1))
        found[start : start + BLOCK] = np.maximum(*highest)
    return np.round(found, 3)


def _areas(side: int) -> np.ndarray:
    """float32 (SIDE, side): which share of each of SIDE equal parts of a line each of its `side` pixels covers.

    >>> _areas(16)[0, :3].tolist()
    [0.5, 0.5, 0.0]
    """
    edges = np.arange(SIDE + 1)[:, None] * side / SIDE
    pixels = np.arange(side)
    covered = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    return (np.maximum(covered, 0) * SIDE / side).astype(np.float32)
