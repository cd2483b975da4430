"""Which errors would an earlier stop have avoided, and made? (docs/analysis.md, section 1)"""

import numpy as np

from stages.findings.finding import Finding, epochs
from stages.statistics import crossfit
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row


def rows(sample: Sample) -> list[Row]:
    folds = crossfit.folds(sample)
    last, stopped, chosen = [], [], {}
    for run in sample.runs:
        right = sample.epochs[run] == sample.labels
        best = [best_epoch(right[:, places]) for places, _ in folds]
        after = np.empty_like(right[-1])
        for epoch, (_, counted) in zip(best, folds, strict=True):
            after[counted] = right[epoch - 1, counted]
        last.append(right[-1])
        stopped.append(after)
        chosen[run.network, run.seed] = "; ".join(map(str, best))
    table = crossfit.repairs(sample, np.array(last), np.array(stopped))
    return [row | {"epochs": chosen.get((row["network"], row["seed"]), "")} for row in table]


def best_epoch(right: np.ndarray) -> int:
    """The epoch of highest accuracy, from 1, the earliest of equals. right: bool (epochs, n).

    >>> best_epoch(np.array([[0, 0], [1, 0], [0, 1]], bool))
    2
    """
    return 1 + int(right.sum(axis=1).argmax())


FINDING = Finding(
    name="early_stopping",
    section="The networks",
    question="Which errors would an earlier stop have avoided, and which would it have made?",
    kind="associated",
    caption="Answers after the best epoch beside those after the last. The best epoch is chosen on one half of the "
    "held-out images and counted on the other, both ways. Intervals: bootstrap over images, t over seeds.",
    columns={
        **crossfit.REPAIRS,
        "epochs": Column(str, "the epochs of highest accuracy on the first and on the second half"),
    },
    rows=rows,
    needs=epochs,
    of_training=True,
)
