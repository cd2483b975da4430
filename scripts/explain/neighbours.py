"""The training images that a network finds most like one image, by the cosine of their features."""

from dataclasses import dataclass

import numpy as np

from stages.features import directions


@dataclass(frozen=True)
class Neighbour:
    """One training image. id: its place among the data set's training images. similarity: cosine, -1..1."""

    id: int
    label: int
    similarity: float


def nearest(
    vector: np.ndarray, rows: np.ndarray, ids: np.ndarray, labels: np.ndarray, how_many: int, besides: int | None
) -> tuple[Neighbour, ...] | None:
    """At most `how_many` images, the most similar first, the lower id of equals; None where the vector is all zero.

    The similarity to an image whose features are all zero is -1, that of opposites: such a vector has no direction.

    vector: (units,), the features of the one image. rows: (n, units), those of the images with these ids, of any
    length. ids: int64 (n,), ascending. labels: (N,), of all images that ids count. besides: an id that is left out.
    """
    if not vector.any():
        return None
    known = rows.astype("float32")
    lengths = np.sqrt(np.einsum("ij,ij->i", known, known))
    products = known @ directions(vector[None])[0]
    cosines = np.divide(products, lengths, out=np.full_like(lengths, -1), where=lengths > 0)
    order = np.argsort(-cosines, kind="stable")
    chosen = [place for place in order[: how_many + 1] if ids[place] != besides][:how_many]
    return tuple(Neighbour(int(ids[place]), int(labels[ids[place]]), float(cosines[place])) for place in chosen)
