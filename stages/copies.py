"""Images that are equal to the last pixel, copies of one picture: in which parts they lie, and under which labels."""

import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

import numpy as np

from stages import dataset, image_files

SOURCES = ("train", "test")

PATH = dataset.SPLIT / "copies.json"
"""A census of the parts, see below, and "in_training": of 'held-out' and of 'test', the images that have a copy among
the training images, ascending indices into the images of their source."""

MOST_NAMED = 5
"""Pictures of each kind that are named; the others are counted."""


@dataclass(frozen=True)
class Pictures:
    """Which picture each image of the data set shows, the training images before the test images.

    of: int64 (n,), the place of the first image that shows the same picture. labels: uint8 (n,). names: n, the image's
    file, or else its source and index, such as train:32988.
    """

    of: np.ndarray
    labels: np.ndarray
    names: Sequence[str]


def pictures(images: Iterable[np.ndarray]) -> np.ndarray:
    """int64 (n,), of each image the place of the first one that equals it. images: uint8 of one shape.

    >>> pictures(np.array([[1, 2], [3, 4], [1, 2]], np.uint8)).tolist()
    [0, 1, 0]
    """
    first: dict[bytes, int] = {}
    digests = (hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest() for image in images)
    return np.fromiter((first.setdefault(digest, place) for place, digest in enumerate(digests)), np.int64)


def read() -> Pictures:
    """Of the images in data/raw; holds one image in memory at a time."""
    labels = [dataset.read_labels(source) for source in SOURCES]
    files = [image_files.read(source) for source in SOURCES]
    names = [
        of_files or [f"{source}:{index}" for index in range(len(of_source))]
        for source, of_source, of_files in zip(SOURCES, labels, files, strict=True)
    ]
    of_images = pictures(chain.from_iterable(map(dataset.read_images, SOURCES)))
    return Pictures(of_images, np.concatenate(labels), [*chain.from_iterable(names)])


def census(pictures: Pictures, parts: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """What there is to say of copies, as JSON: small, whatever the number of images.

    parts: places of the images of each part. "shared": of each pair of parts that share pictures, how many, and the
    first of them, an image from each part. "contradicted": the pictures whose images, of any part or none, have
    different labels, an image of each label.
    """
    shared = []
    for pair in combinations(parts, 2):
        of_parts = [dict(zip(pictures.of[parts[part]][::-1], parts[part][::-1], strict=True)) for part in pair]
        common = sorted(set(of_parts[0]) & set(of_parts[1]))
        if common:
            first = [[pictures.names[of_part[one]] for of_part in of_parts] for one in common[:MOST_NAMED]]
            shared.append({"parts": [*pair], "count": len(common), "first": first})
    several = _contradicted(pictures)
    first = [[pictures.names[place] for place in places] for places in several[:MOST_NAMED]]
    return {"shared": shared, "contradicted": {"count": len(several), "first": first}}


def census_of_sources() -> dict[str, Any]:
    """The census of the data set's own division, in data/raw."""
    pictures, training = read(), len(dataset.read_labels("train"))
    return census(pictures, {"training": np.arange(training), "test": np.arange(training, len(pictures.of))})


def warn(stage: str, content: Mapping[str, Any]) -> None:
    """Say on standard error what a census found; nothing where there are no copies to mention."""
    for entry in content["shared"]:
        both = " and ".join(entry["parts"])
        fix = "Their scores count what was learned by heart; `-S split.copies=together` keeps copies in one part."
        _warn(stage, f"in both {both} images", entry, fix)
    if content["contradicted"]["count"]:
        _warn(stage, "under different labels", content["contradicted"], "No network can be right about all of them.")


def _warn(stage: str, where: str, entry: Mapping[str, Any], fix: str) -> None:
    lines = [f"  {' = '.join(names)}" for names in entry["first"]]
    if entry["count"] > len(lines):
        lines.append(f"  and {entry['count'] - len(lines):,} more")
    count = f"{entry['count']:,} pictures lie" if entry["count"] > 1 else "1 picture lies"
    print(f"{stage}: warning: {count} {where}, equal to the last pixel. {fix}", *lines, sep="\n", file=sys.stderr)


def _contradicted(pictures: Pictures) -> list[list[int]]:
    """Of each picture with different labels, the place of the first image of each label."""
    pairs = np.stack([pictures.of, pictures.labels])
    (of, _), places = np.unique(pairs, axis=1, return_index=True)
    several, counts = np.unique(of, return_counts=True)
    return [places[of == picture].tolist() for picture in several[counts > 1]]
