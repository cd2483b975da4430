"""Which networks learn from a folder of pictures, for how long, and how long that takes; touches no file."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

LEARNED = 0.8 * 0.8
"""Share of the pictures that is learned from: a fifth is kept for testing, a fifth of the rest held out."""

STEPS, LEAST_EPOCHS, MOST_EPOCHS = 500, 10, 60
"""Training steps that a network needs, and the limits of the epochs that they are put into."""

FEW = 5000
"""Pictures up to which a network of half the width does."""

CHANGES: Mapping[str, Mapping[str, Any]] = {
    "plain": {"augment": "none"},
    "half": {"train_share": 0.5},
    "faster": {"learning_rate": 0.003},
}
"""What each further network sets differently from `base`: this one thing."""

SEEDS = (0, 1, 2)
"""The fewest that give intervals over seeds of repaired and broken answers."""

RUN_SECONDS, OTHER_SECONDS = 27.0, 38.0
"""What a run takes on one core without the images that it learns from, mostly the start of TensorFlow and DVC; and all
other stages."""
PICTURES_A_SECOND, LEARNED_A_SECOND = 200, 2500
"""Pictures read; images learned from, of the narrow network, on two cores, by however many runs."""


class Plan(NamedTuple):
    """What depends on the number of pictures; filters: of the convolutions."""

    batch_size: int
    epochs: int
    filters: tuple[int, ...]


def plan(pictures: int) -> Plan:
    """The batch is about a 32nd of the images learned from, a power of two from 16 to 128; epochs as STEPS needs.

    >>> plan(1400)
    Plan(batch_size=32, epochs=18, filters=(16, 32, 64))
    """
    learned = LEARNED * pictures
    batch_size = 2 ** min(7, max(4, round(math.log2(learned / 32))))
    epochs = min(MOST_EPOCHS, max(LEAST_EPOCHS, round(STEPS * batch_size / learned)))
    return Plan(batch_size, epochs, (16, 32, 64) if pictures <= FEW else (32, 64, 128))


def parameters(folder: str, chosen: Plan) -> dict[str, Any]:
    """The content of params.yaml. folder: an absolute path.

    Copies of a picture stay in one part, since folders of one's own often have them and what is learned by heart would
    count as right. Pictures that cannot be read are left out, with a warning.
    """
    return {
        "dataset": "folder",
        "data": {"folder": folder, "image_side": 32, "unreadable": "skip", "human_votes": None},
        "split": {"held_out_share": 0.2, "train_images": None, "copies": "together", "seed": 0},
        "optimizer": "adam",
        "learning_rate": 0.001,
        "schedule": "cosine",
        "augment": "flip_shift",
        "kernel_size": 3,
        "filters": [*chosen.filters],
        "pool_after": [1, 2, 3],
        "dense_units": [64],
        "epochs": chosen.epochs,
        "batch_size": chosen.batch_size,
        "networks": {"base": {}} | {name: {**change} for name, change in CHANGES.items()},
        "seeds": [*SEEDS],
        "error_analysis": {"resamples": 2000, "confidence": 0.95, "looks": 1, "intervention_images": 100},
    }


def seconds(pictures: int, chosen: Plan, at_once: int) -> float:
    """What all of it takes on two quiet cores, about. at_once: how many runs are done at once."""
    shares = [change.get("train_share", 1) for change in ({}, *CHANGES.values())]
    width = chosen.filters[0] / 16
    passed = LEARNED * pictures * chosen.epochs * width**2 * sum(shares) * len(SEEDS)
    starts = RUN_SECONDS * len(shares) * len(SEEDS) / min(at_once, 2)
    return OTHER_SECONDS + pictures / PICTURES_A_SECOND + starts + passed / LEARNED_A_SECOND


def minutes(seconds: float) -> str:
    """
    >>> minutes(20), minutes(80), minutes(140)
    ('less than a minute', 'about 2 minutes', 'about 3 minutes')
    """
    return "less than a minute" if seconds < 60 else f"about {-int(-seconds // 60)} minutes"
