"""When in training was each image learned, and was it forgotten? (docs/analysis.md, section 1)"""

import numpy as np

from stages.findings.finding import INTERVAL, RUN, Figure, N, Style, associated, epochs, named, picture
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table

ALL = "all classes"
DYNAMICS = ("never learned", "flickering", "learned and forgotten", "right only at the end", "learned and kept")


def rows(sample: Sample) -> list[Row]:
    table = []
    classes = [(ALL, sample.labels >= 0), *((name, sample.labels == i) for i, name in enumerate(sample.class_names))]
    for run in sample.runs:
        right = sample.epochs[run] == sample.labels
        codes, events = dynamics(right), forgetting_events(right)
        for name, of_class in classes:
            for code, word in enumerate(DYNAMICS):
                chosen = of_class & (codes == code)
                row = {**named(run), "class": name, "dynamics": word, "count": int(chosen.sum())}
                row |= wilson(row["count"], of_class.sum(), sample.confidence, "share")
                table.append(row | {"forgetting_events": int(events[chosen].sum())})
    return table


def forgetting_events(right: np.ndarray) -> np.ndarray:
    """int (N,): how often an image was right after one epoch and wrong after the next. right: bool (epochs, N)."""
    return (right[:-1] & ~right[1:]).sum(axis=0)


def dynamics(right: np.ndarray) -> np.ndarray:
    """int (N,), indices into DYNAMICS: the first that fits each image. right: bool (epochs, N), after each epoch.

    >>> rows = ["000000", "010101", "011000", "000001", "101111"]
    >>> [DYNAMICS[code] for code in dynamics(np.array([[*row] for row in rows]).T == "1")] == [*DYNAMICS]
    True
    """
    late = max(1, len(right) // 6)
    fits = [~right.any(axis=0), forgetting_events(right) > 1, ~right[-1], ~right[:-late].any(axis=0)]
    return np.select(fits, range(len(fits)), len(fits))


@picture("When images are learned, and forgotten", "A bar: all held-out images of a class, in all runs.")
def draw(table: Table, style: Style) -> Figure:
    names = list(dict.fromkeys(row["class"] for row in table.rows if row["n"]))
    tints = (style.DARK, style.VERMILION, style.ORANGE, style.SKY, style.REST)
    figure = style.figure(1.3 + 0.3 * len(names))
    axes = figure.subplots()
    left = np.zeros(len(names))
    for word, tint in zip(DYNAMICS, tints, strict=True):
        shares = [np.mean([row["share"] for row in table.where(dynamics=word, **{"class": name})]) for name in names]
        look = {"height": 0.7, "color": tint, "edgecolor": "white", "linewidth": 0.6, "label": word}
        axes.barh(range(len(names)), shares, left=left, **look)
        left += shares
    style.rows_down(axes, [style.short(name, 40) for name in names], 24)
    axes.set_xlim(0, 1)
    axes.grid(visible=False)
    style.percent_axis(axes.xaxis, "share of the images, mean over the runs")
    style.legend_above(figure, axes, 3)
    return figure


FINDING = associated(
    globals(),
    caption="Held-out images of each run by when it was right about them, after every epoch; with Wilson intervals. A "
    "forgetting event: right after one epoch, wrong after the next.",
    columns={
        **RUN,
        "class": Column(str, f"name of the class, or '{ALL}'"),
        "dynamics": Column(
            str,
            "never learned: right after no epoch; flickering: forgotten twice or more; learned and forgotten: wrong "
            "after the last epoch; right only at the end: for the first time in the last sixth of the epochs; learned "
            "and kept: all others",
        ),
        "count": Column(int, "how many images"),
        "share": Column(float, "of the images of the class, 0..1; empty where there are none"),
        **INTERVAL,
        "forgetting_events": Column(int, "how many forgetting events these images have together"),
        "n": N._replace(meaning="how many images the class has"),
    },
    needs=epochs,
    of_training=True,
)
