"""Which class, when it may not be chosen, would have made it right?"""

import numpy as np

from stages.findings.finding import RUN, Figure, Style, causal, measured, named, no_collapse, picture, probabilities
from stages.statistics.confusions import LEFT_OUT, REST, listed
from stages.statistics.intervals import wilson
from stages.statistics.knockout import repairing_classes
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table


def rows(sample: Sample) -> list[Row]:
    """Repair of every class by the removal of every other."""
    classes, table = len(sample.class_names), []
    answers = zip(sample.runs, sample.by_run(sample.right), sample.by_run(repairing_classes(sample)), strict=True)
    for run, right, removed in answers:
        errors = np.bincount(sample.labels[~right], minlength=classes)
        hit = removed >= 0
        repaired = np.zeros((classes, classes), dtype=int)
        np.add.at(repaired, (sample.labels[hit], removed[hit]), 1)
        for true, other, count, n in listed(repaired, errors, sample.class_names, diagonal=False):
            table.append({**named(run), "true": true, "removed": other, **repair(count, n, sample)})
    return table


def repair(repaired: int, errors: int, sample: Sample) -> Row:
    """The columns REPAIR: how many of the errors become right."""
    return {"repaired": int(repaired), **wilson(repaired, errors, sample.confidence, "repair")}


@picture(
    "Which class, when it is not there, would have made it right",
    "Percent of the true class's errors that become right when one class may not be answered.",
    wide=True,
)
def draw(table: Table, style: Style) -> Figure | None:
    """One matrix a network: of each true class's errors (row), the share right without each class; all seeds."""
    if table.where(true=REST):
        return None
    look = {"label": "class removed", "scale": "errors that become right", "colours": "Greens"}
    return style.class_matrices(table.rows, "removed", "repaired", "n", **look)


def needs(sample: Sample) -> str:
    return probabilities(sample) or no_collapse(sample)


REPAIR = {
    "repaired": Column(int, "errors that become right"),
    **measured(
        "repair", "share of the errors that become right, 0..1; none where there are no errors", "how many errors"
    ),
}

FINDING = causal(
    globals(),
    caption="Share of a class's errors that become right when another class may not be chosen: (accuracy without it - "
    "accuracy) / (1 - accuracy), of the images of the true class. Wilson intervals over images. "
    f"{LEFT_OUT}",
    columns={
        **RUN,
        "true": Column(str, "class whose errors these are"),
        "removed": Column(str, "class that may not be chosen"),
        **REPAIR,
    },
)
