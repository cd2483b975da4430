"""The training images that a network finds most like one image.

Likeness is the cosine of the angle between the features that enter the output layer. That layer is linear: a longer
feature vector makes the network surer, its direction makes the choice (up to the bias), and the length differs much
between images. The Euclidean distance mixes the two: of two images with the same direction it takes the shorter one to
be nearer to most others.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

Features = Callable[[np.ndarray], np.ndarray]
"""Images (n, H, W, 3), 0..255, to float32 (n, units)."""

CHUNK = 1280
"""Images at a time, a multiple of the networks' batches."""


@dataclass(frozen=True)
class Neighbour:
    """One training image. id: its place among the data set's training images. similarity: cosine, -1..1."""

    id: int
    label: int
    similarity: float


def cosines(features: Features, image: np.ndarray, chunks: Iterable[np.ndarray]) -> np.ndarray | None:
    """float32 (n,), the similarity of one image (H, W, 3) to each of the n images that the chunks (m, H, W, 3) hold.

    -1, that of opposites, for an image whose features are all zero, since such a vector has no direction; None where
    those of the one image are.
    """
    own = features(image[None])[0]
    length = np.linalg.norm(own)
    if length == 0:
        return None
    return np.concatenate([_to(own / length, features(chunk)) for chunk in chunks])


def _to(direction: np.ndarray, found: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(found, axis=1)
    return np.divide(found @ direction, lengths, out=np.full(len(found), -1, "float32"), where=lengths > 0)


def chunks(images: np.ndarray, ids: np.ndarray, progress: Callable[[int], None]) -> Iterator[np.ndarray]:
    """The images with these ids, so many at a time; progress hears of how many are done."""
    for start in range(0, len(ids), CHUNK):
        chosen = ids[start : start + CHUNK]
        yield images[chosen]
        progress(len(chosen))


def nearest(
    similarities: np.ndarray, ids: np.ndarray, labels: np.ndarray, how_many: int, besides: int | None
) -> tuple[Neighbour, ...]:
    """At most `how_many` images, the most similar first, the lower id of equals.

    Args:
        similarities: (n,), of the images with these ids.
        ids: int64 (n,), ascending. labels: (N,), of all images that ids count.
        besides: the id of an image that is left out, None for none.
    """
    order = np.argsort(-similarities, kind="stable")
    chosen = [place for place in order[: how_many + 1] if ids[place] != besides][:how_many]
    return tuple(Neighbour(int(ids[place]), int(labels[ids[place]]), float(similarities[place])) for place in chosen)
