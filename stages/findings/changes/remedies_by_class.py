"""Of which classes does a change in training repair the errors, beyond luck? (docs/analysis.md, section 5)"""

import numpy as np

from stages.findings.changes import remedies
from stages.findings.finding import Figure, Style, causal, picture, seeds
from stages.statistics.remedies import turned
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table, both_ends


def rows(sample: Sample) -> list[Row]:
    """The changes in the order of the table `remedies`."""
    of_class = np.arange(len(sample.class_names))[:, None] == sample.labels
    found = {(one.base, one.network, one.setting): one for one in remedies.compared(sample)}
    ranked = [found[row["base"], row["network"], row["setting"]] for row in remedies.rows(sample)]
    cases = [case for remedy in ranked for case in remedies.cases(sample, remedy, of_class)]
    shares = iter(zip(cases, turned(sample, cases), strict=True))
    table = []
    for remedy in ranked:
        for answers, (case, by_class) in zip(remedies.STATES, shares, strict=False):
            for name, images, row in zip(sample.class_names, case.groups, by_class, strict=True):
                change = {**remedies.described(remedy), "class": name, "answers": answers}
                table.append(change | row | {"n": int(case.before[:, images].sum()), "seeds": len(sample.seeds)})
    return table


@picture(
    "Errors that each change repairs, by class, beyond luck",
    "Green: the change repairs more errors of the class than merely another seed does. Purple: fewer.",
    wide=True,
)
def draw(table: Table, style: Style) -> Figure | None:
    """Repaired beyond luck, a row a change, a column a class."""
    rows = table.where(answers="repaired")
    names = list(dict.fromkeys(row["class"] for row in rows))
    if all(row["excess"] is None for row in rows) or len(names) > style.MOST_WRITTEN:
        return None
    changes = rows[:: len(names)]
    shown = [np.nan if row["excess"] is None else row["excess"] for row in rows]
    values = np.reshape(shown, (len(changes), len(names)))
    top = max(0.01, np.nanmax(np.abs(values)))
    figure = style.figure(1.4 + 0.3 * len(changes), max(style.WIDTH, 3.2 + 0.42 * len(names)))
    axes = figure.subplots()
    axes.imshow(values, cmap="PRGn", vmin=-top, vmax=top, aspect="auto")
    axes.set_xticks(range(len(names)), [style.short(name, 14) for name in names], rotation=90)
    axes.set_yticks(range(len(changes)), remedies.labels(changes, style))
    style.no_lines(axes)
    for cell, value in np.ndenumerate(values):
        if not np.isnan(value):
            style.write_cell(axes, cell, style.percent(value), abs(value) / top * 0.8, 7)
    axes.set_title("errors repaired, minus the placebo, percentage points")
    return figure


def needs(sample: Sample) -> str:
    return remedies.needs(sample) or seeds(sample, 2)


FINDING = causal(
    globals(),
    caption="Of each class, the base's wrong answers that the change makes right, and the right ones that it makes "
    "wrong, beside the placebo, merely another seed. Intervals of the excess over new images and over new seeds.",
    columns={
        **remedies.CHANGE,
        "class": Column(str, "of the label"),
        "answers": Column(str, "'repaired': made right, of the wrong ones; 'broken': made wrong, of the right ones"),
        "share": Column(float, "with the change, 0..1; empty where n is 0"),
        "placebo": Column(float, "the base's own runs with another seed, 0..1"),
        "excess": Column(float, "share - placebo, -1..1"),
        **both_ends("its interval"),
        "n": Column(int, "such answers of the base to images of the class, all seeds together"),
        "seeds": Column(int, "how many seeds it is computed on"),
    },
)
