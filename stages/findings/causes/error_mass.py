"""Are errors on images that a network always misses, or luck of the run? (docs/analysis.md, section 4)"""

import numpy as np

from stages.findings.finding import NETWORK, Answer, Figure, Style, associated, picture
from stages.statistics.causes import three_seeds
from stages.statistics.chances import BANDS, also_wrong, fitted, ranges_over_images, ranges_over_seeds
from stages.statistics.intervals import SAME
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table, ends

ALL = "all networks"
WIDEST = 0.5
"""Interval of a share that still says something."""
INTERVALS = {
    **ends("low_images", "high_images", "the interval over new images", "; empty without errors"),
    **ends("low_seeds", "high_seeds", "the interval over new seeds", "; empty with fewer than three, or no width"),
    "n": Column(int, "how many errors, over all seeds"),
    "seeds": Column(int, "how many seeds it is computed on"),
}
UNKNOWN = dict.fromkeys(("low_images", "high_images", "low_seeds", "high_seeds"))


def rows(sample: Sample) -> list[Row]:
    wrong = ~sample.right_by_cell
    groups = {network: wrong[[place]] for place, network in enumerate(sample.grid.networks)} | {ALL: wrong}
    return [{"network": network, **row} for network, group in groups.items() for row in _of(sample, group)]


def _of(sample: Sample, wrong: np.ndarray) -> list[Row]:
    """One row a band, of networks together; wrong: bool (networks, seeds, N)."""
    errors = also_wrong(wrong)
    numbers = {"n": int(errors.sum()), "seeds": len(sample.seeds)}
    table: list[Row] = [{"chance": band, "share": None, **UNKNOWN, **numbers} for band in BANDS]
    if not errors.any():
        return table
    mass = fitted(errors)
    over_images = ranges_over_images(errors, mass, sample.resamples, sample.confidence)
    over_seeds = ranges_over_seeds(wrong, mass, sample.confidence) or {}
    for row in table:
        band = row["chance"]
        low, high = over_seeds.get(band, (None, None))
        row |= {"share": float(mass @ BANDS[band]), "low_seeds": low, "high_seeds": high}
        row["low_images"], row["high_images"] = over_images[band]
    return table


@picture(
    "Errors by the image's chance of being missed",
    "Left: images missed with nearly every seed. Right: the network gets them right with most seeds.",
    wide=True,
)
def draw(table: Table, style: Style) -> Figure:
    networks = {row["network"]: row["n"] for row in table.rows}
    figure = style.figure(1.3 + 0.4 * len(networks))
    panels = figure.subplots(1, len(BANDS), sharey=True)
    for axes, band in zip(panels, BANDS, strict=True):
        style.dots_of_both(axes, table.where(chance=band), "share")
        style.rows_down(axes, [f"{style.short(network, 16)} ({n:,})" for network, n in networks.items()], 26)
        axes.set_xlim(0, 1)
        axes.set_title(band)
        style.percent_axis(axes.xaxis, "")
    label = "share of the errors (their number in brackets), by their image's chance of being missed"
    figure.supxlabel(label, fontsize=9)
    style.legend_above(figure, panels[0])
    return figure


WORDS = {
    "at least 0.9": "with nearly every seed",
    "0.5 to 0.9": "with most seeds",
    "below 0.5": "with less than half of the seeds, so that they are luck of the run",
}


def answer(table: Table) -> Answer | None:
    """The band that holds most errors for sure; None where so few runs say little of it."""
    rows = [row for row in table.where(network=ALL) if row["low_images"] is not None]
    if not rows:
        return None
    row = max(rows, key=lambda row: row["low_images"])
    low, high = row["low_images"], row["high_images"]
    if low < SAME or high - low > WIDEST:
        return None
    share = f"{low:.0%} to {high:.0%}" if f"{low:.0%}" != f"{high:.0%}" else f"{low:.0%}"
    said = f"Of the errors, {share} are on images that the network misses {WORDS[row['chance']]}."
    return Answer(said, row["share"], low, high, "new images")


FINDING = associated(
    globals(),
    caption="Of a network's errors, the share on images that it misses with a chance of at least 0.9, 0.5 to 0.9, or "
    "less, whichever seed it starts from, with the luck of few runs taken out. The intervals hold all that so many "
    "runs cannot tell apart: with two or three runs that is much.",
    columns={
        "network": NETWORK._replace(meaning=f"{NETWORK.meaning}, or '{ALL}', each error with its own network's chance"),
        "chance": Column(str, "the image's chance of being missed by the network, over seeds"),
        "share": Column(float, "of the errors, 0..1; empty where there are none"),
        **INTERVALS,
    },
    needs=three_seeds,
)
