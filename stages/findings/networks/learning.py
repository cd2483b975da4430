"""Had every run finished learning when its epochs ended? A loss that still fell a lot says that it had not."""

import math
from collections.abc import Sequence

from stages.findings.finding import RUN, associated, named
from stages.findings.networks.curves import histories
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row

STILL_FALLING = 0.1
"""A training loss that fell by more than this share in the last sixth of the epochs still falls."""


def rows(sample: Sample) -> list[Row]:
    table = []
    for run in sample.runs:
        epochs = [row for row in sample.histories[run] if row["part"] == "training"]
        share = fall([float(row["loss"]) for row in epochs])
        last = {name: epochs[-1][name] for name in ("accuracy", "loss")}
        table.append(
            {**named(run), "epochs": len(epochs), **last, "fall": share, "still_falling": share > STILL_FALLING}
        )
    return table


def fall(losses: Sequence[float]) -> float:
    """Share by which the loss fell in the last sixth of the epochs, rounded down to whole epochs; below 0: it rose.

    losses: of every epoch, in order.

    >>> round(fall([2, 1, 0.5, 0.5, 0.5, 0.4]), 3), fall([2])
    (0.2, 0.0)
    """
    before = losses[math.ceil(len(losses) * 5 / 6) - 1]
    return 1 - losses[-1] / before if before else 0.0


FINDING = associated(
    globals(),
    caption="Training accuracy and loss of the last epoch, means over it while the weights move, and how much the loss "
    "still fell in the last sixth of the epochs.",
    columns={
        **RUN,
        "epochs": Column(int, "epochs that it learned"),
        "accuracy": Column(float, "on the training images in the last epoch, 0..1"),
        "loss": Column(float, "on the training images in the last epoch: cross entropy, nats an image, from 0"),
        "fall": Column(float, "share by which this loss fell in the last sixth of the epochs; below 0: it rose"),
        "still_falling": Column(
            bool, f"whether it fell by more than {STILL_FALLING:.0%}, so had not finished learning"
        ),
    },
    needs=histories,
    with_collapsed=True,
    of_training=True,
)
