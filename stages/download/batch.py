"""Labelled images on their way from a data set to data/raw."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Source = Literal["train", "test"]
"""The data set's own division."""


@dataclass(frozen=True)
class Batch:
    """Neighbouring rows of the training or the test arrays.

    images: uint8 (n, H, W, 3), red, green and blue in 0..255, C-contiguous. labels: uint8 (n,), indices into the
    class names.
    """

    source: Source
    start: int
    """The row of the first image."""
    total: int
    """The rows of the whole array."""
    images: np.ndarray
    labels: np.ndarray
