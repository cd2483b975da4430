"""How much do image, settings and run matter, alone and with all else? (docs/analysis.md, section 3)"""

from stages.findings.finding import INTERVAL, Figure, N, Style, by_row, picture, seeds
from stages.findings.sources import variance_shares
from stages.findings.sources.variance_shares import OVER_SEEDS, SET, shares_over_seeds
from stages.statistics.intervals import resampled
from stages.statistics.sample import Sample
from stages.statistics.shares import sampled_indices, sources, variances
from stages.statistics.table import Column, Row, Table
from stages.statistics.variance import indices, members


def rows(sample: Sample) -> list[Row]:
    """One row for every source and index."""
    values, _ = variances(sample)
    table = []
    for source, names in sources(sample).items():
        samples = sampled_indices(sample)[source]
        for index, value in indices(values, names).items():
            row = {"source": source, "index": index, **resampled(value, samples[index], sample.confidence)}
            of = {name for name in values if members(name) <= names} if index == "first-order" else set()
            kind = "causal" if of and of <= SET else "associated"
            table.append(row | shares_over_seeds(sample, of) | {"n": len(sample.labels), "kind": kind})
    return table


def needs(sample: Sample) -> str:
    return variance_shares.needs(sample) or seeds(sample, 2)


@picture("First-order, Shapley and total indices", "Far apart: what this source does depends on the others.")
def draw(table: Table, style: Style) -> Figure:
    """A row a source, with its three indices."""
    names = list(dict.fromkeys(row["source"] for row in table.rows))
    looks = {"first-order": (style.BLUE, "o"), "Shapley": (style.INK, "D"), "total": (style.ORANGE, "s")}
    figure, axes = style.row_chart(names, 0.5)
    for (index, (color, marker)), offset in zip(looks.items(), (-0.2, 0, 0.2), strict=True):
        places = [place + offset for place in range(len(names))]
        style.dots(axes, table.where(index=index), ("value", "low", "high"), places, color=color, marker=marker)
    style.zero_line(axes)
    style.percent_axis(axes.xaxis, "share of the variance of the error indicator")
    legend = [
        style.Line2D([], [], color=color, marker=marker, markersize=5, label=index)
        for index, (color, marker) in looks.items()
    ]
    figure.legend(handles=legend, loc="outside upper left", ncols=3)
    return figure


FINDING = by_row(
    globals(),
    caption="Sobol indices of 'this run gets this image wrong': first-order, what varies with this source alone; "
    "total, all that varies with it, also with others; Shapley, where what varies with several counts in equal parts "
    "for each. Intervals over new images; first-order ones of settings and run over new seeds too.",
    columns={
        "source": Column(str, "what the error varies with; a run has its seed, an image its class"),
        "index": Column(str, "'first-order', 'total' or 'Shapley'"),
        "value": Column(float, "share of the variance; one below 0 is an estimate near 0"),
        **INTERVAL,
        **OVER_SEEDS,
        "n": N,
        "kind": Column(str, "'causal': the source was set, by itself; 'associated': has to do with the images"),
    },
)
