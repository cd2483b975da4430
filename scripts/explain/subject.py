"""The image that is explained: a picture file, or one of the data set's own images."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages import dataset
from stages.errors import InputError
from stages.images import picture

_REFERENCE = re.compile(r"(train|test):([0-9]{1,18})")
_EXPECTED = "Expected a JPEG, PNG or WebP file, or train:ID or test:ID, an image of the data set."


@dataclass(frozen=True)
class Subject:
    """One image and what is known of it.

    name: the path of the file, or such as 'train:123'. origin: where it comes from, in words. image: uint8 (H, W, 3),
    as the networks see it. label: its class, None where nobody said. training_id: its place among the data set's
    training images, None for any other image.
    """

    name: str
    origin: str
    image: np.ndarray
    label: int | None
    training_id: int | None

    @property
    def stem(self) -> str:
        """The name of its explanation, without a suffix; short enough for any file system."""
        return Path(self.name).stem.replace(":", "-")[:60]


def read(name: str, label: str | None, class_names: Sequence[str]) -> Subject:
    """The subject of this name: the path of a picture, or 'train:<id>' or 'test:<id>', an image of the data set.

    An id counts the data set's training or test images from 0, as the error analysis does. A label, one of class_names,
    goes before the data set's. Raises InputError where there is no such image or class.
    """
    if label is not None and label not in class_names:
        raise InputError(f"--label {label}: expected one of {', '.join(class_names)}.")
    given = None if label is None else class_names.index(label)
    reference = _REFERENCE.fullmatch(name)
    if reference:
        return _of_data_set(reference[1], int(reference[2]), given, class_names)
    side = dataset.read_images("train").shape[1]
    origin = f"a picture file, its middle square at {side}x{side} pixels"
    return Subject(picture.shown(name), origin, _picture(name, side), given, None)


def _picture(name: str, side: int) -> np.ndarray:
    """uint8 (side, side, 3), as the data set of a folder of pictures has it."""
    if Path(name).is_dir():
        raise InputError(f"{picture.shown(name)} is a folder. {_EXPECTED}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow finds odd, but reads
        try:
            return picture.read(Path(name), side)
        except picture.Unreadable as error:
            raise InputError(f"{picture.shown(name)}: {error}. {_EXPECTED}") from None


def _of_data_set(source: str, place: int, given: int | None, class_names: Sequence[str]) -> Subject:
    images, labels = dataset.read_images(source), dataset.read_labels(source)
    if place >= len(images):
        raise InputError(f"{source}:{place}: expected a number from 0 to {len(images) - 1}, got {place}.")
    label = int(labels[place])
    origin = _part(place) if source == "train" else "a test image"
    if given not in (None, label):
        origin += f", which the data set calls {class_names[label]}"
        label = given
    return Subject(f"{source}:{place}", origin, np.array(images[place]), label, place if source == "train" else None)


def _part(place: int) -> str:
    for part, words in (("held-out", "a held-out image"), ("training", "an image that the networks learned from")):
        if place in dataset.read_indices(part):
            return words
    return "a training image that the networks did not learn from, and not held out either"
