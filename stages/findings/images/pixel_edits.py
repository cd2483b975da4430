"""What do edits of the pixels repair and break, beside noise of the same size?"""

from collections.abc import Iterator

from stages.findings.finding import INTERVAL, RUN, Figure, Style, causal, named, picture, sizes
from stages.outcomes import Outcomes
from stages.statistics.intervals import correct, paired_difference
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table


def interventions(sample: Sample) -> str:
    return "" if sample.interventions else "no run was asked about changed images"


def rows(sample: Sample) -> list[Row]:
    """Two rows a run and edit: what it repairs of the wrong images, and what it breaks of the right ones."""
    table = [named(run) | row for run in sample.runs for row in _rows(sample.interventions[run], sample.confidence)]
    correct(table, "p_holm")
    return table


def _rows(outcomes: Outcomes, confidence: float) -> Iterator[Row]:
    edits = zip(outcomes.edits, outcomes.edited, outcomes.placebo, outcomes.norms, strict=True)
    for name, edited, placebo, norms in edits:
        for direction, group in (("repair", ~outcomes.before), ("break", outcomes.before)):
            turned, turned_by_noise = (after[group] != outcomes.before[group] for after in (edited, placebo))
            values = {"rate": turned, "placebo_rate": turned_by_noise, "mean_l2": norms[group]}
            means = {key: float(value.mean()) if len(value) else None for key, value in values.items()}
            row = {"edit": str(name), "direction": direction, "n": len(turned), "p_holm": None}
            yield row | means | paired_difference(turned, turned_by_noise, confidence)


@picture(
    "Edits against noise of equal size",
    "Right of zero: the edit turns more answers than noise of the same size; left: noise turns more. The first "
    "seed of each network.",
)
def draw(table: Table, style: Style) -> Figure:
    """How much more each edit repairs, and breaks, than noise of equal size; the first seed of each network."""
    seeds = {row["network"]: row["seed"] for row in reversed(table.rows)}
    networks = list(dict.fromkeys(row["network"] for row in table.rows))
    edits = list(dict.fromkeys(row["edit"] for row in table.rows))
    first = [row for row in table.rows if row["seed"] == seeds[row["network"]]]
    figure = style.figure(1.2 + max(0.34, 0.075 * len(networks) + 0.12) * len(edits))
    panels = figure.subplots(1, 2, sharey=True)
    titles = {"repair": "repairs: wrong to right", "break": "breaks: right to wrong"}
    for axes, (direction, title) in zip(panels, titles.items(), strict=True):
        shown = [row for row in first if row["direction"] == direction]
        for position, (network, offset) in enumerate(zip(networks, style.offsets(len(networks)), strict=True)):
            known = [row for row in shown if row["network"] == network and row["difference"] is not None]
            places = [edits.index(row["edit"]) + offset for row in known]
            look = style.of_network(position, len(networks)) | {"label": style.short(network, 24)}
            style.dots(axes, known, ("difference", "low", "high"), places, **look)
        style.rows_down(axes, edits)
        style.zero_line(axes)
        axes.set_title(title)
        style.percent_axis(axes.xaxis, f"n = {sizes(shown)} images", "")
    figure.supxlabel(f"edit {style.MINUS} placebo, percentage points", fontsize=9)
    style.legend_above(figure, panels[0])
    return figure


FINDING = causal(
    globals(),
    caption="What pixel edits repair and break, on wrong and right images of each run, drawn at random (params "
    "error_analysis.intervention_images), and what random noise of equal L2 norm (the placebo) does. What counts "
    "is the difference: a wrong answer that any nudge turns was a close call. Interval: Bonett and Price 2012, "
    "over images.",
    columns={
        **RUN,
        "edit": Column(str, "what was done to the images"),
        "direction": Column(str, "'repair': wrong images that become right; 'break': right ones that become wrong"),
        "n": Column(int, "images asked about: wrong ones for 'repair', right ones for 'break'"),
        "rate": Column(float, "share that the edit turns, 0..1; none where n is 0, like all numbers that follow"),
        "placebo_rate": Column(float, "share that the placebo turns, 0..1"),
        "difference": Column(float, "rate - placebo_rate"),
        **INTERVAL,
        "p": Column(float, "exact McNemar test of edit against placebo, two-sided"),
        "p_holm": Column(float, "the same, corrected over the table (Holm)"),
        "mean_l2": Column(float, "mean L2 norm of the change, pixel values 0..255"),
    },
    section="What changed pixels do",
    needs=interventions,
)
