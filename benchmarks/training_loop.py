"""A whole epoch through the train stage against the bare step: python -m benchmarks.training_loop.

The bare steps are those of the stage, for learning and for watching held-out images, on one batch that never changes;
an epoch at that speed would take its training images at the one rate and its held-out images at the other. The stage's
epoch includes the choice and order of images, curves and held-out evaluation. Bare steps and epochs take turns.
"""

import statistics
import time

import numpy as np

from benchmarks import networks, report
from benchmarks.arithmetic import seconds
from stages import params
from stages.train import training

TRAINING_IMAGES, HELD_OUT_IMAGES, EPOCHS = 8_000, 2_000, 3


def main():
    everything = params.read()
    rows = []
    for network in everything.networks:
        ratios, bare, whole = compare(everything.network(network).resolved())
        loss = 1 - statistics.median(ratios)
        rows.append([network, f"{statistics.median(bare):,.0f}", f"{statistics.median(whole):,.0f}", f"{loss:.1%}"])
    header = ["network", "bare step, images/s", "epoch of the stage, images/s", "lost"]
    report.write(
        "training_loop.md",
        "# Speed of an epoch through the train stage\n\n"
        f"Machine: {report.machine()}. {TRAINING_IMAGES:,} training and {HELD_OUT_IMAGES:,} held-out images, median of "
        f"{EPOCHS} epochs after a first one that compiles. Command: `python -m benchmarks.training_loop`.\n\n"
        + report.markdown_table(header, rows),
    )


def compare(settings):
    """(ratio, bare images/s, images/s of the epoch), each a list over epochs."""
    images, labels = networks.batch(TRAINING_IMAGES + HELD_OUT_IMAGES)
    labels = labels.astype("uint8")
    learned, watched = np.split(np.arange(len(images)), [TRAINING_IMAGES])
    model = training.untrained(settings, networks.IMAGE_SHAPE, networks.CLASSES, 0, TRAINING_IMAGES)
    epochs = training.epochs(
        model,
        images,
        labels,
        learned,
        watched,
        range(1, 2 + EPOCHS),
        settings=settings,
        seed=0,
        progress=lambda count: None,
    )
    learn, watch = (networks.ours_step(what, settings, settings.batch_size) for what in ("training", "watching"))
    next(epochs)
    ratios, bare, whole = [], [], []
    for _ in range(EPOCHS):
        step, look = (statistics.median(seconds(bare_step, 20)) for bare_step in (learn, watch))
        expected = (TRAINING_IMAGES * step + HELD_OUT_IMAGES * look) / settings.batch_size
        start = time.perf_counter()
        next(epochs)
        taken = time.perf_counter() - start
        ratios.append(expected / taken)
        bare.append(len(images) / expected)
        whole.append(len(images) / taken)
    return ratios, bare, whole


if __name__ == "__main__":
    main()
