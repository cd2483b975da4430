"""data/raw -> data/split: training.npy, held-out.npy, what there is to say of copies, and how similar images are"""

import numpy as np

from stages import copies, dataset, params, similarity
from stages.errors import reported
from stages.files import write_array, write_json
from stages.split.division import divide


def main() -> None:
    given = params.read()
    labels = np.asarray(dataset.read_labels("train"))
    pictures = copies.read()
    together = pictures.of[: len(labels)] if given.split.copies == "together" else None
    limits = given.split.held_out_share, given.split.train_images
    training, held_out = divide(labels, *limits, given.split.seed, together)
    found = _copies(pictures, training, held_out, np.arange(len(labels), len(pictures.of)))
    parts = {"training": training, "held-out": held_out, "test": np.arange(len(dataset.read_labels("test")))}
    similar = similarity.of_parts({source: dataset.read_images(source) for source in copies.SOURCES}, parts)
    write_array(dataset.indices_path("training"), training)
    write_array(dataset.indices_path("held-out"), held_out)
    write_json(copies.PATH, found)
    similarity.write(similar)
    copies.warn("split", found)
    print(f"{len(training)} images to learn from, {len(held_out)} held out")


def _copies(pictures: copies.Pictures, training: np.ndarray, held_out: np.ndarray, test: np.ndarray) -> dict:
    """The content of copies.PATH."""
    in_training = np.isin(pictures.of, pictures.of[training])
    return copies.census(pictures, {"training": training, "held-out": held_out, "test": test}) | {
        "in_training": {
            "held-out": held_out[in_training[held_out]].tolist(),
            "test": np.flatnonzero(in_training[test]).tolist(),
        }
    }


if __name__ == "__main__":
    with reported("split"):
        main()
