"""The class that every run of a study predicts for each image: small, and in the form that `make why` reads."""

from pathlib import Path

import numpy as np
import yaml

from stages.files import read_arrays, read_json, write_array, write_arrays, write_text

PARTS = ("held-out", "test")
MADE_FROM = ("params.yaml", "data/networks", "data/predictions", "data/raw/class_names.json")
"""What `write` reads of a checkout."""


def write(checkout: Path, folder: Path) -> None:
    """Of each part a folder: <network>/<seed>.npz with predicted, ids.npy, labels.npy, settings.yaml and classes.txt.

    ids: int64 (n,), ascending, indices into the training or test images of the data set; labels and predicted:
    uint8 (n,). checkout: one that holds MADE_FROM.
    """
    networks = yaml.safe_load((checkout / "params.yaml").read_text(encoding="utf-8"))["networks"]
    settings = {
        network: yaml.safe_load((checkout / f"data/networks/{network}.yaml").read_text(encoding="utf-8"))
        for network in networks
    }
    classes = read_json(checkout / "data/raw/class_names.json", "download")
    predictions = checkout / "data/predictions"
    for part in PARTS:
        write_text(folder / part / "settings.yaml", yaml.safe_dump(settings, sort_keys=False))
        write_text(folder / part / "classes.txt", "\n".join([*classes, ""]))
        for path in sorted(predictions.rglob("*.npz")):
            of = read_arrays(path, "evaluate")
            predicted = of[f"{part} probabilities"].argmax(axis=1).astype(np.uint8)
            write_arrays(folder / part / path.relative_to(predictions), {"predicted": predicted})
        for name in ("ids", "labels"):  # the same of every run
            write_array(folder / part / f"{name}.npy", of[f"{part} {name}"])
