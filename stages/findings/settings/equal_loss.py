"""How do the optimizers compare at equal training loss, whatever the learning rate? (docs/analysis.md, section 5)

The training loss was not set, it came about, so this is associated, not causal.
"""

import numpy as np

from stages.findings.finding import associated, epochs, no_collapse
from stages.findings.settings import best_rates
from stages.run import Run
from stages.statistics.effects import compared, difference
from stages.statistics.fit import between, curves, levels, reached
from stages.statistics.remedies import Ladder, ladders
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row


def rows(sample: Sample) -> list[Row]:
    table = []
    for pair in ladders(sample.grid):
        losses = {network: _losses(sample, network) for ladder in pair for network in ladder}
        for level in levels([[losses[network] for network in ladder] for ladder in pair]):
            taking_part = [[each for each in ladder if _through(losses[each], level)] for ladder in pair]
            if all(taking_part):
                table.append(_row(sample, taking_part, losses, float(level)))
    return table


def _losses(sample: Sample, network: str) -> list[np.ndarray]:
    """The training losses of each seed, float (epochs,)."""
    return [curves(sample.histories[Run(network, seed)])[0] for seed in sample.seeds]


def _through(of_seeds: list[np.ndarray], level: float) -> bool:
    """Whether every run passes this loss."""
    return all(losses[0] >= level >= losses.min() for losses in of_seeds)


def _row(sample: Sample, networks: list[Ladder], losses: dict[str, list[np.ndarray]], level: float) -> Row:
    """networks: of both optimizers, those that pass the level."""
    right = [np.mean([_right(sample, each, losses[each], level) for each in ladder], axis=0) for ladder in networks]
    row: Row = {"training_loss": level}
    for side, ladder, answers in zip("ab", networks, right, strict=True):
        optimizer = sample.grid.settings[ladder[0]]["optimizer"]
        row |= {f"optimizer_{side}": optimizer, f"networks_{side}": "; ".join(ladder)}
        row[f"accuracy_{side}"] = float(answers.mean())
    return row | difference(sample, right[0] - right[1], np.ones(len(sample.labels), bool))


def _right(sample: Sample, network: str, losses: list[np.ndarray], level: float) -> np.ndarray:
    """Which answers are right when each run first reaches the loss, float (seeds, N), linear between epochs."""
    answers = [sample.epochs[Run(network, seed)] == sample.labels for seed in sample.seeds]
    return np.array([between(right, reached(one, level)) for right, one in zip(answers, losses, strict=True)])


def needs(sample: Sample) -> str:
    if reason := best_rates.needs(sample) or epochs(sample):
        return reason
    if not sample.histories:
        return "there are no histories of the training"
    return no_collapse(sample) or ("" if rows(sample) else "the optimizers never had the same training loss")


def _columns(side: str) -> dict[str, Column]:
    return {
        f"optimizer_{side}": Column(str, f"optimizer {side}, by the alphabet"),
        f"networks_{side}": Column(str, "its networks, from the lowest rate, of which every run passes this loss"),
        f"accuracy_{side}": Column(float, "of held-out images, when they first reach it; mean over these, 0..1"),
    }


FINDING = associated(
    globals(),
    caption="Held-out accuracy when the runs first reach the same training loss, interpolated between epochs, mean "
    "over all learning rates of an optimizer that pass this loss. Intervals: bootstrap over images, t over seeds.",
    columns={
        "training_loss": Column(float, "that all of these reach: cross entropy, nats an image, mean over an epoch"),
        **_columns("a"),
        **_columns("b"),
        **compared("accuracy_a - accuracy_b, -1..1"),
    },
)
