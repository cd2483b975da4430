"""data/raw/train_labels.npy -> data/split/training.npy, data/split/held-out.npy"""

import numpy as np

from stages import dataset, params
from stages.errors import reported
from stages.files import write_array
from stages.split.division import divide


def main() -> None:
    given = params.read().split
    labels = np.asarray(dataset.read_labels("train"))
    training, held_out = divide(labels, given.held_out_share, given.train_images, given.seed)
    write_array(dataset.indices_path("training"), training)
    write_array(dataset.indices_path("held-out"), held_out)
    print(f"{len(training)} images to learn from, {len(held_out)} held out")


if __name__ == "__main__":
    with reported("split"):
        main()
