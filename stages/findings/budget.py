"""What are the errors of each network put down to, one by one? Every error has one cause, see statistics/causes.py.

An error gets the first cause that fits, so a budget depends on the order of asking; both orders are shown.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from stages.findings.finding import INTERVAL, Figure, Finding, Picture, Style
from stages.statistics.causes import CAUSES, ORDERS, asked, by_chance, causes, images_of, too_many_deals
from stages.statistics.intervals import percentile
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row, Table

ALL = "all networks"


def rows(sample: Sample) -> list[Row]:
    """The budget of every network and of all together, in both orders; its shares sum to 1."""
    images = images_of(sample)
    names = [cause.name for cause in asked(sample, "first to last")]
    groups = {network: [place] for place, network in enumerate(sample.grid.networks)}
    groups[ALL] = list(range(len(groups)))
    table = []
    for order in ORDERS:
        chance = by_chance(images, asked(sample, order))
        errors = {name: images.wrong * fits for name, fits in causes(sample, order).items()}
        for network, cells in groups.items():
            counts = {name: errors[name][:, cells].sum(axis=1) for name in names}
            budget = _budget(sample, counts, chance if network == ALL else {})
            table += [{"network": network, "order": order, **row} for row in budget]
    return table


def _budget(sample: Sample, counts: dict[str, np.ndarray], chance: dict[str, tuple[float, float]]) -> list[Row]:
    """One row a cause; counts: errors on each image, int (N,), by cause; chance: see by_chance."""
    errors = int(sum(count.sum() for count in counts.values()))
    numbers: Row = dict.fromkeys(("share", "low", "high", "expected_share", "expected_low", "expected_high"))
    table = [{"cause": name, "errors": int(count.sum()), **numbers, "n": errors} for name, count in counts.items()]
    if not errors:
        return table
    samples = sample.resamples.means(np.stack(list(counts.values()), axis=1))
    totals = samples.sum(axis=1, keepdims=True)
    shares = np.divide(samples, totals, out=np.full(samples.shape, np.nan), where=totals > 0)
    for row, low, high in zip(table, *percentile(shares, sample.confidence), strict=True):
        row |= {"share": row["errors"] / errors, "low": float(low), "high": float(high)}
        if row["cause"] in chance:
            mean, deviation = chance[row["cause"]]
            reach = float(stats.norm.ppf((1 + sample.confidence) / 2)) * deviation
            row |= {"expected_share": mean / errors, "expected_low": max(mean - reach, 0) / errors}
            row |= {"expected_high": min(mean + reach, errors) / errors}
    return table


def limits(sample: Sample) -> list[Refusal]:
    """The causes that the sample cannot show, each with the reason."""
    reasons = {cause.name: cause.needs(sample) for cause in CAUSES}
    refusals = [Refusal(f"cause '{name}'", reason) for name, reason in reasons.items() if reason]
    return refusals + too_many_deals(sample.grid, asked(sample, "first to last"))


def draw(table: Table, style: Style) -> Figure:
    """What the errors of each network are put down to, in both orders of asking; a bar is all errors of a network."""
    orders, networks = (list(dict.fromkeys(row[key] for row in table.rows)) for key in ("order", "network"))
    tints = _tints(table.rows, style)
    figure = style.figure(0.9 + len(orders) * (0.55 + 0.36 * len(networks)))
    panels = figure.subplots(len(orders), 1, squeeze=False, sharex=True)[:, 0]
    for axes, order in zip(panels, orders, strict=True):
        labels = []
        for place, network in enumerate(networks):
            budget = table.where(order=order, network=network)
            labels.append(f"{style.short(network, 22)} ({budget[0]['n']:,})")
            left = 0.0
            for row in budget:
                share = row["share"] or 0
                if share:
                    tint = tints[row["cause"]]
                    axes.barh(place, share, left=left, height=0.7, color=tint, edgecolor="white", linewidth=0.6)
                if share >= 0.04:
                    look = {"ha": "center", "va": "center", "fontsize": 8, "color": style.ink_on(tint)}
                    axes.text(left + share / 2, place, style.percent(share), **look)
                left += share
        style.rows_down(axes, labels, 40)
        axes.set_xlim(0, 1)
        axes.grid(visible=False)
        axes.set_title(f"causes asked {order} of the legend")
    style.percent_axis(panels[-1].xaxis, "share of the network's errors (their number in brackets)")
    handles = [style.Patch(color=tint, label=name) for name, tint in tints.items()]
    columns = min(4, len(handles))
    if handles:
        figure.legend(handles=style.by_rows(handles, columns), loc="outside upper left", ncols=columns)
    return figure


def _tints(rows: Sequence[Row], style: Style) -> dict[str, str]:
    """The colours of the causes that have errors; a cause has the same one in every table."""
    tints = [style.FILLS[place % len(style.FILLS)] for place in range(len(CAUSES) - 1)] + [style.REST]
    present = {row["cause"] for row in rows if row["errors"]}
    return {cause.name: tint for cause, tint in zip(CAUSES, tints, strict=True) if cause.name in present}


def draw_by_chance(table: Table, style: Style) -> Figure | None:
    """The causes that compare networks beside what exchanged labels would give; None where none does."""
    rows = [row for row in table.rows if row["expected_share"] is not None]
    if not rows:
        return None
    figure = style.figure(1.1 + 0.5 * len(rows))
    axes = figure.subplots()
    exchanged = "with the networks exchanged within images"
    for offset, tint, sign, keys, label in (
        (-0.14, style.VERMILION, "o", ("share", "low", "high"), "observed"),
        (0.14, style.FAINT, "s", ("expected_share", "expected_low", "expected_high"), exchanged),
    ):
        places = [place + offset for place in range(len(rows))]
        style.dots(axes, rows, keys, places, color=tint, marker=sign, label=label)
    style.rows_down(axes, [f"{row['cause']}, {row['order']}" for row in rows], 44)
    axes.set_xlim(left=0)
    style.percent_axis(axes.xaxis, f"share of all errors (n = {rows[0]['n']:,})")
    style.legend_above(figure, axes)
    return figure


FINDING = Finding(
    name="budget",
    section="What single errors are put down to",
    question="What are the errors put down to, one by one?",
    kind="associated",
    caption="Every error of a network, all its seeds, by its first cause in the order given. Expected: the share that "
    "exchanging the networks within each image gives, by chance alone. Intervals: bootstrap over images; of the "
    "expected share, its normal range.",
    columns={
        "network": Column(str, f"name of the network, or '{ALL}' together"),
        "order": Column(str, "in which the causes are asked: 'first to last' of those listed, or 'last to first'"),
        "cause": Column(str, "first cause that fits; 'unexplained' is always what is left"),
        "errors": Column(int, "errors with this cause"),
        "share": Column(float, "of the network's errors, 0..1; none where there are none"),
        **INTERVAL,
        "expected_share": Column(float, "share by chance, 0..1; of causes that compare networks, of all networks"),
        "expected_low": Column(float, "lower end of the range of the expected share"),
        "expected_high": Column(float, "upper end of the range of the expected share"),
        "n": Column(int, "errors of the network"),
    },
    rows=rows,
    limits=limits,
    pictures=(
        Picture(
            "Budget of causes, in both orders",
            "Each bar is all errors of one network. An error has the first cause that fits, so the order matters.",
            draw,
        ),
        Picture(
            "How many errors look sensitive by chance",
            "Exchanging the networks within every image keeps how hard it is and destroys what the setting did.",
            draw_by_chance,
            name="budget_by_chance",
        ),
    ),
)
