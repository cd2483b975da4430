"""data/raw/train_labels.npy -> data/split/train.npy, data/split/held_out.npy"""

import numpy as np

from stages import artifacts, params
from stages.errors import reported
from stages.split.division import divide


def main() -> None:
    wanted = params.load("split").split
    labels = np.asarray(artifacts.read_labels("train"))
    train, held_out = divide(labels, wanted.held_out_share, wanted.train_images, wanted.seed)
    artifacts.write_array(artifacts.indices_path("train"), train)
    artifacts.write_array(artifacts.indices_path("held_out"), held_out)
    print(f"{len(train)} images to learn from, {len(held_out)} held out")


if __name__ == "__main__":
    with reported("split"):
        main()
