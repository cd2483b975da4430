"""Charts: effects, shares, budget, recall, edits, curves. Each takes finished tables and returns a figure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from stages.error_analysis.figures_style import (
    BLUE,
    FAINT,
    INK,
    MINUS,
    ORANGE,
    PURPLE,
    SKY,
    TIMES,
    VERMILION,
    by_rows,
    colour,
    dots,
    legend_above,
    marker,
    percent,
    percent_axis,
    percent_tick,
    rows_down,
    short,
    styled,
    zero_line,
)
from stages.error_analysis.table import Table

WIDTH = 7.0
"""Inches, of every chart that does not grow with its contents."""


@styled
def effects(table: Table) -> Figure:
    """Accuracy differences of the settings, each with its two intervals: over new images, and over new seeds."""
    return _two_intervals(
        table.rows,
        [f"{row['effect']}: {row['contrast'].replace(' - ', f' {MINUS} ')}" for row in table.rows],
        "difference in accuracy",
    )


@styled
def shapley(table: Table) -> Figure:
    """The split of the accuracy difference of two networks between the settings, each with its two intervals."""
    return _two_intervals(table.rows, [row["part"] for row in table.rows], "part of the difference in accuracy")


def _two_intervals(rows: Sequence[Mapping[str, Any]], labels: Sequence[str], quantity: str) -> Figure:
    figure = Figure(figsize=(WIDTH, 1.1 + 0.5 * len(rows)), layout="constrained")
    axes = figure.subplots()
    values = [row["value"] for row in rows]
    images, seeds = rows[0]["images"], rows[0]["seeds"]
    apart = 0.14 if seeds > 1 else 0
    for over, offset, tint, sign in (("images", -apart, BLUE, "o"), ("seeds", apart, ORANGE, "s")):
        lows, highs = ([row[f"{end}_{over}"] for row in rows] for end in ("low", "high"))
        known = [place for place in range(len(rows)) if lows[place] is not None]
        dots(
            axes,
            [values[place] for place in known],
            [place + offset for place in known],
            [lows[place] for place in known],
            [highs[place] for place in known],
            color=tint,
            marker=sign,
        )
    rows_down(axes, labels, 44)
    zero_line(axes)
    percent_axis(axes.xaxis, f"{quantity}, percentage points")
    axes.xaxis.set_major_formatter(lambda value, _: percent_tick(value))
    _value_column(axes, [f"{'+' if value > 0 else ''}{percent(value, 1)}" for value in values])
    figure.legend(
        handles=[
            Line2D([], [], color=BLUE, marker="o", markersize=5, label=f"over new images (n = {images:,})"),
            Line2D(
                [],
                [],
                color=ORANGE,
                marker="s",
                markersize=5,
                label=f"over new seeds (n = {seeds})" if seeds > 1 else "over new seeds: needs 2 or more seeds",
            ),
        ],
        loc="outside upper left",
        ncols=2,
    )
    return figure


def _value_column(axes: Axes, texts: Sequence[str]) -> None:
    """A number a row, right of the axes."""
    for place, text in enumerate(texts):
        axes.annotate(
            text,
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            annotation_clip=False,
        )


@styled
def variance_shares(table: Table) -> Figure:
    """Shares of the variance of the error indicator; negative estimates are drawn as they are."""
    rows = table.rows
    figure = Figure(figsize=(WIDTH, 1.1 + 0.36 * len(rows)), layout="constrained")
    axes = figure.subplots()
    tints = {"causal": VERMILION, "associated": SKY}
    for place, row in enumerate(rows):
        axes.barh(place, row["share"], height=0.62, color=tints.get(row.get("kind"), SKY))
        if row["low"] is not None:
            axes.hlines(place, row["low"], row["high"], color=INK, linewidth=1.2)
    rows_down(axes, [row["component"].replace(" x ", f" {TIMES} ") for row in rows], 44)
    zero_line(axes)
    percent_axis(axes.xaxis, "share of the variance of the error indicator")
    _value_column(axes, [f"{percent(row['share'], 1)}%" for row in rows])
    kinds = [kind for kind in tints if any(row.get("kind") == kind for row in rows)]
    words = {"causal": "CAUSAL: a setting that we set", "associated": "ASSOCIATED: the images"}
    figure.legend(
        handles=[Patch(color=tints[kind], label=words[kind]) for kind in kinds]
        + [Line2D([], [], color=INK, linewidth=1.2, label="interval over images")],
        loc="outside upper left",
        ncols=3,
    )
    return figure


CAUSE_TINTS = {
    "label suspect": PURPLE,
    "ambiguous": "#E8C6D9",
    "universally hard": "#3D3D3D",
    "optimizer-sensitive": VERMILION,
    "kernel-sensitive": ORANGE,
    "seed-unstable": SKY,
    "unexplained": "#CFCFCF",
}


@styled
def budget(table: Table, causes: Sequence[str]) -> Figure:
    """What the errors of each network are put down to, in both orders of asking; a bar is all errors of a network."""
    orders = list(dict.fromkeys(row["order"] for row in table.rows))
    networks = list(dict.fromkeys(row["network"] for row in table.rows))
    causes = [cause for cause in causes if any(row["cause"] == cause and row["errors"] for row in table.rows)]
    figure = Figure(figsize=(WIDTH, 0.9 + len(orders) * (0.55 + 0.36 * len(networks))), layout="constrained")
    grid = figure.subplots(len(orders), 1, squeeze=False, sharex=True)[:, 0]
    for axes, order in zip(grid, orders, strict=True):
        for place, network in enumerate(networks):
            found = {row["cause"]: row for row in table.rows if row["order"] == order and row["network"] == network}
            left = 0.0
            for cause in causes:
                share = found[cause]["share"] if cause in found else None
                if share is None:
                    continue
                tint = CAUSE_TINTS[cause]
                axes.barh(place, share, left=left, height=0.7, color=tint, edgecolor="white", linewidth=0.6)
                if share >= 0.04:
                    axes.text(
                        left + share / 2, place, percent(share), ha="center", va="center", fontsize=8, color=_on(tint)
                    )
                left += share
        errors = {row["network"]: row["n"] for row in table.rows if row["order"] == order}
        rows_down(axes, [f"{short(network, 22)} ({errors[network]:,})" for network in networks], 40)
        axes.set_xlim(0, 1)
        axes.grid(visible=False)
        axes.set_title(f"causes asked {order} of the legend")
    percent_axis(grid[-1].xaxis, "share of the network's errors (their number in brackets)")
    columns = min(4, len(causes))
    handles = [Patch(color=CAUSE_TINTS[cause], label=cause) for cause in causes]
    figure.legend(handles=by_rows(handles, columns), loc="outside upper left", ncols=columns)
    return figure


@styled
def budget_by_chance(table: Table) -> Figure:
    """The two sensitive causes beside the share that networks with exchanged labels would give."""
    rows = [row for row in table.rows if row["expected_share"] is not None]
    figure = Figure(figsize=(WIDTH, 1.1 + 0.5 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for offset, tint, sign, keys, label in (
        (-0.14, VERMILION, "o", ("share", "low", "high"), "found"),
        (
            0.14,
            FAINT,
            "s",
            ("expected_share", "expected_low", "expected_high"),
            "with cell labels exchanged within images",
        ),
    ):
        values, lows, highs = ([row[key] for row in rows] for key in keys)
        places = [place + offset for place in range(len(rows))]
        dots(axes, values, places, lows, highs, color=tint, marker=sign, label=label)
    rows_down(axes, [f"{row['cause']}, {row['order']}" for row in rows], 44)
    axes.set_xlim(left=0)
    percent_axis(axes.xaxis, f"share of all errors (n = {rows[0]['n']:,})")
    legend_above(figure, axes)
    return figure


@styled
def recall(table: Table, runs: Sequence[tuple[str, int]], class_names: Sequence[str]) -> Figure:
    """Recall of every class by every run, with Wilson intervals; a line at a half."""
    networks = list(dict.fromkeys(network for network, _ in runs))
    row_height = max(0.34, 0.075 * len(runs) + 0.12)
    figure = Figure(figsize=(WIDTH, 1.2 + row_height * len(class_names)), layout="constrained")
    axes = figure.subplots()
    offsets = _offsets(len(runs))
    for position, (network, seed) in enumerate(runs):
        rows = {
            row["class"]: row
            for row in table.rows
            if (row["network"], row["seed"], row["score"]) == (network, seed, "recall") and row["value"] is not None
        }
        known = [place for place, name in enumerate(class_names) if name in rows]
        chosen = [rows[class_names[place]] for place in known]
        place = networks.index(network)
        dots(
            axes,
            [row["value"] for row in chosen],
            [at + offsets[position] for at in known],
            [row["low"] for row in chosen],
            [row["high"] for row in chosen],
            color=colour(place),
            marker=marker(place),
            markersize=4.5 if len(runs) <= 4 else 3,
            label=short(network, 24) if seed == runs[[name for name, _ in runs].index(network)][1] else None,
        )
    rows_down(axes, [short(name, 40) for name in class_names], 24)
    axes.set_xlim(0, 1)
    axes.axvline(0.5, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0.5)
    counts = [row["n"] for row in table.rows if row["score"] == "recall"]
    n = f"{min(counts):,}" if min(counts) == max(counts) else f"{min(counts):,} to {max(counts):,}"
    percent_axis(axes.xaxis, f"recall (n = {n} images a class)")
    legend_above(figure, axes)
    return figure


def _offsets(marks: int) -> np.ndarray:
    """float64 (marks,): where in a row of height 1 each of so many marks lies."""
    spread = min(0.7, 0.2 * (marks - 1))
    return np.linspace(-spread / 2, spread / 2, marks)


@styled
def pixel_edits(table: Table, networks: Sequence[str]) -> Figure:
    """How much more each edit repairs, and breaks, than noise of equal size; one run a network."""
    edits = list(dict.fromkeys(row["edit"] for row in table.rows))
    figure = Figure(figsize=(WIDTH, 1.2 + max(0.34, 0.075 * len(networks) + 0.12) * len(edits)), layout="constrained")
    grid = figure.subplots(1, 2, sharey=True)
    offsets = _offsets(len(networks))
    for axes, direction, title in zip(
        grid, ("repair", "break"), ("repairs: wrong to right", "breaks: right to wrong"), strict=True
    ):
        for position, network in enumerate(networks):
            rows = [
                row
                for row in table.rows
                if (row["network"], row["direction"]) == (network, direction) and row["difference"] is not None
            ]
            dots(
                axes,
                [row["difference"] for row in rows],
                [edits.index(row["edit"]) + offsets[position] for row in rows],
                [row["low"] for row in rows],
                [row["high"] for row in rows],
                color=colour(position),
                marker=marker(position),
                markersize=4.5 if len(networks) <= 4 else 3,
                label=short(network, 24),
            )
        rows_down(axes, edits)
        zero_line(axes)
        counts = [row["n"] for row in table.rows if row["direction"] == direction]
        n = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
        axes.set_title(title)
        percent_axis(axes.xaxis, f"n = {n} images")
        axes.xaxis.set_major_formatter(lambda value, _: percent_tick(value))
    figure.supxlabel(f"edit {MINUS} placebo, percentage points", fontsize=9)
    legend_above(figure, grid[0])
    return figure


@styled
def missed_by(table: Table) -> Figure:
    """How many images so many runs get wrong, beside what runs that err independently would give."""
    rows = table.rows
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    axes = figure.subplots()
    places = [row["wrong_runs"] for row in rows]
    axes.bar(places, [row["share"] for row in rows], width=0.62, color=BLUE, label="found")
    for row in rows:
        if row["low"] is not None:
            axes.vlines(row["wrong_runs"], row["low"], row["high"], color=INK, linewidth=1.2)
    axes.plot(
        places,
        [row["expected_share"] for row in rows],
        linestyle="none",
        marker="_",
        markersize=18,
        markeredgewidth=2.2,
        color=VERMILION,
        label="if the runs erred independently",
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(f"runs that get an image wrong, of {max(places)}")
    percent_axis(axes.yaxis, f"share of the images (n = {rows[0]['n']:,})")
    axes.grid(axis="y")
    axes.set_ylim(bottom=0)
    legend_above(figure, axes)
    return figure


@styled
def errors_by_votes(table: Table, networks: Sequence[str]) -> Figure:
    """Each network's error rate by how many people chose another class than the label."""
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    axes = figure.subplots()
    sizes = {row["dissenting_votes"]: row["n"] for row in table.rows}
    offsets = _offsets(len(networks))
    for position, network in enumerate(networks):
        rows = [row for row in table.rows if row["network"] == network and row["error_rate"] is not None]
        places = [row["dissenting_votes"] + offsets[position] / 2 for row in rows]
        axes.vlines(places, [row["low"] for row in rows], [row["high"] for row in rows], color=colour(position))
        axes.plot(
            places,
            [row["error_rate"] for row in rows],
            color=colour(position),
            marker=marker(position),
            markersize=5,
            linewidth=0.8,
            label=short(network, 24),
        )
    axes.set_xticks(list(sizes), [f"{votes}\n(n = {n:,})" for votes, n in sizes.items()])
    axes.set_xlabel("people who chose another class than the label")
    axes.set_ylim(0, 1)
    percent_axis(axes.yaxis, "wrong answers")
    axes.grid(axis="y")
    legend_above(figure, axes)
    return figure


