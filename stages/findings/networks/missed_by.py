"""How many runs miss an image? (docs/analysis.md, section 2)"""

import numpy as np

from stages.findings.finding import INTERVAL, Figure, N, Style, associated, picture
from stages.statistics.chances import independent
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table


def rows(sample: Sample) -> list[Row]:
    right = sample.by_run(sample.right)
    wrong_runs = (~right).sum(axis=0)
    counts = np.bincount(wrong_runs, minlength=len(right) + 1)
    expected = independent(1 - right.mean(axis=1))
    return [
        {"wrong_runs": k, "count": int(count), **wilson(count, len(wrong_runs), sample.confidence, "share")}
        | {"expected_share": float(chance)}
        for k, (count, chance) in enumerate(zip(counts, expected, strict=True))
    ]


@picture(
    "How many runs miss an image",
    "Bars above the marks at both ends say that the same images are easy, or hard, for all runs.",
)
def draw(table: Table, style: Style) -> Figure:
    """Bars with intervals, and marks where runs that err independently would put their ends."""
    figure = style.figure(3.2)
    axes = figure.subplots()
    places, shares, lows, highs, expected = (
        [row[key] for row in table.rows] for key in ("wrong_runs", "share", "low", "high", "expected_share")
    )
    axes.bar(places, shares, width=0.62, color=style.BLUE, label="these runs")
    axes.vlines(places, lows, highs, color=style.INK, linewidth=1.2)
    look = {"linestyle": "none", "marker": "_", "markersize": 18, "markeredgewidth": 2.2, "color": style.VERMILION}
    axes.plot(places, expected, label="if the runs erred independently", **look)
    axes.xaxis.set_major_locator(style.MaxNLocator(integer=True))
    axes.set_xlabel(f"runs that get an image wrong, of {max(places)}")
    style.percent_axis(axes.yaxis, f"share of the images (n = {table.rows[0]['n']:,})")
    axes.grid(axis="y")
    axes.set_ylim(bottom=0)
    style.legend_above(figure, axes)
    return figure


COUNTED = {
    "share": Column(float, "of all images, 0..1"),
    **INTERVAL,
    "expected_share": Column(float, "share if the runs erred independently"),
    "n": N,
}

FINDING = associated(
    globals(),
    caption="Images that so many of the runs get wrong, beside what independent errors would give; with Wilson "
    "intervals.",
    columns={
        "wrong_runs": Column(int, "number of runs that get the image wrong"),
        "count": Column(int, "images that exactly so many runs get wrong"),
        **COUNTED,
    },
)
