"""How do the optimizers compare, each at its best learning rate? (docs/analysis.md, section 5)"""

import numpy as np

from stages.findings.finding import causal, no_collapse
from stages.statistics.crossfit import folds
from stages.statistics.effects import compared, difference
from stages.statistics.remedies import Ladder, ladders
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row


def rows(sample: Sample) -> list[Row]:
    (places, _), _ = folds(sample)
    chosen_on = np.isin(np.arange(len(sample.labels)), places)
    return [_row(sample, pair, chosen_on) for pair in ladders(sample.grid)]


def _row(sample: Sample, pair: list[Ladder], chosen_on: np.ndarray) -> Row:
    """The best networks on the images of `chosen_on`, bool (N,), compared on the others."""
    row: Row = {}
    right = {network: sample.late_right[sample.networks.index(network)] for ladder in pair for network in ladder}
    best = []
    for side, ladder in zip("ab", pair, strict=True):
        place = int(np.argmax([right[network][:, chosen_on].mean() for network in ladder]))
        best.append(ladder[place])
        settings = sample.grid.settings[ladder[place]]
        row |= {f"optimizer_{side}": settings["optimizer"], f"rate_{side}": settings.get("learning_rate")}
        row |= {f"network_{side}": ladder[place], f"at_end_{side}": place in (0, len(ladder) - 1)}
    return row | difference(sample, right[best[0]] - right[best[1]], ~chosen_on)


def needs(sample: Sample) -> str:
    if not ladders(sample.grid):
        return "needs two optimizers with two or more learning rates each, and all else in common"
    return no_collapse(sample) or ("" if len(sample.labels) > 1 else "there is one image only")


def _columns(side: str) -> dict[str, Column]:
    return {
        f"optimizer_{side}": Column(str, f"optimizer {side}, by the alphabet"),
        f"rate_{side}": Column(float, "its learning rate with the highest accuracy on the other half of the images"),
        f"network_{side}": Column(str, "the network that has it"),
        f"at_end_{side}": Column(
            bool, "whether it is the lowest or highest that was tried, so that a better may exist"
        ),
    }


FINDING = causal(
    globals(),
    caption="Each optimizer's learning rate is chosen on a random half of the images, and the two are compared on the "
    "other half, so that the choice flatters neither. Accuracy is a mean over the last sixth of the epochs.",
    columns={
        **_columns("a"),
        **_columns("b"),
        **compared("accuracy of a - that of b, mean over the seeds, -1..1", "images that they are compared on"),
    },
)
