"""How well is each class recognised? (docs/analysis.md, section 1)"""

from stages.findings.finding import INTERVAL, RUN, Figure, N, Style, associated, named, picture, sizes
from stages.statistics.confusions import MOST_PAIRED, confusions
from stages.statistics.intervals import simultaneous, wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table, ends

LOWEST = 30
"""Classes shown of more than MOST_PAIRED."""
SIMULTANEOUS = ends(
    "low_simultaneous", "high_simultaneous", "the interval, 0..1, that holds with those of all classes and runs"
)


def rows(sample: Sample) -> list[Row]:
    counted = []
    for run, matrix in zip(sample.runs, confusions(sample), strict=True):
        for index, name in enumerate(sample.class_names):
            hits = matrix[index, index]
            for score, total in (("recall", matrix[index].sum()), ("precision", matrix[:, index].sum())):
                row = {**named(run), "class": name, "score": score, **wilson(hits, total, sample.confidence)}
                counted.append((row | dict.fromkeys(SIMULTANEOUS), hits))
    for score in ("recall", "precision"):
        _together([(row, hits) for row, hits in counted if row["score"] == score and row["n"]], sample.confidence)
    return [row for row, _ in counted]


def _together(counted: list[tuple[Row, int]], confidence: float) -> None:
    """Fill in the columns SIMULTANEOUS of rows with their numbers of right answers, which are one family."""
    ends = simultaneous([hits for _, hits in counted], [row["n"] for row, _ in counted], confidence)
    for (row, _), *values in zip(counted, *ends, strict=True):
        row.update(zip(SIMULTANEOUS, map(float, values), strict=True))


@picture(
    "Recall of every class",
    f"The dashed line is one half. Of more than {MOST_PAIRED} classes, the {LOWEST} of lowest recall.",
    name="recall",
)
def draw(table: Table, style: Style) -> Figure:
    """Recall of every class by every run, with Wilson intervals; a line at a half. Of many classes, the lowest."""
    rows = _lowest(table.where(score="recall"))
    runs, names = (list(dict.fromkeys(map(key, rows))) for key in (_run, lambda row: row["class"]))
    networks = list(dict.fromkeys(network for network, _ in runs))
    figure = style.figure(1.2 + max(0.34, 0.075 * len(runs) + 0.12) * len(names))
    axes = figure.subplots()
    for (network, seed), offset in zip(runs, style.offsets(len(runs)), strict=True):
        chosen = [row for row in rows if _run(row) == (network, seed) and row["value"] is not None]
        position = networks.index(network)
        places = [names.index(row["class"]) + offset for row in chosen]
        look = style.of_network(position, len(runs))
        label = style.short(network, 24) if seed == runs[0][1] else None
        style.dots(axes, chosen, ("value", "low", "high"), places, label=label, **look)
    style.rows_down(axes, [style.short(name, 40) for name in names], 24)
    axes.set_xlim(0, 1)
    axes.axvline(0.5, color=style.INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0.5)
    style.percent_axis(axes.xaxis, f"recall (n = {sizes(rows)} images a class)")
    style.legend_above(figure, axes)
    return figure


def _lowest(rows: list[Row]) -> list[Row]:
    """All rows of at most MOST_PAIRED classes; of more, those of the LOWEST with the lowest mean, these first."""
    by_class: dict[str, list[float]] = {}
    for row in rows:
        by_class.setdefault(row["class"], []).append(1.0 if row["value"] is None else row["value"])
    if len(by_class) <= MOST_PAIRED:
        return rows
    names = sorted(by_class, key=lambda name: sum(by_class[name]))[:LOWEST]
    return sorted((row for row in rows if row["class"] in names), key=lambda row: names.index(row["class"]))


def _run(row: Row) -> tuple[str, int]:
    return row["network"], row["seed"]


FINDING = associated(
    globals(),
    caption="Recall and precision of each class, with Wilson intervals for each alone, and simultaneous intervals "
    "(Clopper and Pearson, Bonferroni) that hold for all classes of all runs together.",
    columns={
        **RUN,
        "class": Column(str, "name of the class"),
        "score": Column(str, "recall, of the images of the class, or precision, of the answers that name it"),
        "value": Column(float, "share of right answers, 0..1; none where n is 0"),
        **INTERVAL,
        **SIMULTANEOUS,
        "n": N,
    },
    with_collapsed=True,
)