@styled
def pair_repair(
    table: Table, networks: Sequence[str], shown: int = 10, always: frozenset[str] = frozenset({"bird", "cat"})
) -> Figure:
    """The pairs of classes of which removing one repairs most of the other's errors, a panel a network.

    The pair of the report's claim is always there, in bold, whatever its rank.
    """
    pairs = len({(row["class_a"], row["class_b"]) for row in table.rows})
    rows_high = max(3, min(shown + 1, pairs))
    figure = Figure(figsize=(WIDTH, 0.7 + len(networks) * (0.5 + 0.24 * rows_high)), layout="constrained")
    grid = figure.subplots(len(networks), 1, squeeze=False, sharex=True)[:, 0]
    for position, (axes, network) in enumerate(zip(grid, networks, strict=True)):
        rows = [row for row in table.rows if row["network"] == network and row["repair"] is not None]
        rows = sorted(rows, key=lambda row: row["rank"])
        claimed = [{row["class_a"], row["class_b"]} == always for row in rows]
        rows = [row for place, row in enumerate(rows) if place < shown or claimed[place]]
        dots(
            axes,
            [row["repair"] for row in rows],
            range(len(rows)),
            [row["low"] for row in rows],
            [row["high"] for row in rows],
            color=colour(position),
            marker=marker(position),
        )
        rows_down(axes, [f"{row['rank']}. {short(row['class_a'])} / {short(row['class_b'])}" for row in rows], 44)
        for label, row in zip(axes.get_yticklabels(), rows, strict=True):
            label.set_fontweight("bold" if {row["class_a"], row["class_b"]} == always else "normal")
        axes.set_title(short(network, 40))
        axes.set_xlim(left=0)
    percent_axis(grid[-1].xaxis, "errors repaired by removing the other class, mean of both directions")
    return figure


