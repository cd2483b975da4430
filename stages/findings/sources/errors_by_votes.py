"""Are the images on which people disagree with the label those that networks miss? (docs/analysis.md, section 4)"""

import numpy as np

from stages.findings.finding import (
    NETWORK,
    PART,
    Answer,
    Figure,
    Style,
    associated,
    human_votes,
    measured,
    picture,
)
from stages.statistics import votes
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table

ALL = "all networks"


def rows(sample: Sample) -> list[Row]:
    """Of the held-out images, and of the test images where people labelled these."""
    parts = [sample, *(sample.others[name] for name in ("test",) if name in sample.others)]
    return [row for part in parts if part.votes is not None for row in _rows(part, part.votes)]


def _rows(sample: Sample, given: np.ndarray) -> list[Row]:
    """given: the votes, uint8 (N, annotators)."""
    dissent = votes.dissent(given, sample.labels)
    groups = np.stack([dissent == count for count in range(given.shape[1] + 1)], axis=1)
    errors = 1 - sample.right_by_cell.mean(axis=1)
    table = []
    for network, error in zip((*sample.grid.networks, ALL), (*errors, errors.mean(axis=0)), strict=True):
        for count, group in enumerate(groups.T):
            row = {"network": network, "part": sample.part, "dissenting_votes": count}
            table.append(row | wilson(error[group].sum(), group.sum(), sample.confidence, "error_rate"))
    return table


@picture(
    "Errors by people's dissent", "Each group: the images of which so many people chose another class than the label."
)
def draw(table: Table, style: Style) -> Figure:
    figure = style.figure(3.4)
    axes = figure.subplots()
    shown = table.where(part=table.rows[0]["part"])
    networks = [network for network in dict.fromkeys(row["network"] for row in shown) if network != ALL]
    for position, (network, offset) in enumerate(zip(networks, style.offsets(len(networks)), strict=True)):
        rows = [row for row in shown if row["network"] == network and row["error_rate"] is not None]
        places = [row["dissenting_votes"] + offset / 2 for row in rows]
        look = {"color": style.colour(position)}
        axes.vlines(places, [row["low"] for row in rows], [row["high"] for row in rows], **look)
        look |= {"marker": style.marker(position), "markersize": 5, "linewidth": 0.8, "label": style.short(network, 24)}
        axes.plot(places, [row["error_rate"] for row in rows], **look)
    sizes = {row["dissenting_votes"]: row["n"] for row in shown}
    axes.set_xticks(list(sizes), [f"{count}\n(n = {n:,})" for count, n in sizes.items()])
    axes.set_xlabel("people who chose another class than the label")
    axes.set_ylim(0, 1)
    style.percent_axis(axes.yaxis, "wrong answers")
    axes.grid(axis="y")
    style.legend_above(figure, axes)
    return figure


def answer(table: Table) -> Answer | None:
    """Images that nobody disputes beside those that people dispute most."""
    of_part = table.where(network=ALL, part=table.rows[0]["part"])
    rows = [row for row in of_part if row["error_rate"] is not None]
    if not rows or rows[0]["dissenting_votes"] != 0:
        return None
    first, last = rows[0], rows[-1]
    said = f"Of the images whose label nobody disputes, {first['error_rate']:.0%} of the answers are wrong"
    if last is not first:
        said += f"; where {last['dissenting_votes']} people chose another class, {last['error_rate']:.0%}"
    return Answer(f"{said}.", first["error_rate"], first["low"], first["high"], "new images")


FINDING = associated(
    globals(),
    caption="Error rate of each network, all its seeds, by how many people chose another class than the label.",
    columns={
        "network": NETWORK._replace(meaning=f"{NETWORK.meaning}, or '{ALL}'"),
        "part": PART._replace(meaning="which images: 'held-out', and 'test' where people labelled these"),
        "dissenting_votes": Column(int, "how many people chose another class than the label"),
        **measured(
            "error_rate",
            "of the images with so many, mean over the seeds, 0..1; empty where there are none",
            "how many images have so many dissenting votes",
        ),
    },
    needs=human_votes,
)