SCORES = ("accuracy", "loss", "precision")


@styled
def curves(rows: Sequence[Mapping[str, Any]], networks: Sequence[str]) -> Figure:
    """Accuracy, loss and precision by epoch: training dashed, held-out solid; one line a run."""
    figure = Figure(figsize=(WIDTH, 6.6), layout="constrained")
    grid = figure.subplots(len(SCORES), 1, sharex=True)
    for axes, score in zip(grid, SCORES, strict=True):
        for (network, images), lines in _lines(rows, score).items():
            position = list(networks).index(network)
            for epochs, values in lines:
                axes.plot(
                    epochs,
                    values,
                    color=colour(position),
                    linestyle="-" if images == "held-out" else (0, (3, 1.6)),
                    linewidth=1.6 if images == "held-out" else 1.1,
                    alpha=1 if len(lines) == 1 else 0.6,
                    marker=marker(position) if len(epochs) == 1 else None,
                )
        axes.set_ylabel({"loss": "log loss, nats"}.get(score, score))
        axes.grid(axis="y")
        if score == "loss":
            axes.set_ylim(bottom=0)
        else:
            axes.set_ylim(0, 1)
            axes.yaxis.set_major_formatter(lambda value, _: f"{percent_tick(value)}%")
    grid[-1].set_xlabel("epoch")
    grid[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    handles = [
        *(Line2D([], [], color=colour(at), label=short(name, 24)) for at, name in enumerate(networks)),
        Line2D([], [], color=FAINT, linewidth=1.6, label="held-out images"),
        Line2D([], [], color=FAINT, linewidth=1.1, linestyle=(0, (3, 1.6)), label="training images"),
    ]
    columns = len(handles) if len(networks) <= 3 else 4
    figure.legend(handles=by_rows(handles, columns), loc="outside upper left", ncols=columns)
    return figure


def _lines(rows: Sequence[Mapping[str, Any]], score: str) -> dict[tuple[str, str], list[tuple[list[int], list[float]]]]:
    """Of each network and kind of images, the epochs and values of every seed."""
    found: dict[tuple[str, str], dict[str, tuple[list[int], list[float]]]] = {}
    for row in rows:
        seeds = found.setdefault((row["network"], row["images"]), {})
        epochs, values = seeds.setdefault(str(row["seed"]), ([], []))
        epochs.append(int(row["epoch"]))
        values.append(float(row[score]))
    return {key: list(seeds.values()) for key, seeds in found.items()}


def _on(tint: str) -> str:
    """Black or white, whichever is better read on the colour (relative luminance as in WCAG 2.1)."""
    channels = np.array([int(tint[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return "white" if linear @ [0.2126, 0.7152, 0.0722] < 0.18 else INK
