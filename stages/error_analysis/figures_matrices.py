"""Matrices: confusions, what class removal repairs, agreement of the networks."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure

from stages.error_analysis.figures_style import MINUS, percent, percent_tick, short, styled
from stages.error_analysis.table import Table

BLANK = "#EFEFEF"

MOST_WRITTEN = 60
"""Classes of which every cell holds its number and every row its name; of more, the colours and some names show."""


@styled
def confusions(table: Table, networks: Sequence[str], class_names: Sequence[str]) -> Figure:
    """One matrix a network: of each true class (row), the share predicted as each class; all seeds together."""
    panels = [_summed(table, network, class_names, ("true", "predicted"), "count", "n") for network in networks]
    return _panels(
        panels,
        networks,
        class_names,
        rows="true class",
        columns="predicted class",
        colours="Blues",
        top=1.0,
        scale="share of the true class",
    )


@styled
def knockout(table: Table, networks: Sequence[str], class_names: Sequence[str]) -> Figure:
    """One matrix a network: of each true class's errors (row), the share right without each class; all seeds."""
    panels = [_summed(table, network, class_names, ("true", "removed"), "repaired", "n") for network in networks]
    shares = [share for panel in panels for share in panel.ravel() if not np.isnan(share)]
    return _panels(
        panels,
        networks,
        class_names,
        rows="true class",
        columns="class removed",
        colours="Greens",
        top=max([0.01, *shares]),
        scale="errors that become right",
    )


@styled
def agreement(table: Table, runs: Sequence[tuple[str, int]]) -> Figure:
    """Error consistency kappa of every two runs, with its interval where there is room."""
    names = run_names(runs)
    size = len(runs)
    kappa = np.full((size, size), np.nan)
    lines: dict[tuple[int, int], str] = {}
    for row in table.rows:
        a, b = (list(runs).index((row[f"network_{side}"], row[f"seed_{side}"])) for side in "ab")
        first, second = max(a, b), min(a, b)
        if row["kappa"] is None:
            continue
        kappa[first, second] = row["kappa"]
        lines[first, second] = f"{row['kappa']:.2f}".replace("-", MINUS)
        if size <= 6 and row["low"] is not None:
            lines[first, second] += f"\n{row['low']:.2f} to {row['high']:.2f}".replace("-", MINUS)
    shown = kappa[1:, :-1]
    side = 1.15 if size <= 6 else 0.5
    labels = 0.085 * max(len(name) for name in names)
    extent = side * (size - 1)
    figure = Figure(
        figsize=(max(4.2, extent + labels + 1.6), extent + (0.5 if size <= 4 else labels * 0.75 + 0.4)),
        layout="constrained",
    )
    axes = figure.subplots()
    image = axes.imshow(
        shown, cmap=_colour_map("Purples", "white"), vmin=min(0.0, np.nanmin(kappa, initial=0.0)), vmax=1
    )
    axes.set_xticks(range(size - 1), names[:-1], rotation=0 if size <= 4 else 45, ha="center" if size <= 4 else "right")
    axes.set_yticks(range(size - 1), names[1:])
    _plain(axes)
    for (row, column), text in lines.items():
        _write(axes, column, row - 1, text, image.norm(kappa[row, column]), 8.5 if size <= 6 else 7)
    bar = figure.colorbar(image, ax=axes, shrink=0.9)
    bar.outline.set_visible(False)
    bar.set_label("error consistency kappa")
    return figure


def run_names(runs: Sequence[tuple[str, int]]) -> list[str]:
    """The network's name, with the seed where a network has several."""
    several = len({seed for _, seed in runs}) > 1
    return [f"{short(network, 20)}, seed {seed}" if several else short(network, 20) for network, seed in runs]


def _summed(
    table: Table, network: str, class_names: Sequence[str], axes: tuple[str, str], part: str, whole: str
) -> np.ndarray:
    """float64 (classes, classes): part over whole, each summed over the seeds; NaN where there is nothing."""
    place = {name: index for index, name in enumerate(class_names)}
    parts, wholes = np.zeros((2, len(class_names), len(class_names)))
    for row in table.rows:
        if row["network"] == network:
            cell = place[row[axes[0]]], place[row[axes[1]]]
            parts[cell] += row[part]
            wholes[cell] += row[whole]
    return np.divide(parts, wholes, out=np.full_like(parts, np.nan), where=wholes > 0)


def _panels(
    panels: Sequence[np.ndarray],
    titles: Sequence[str],
    class_names: Sequence[str],
    *,
    rows: str,
    columns: str,
    colours: str,
    top: float,
    scale: str,
) -> Figure:
    classes = len(class_names)
    across = min(len(panels), 2 if len(panels) == 4 or classes > 12 else 3)
    down = -(-len(panels) // across)
    names = [short(name, 14) for name in class_names]
    cell = 0.33 if classes <= 12 else 0.27
    side = max(2.2, cell * min(classes, MOST_WRITTEN))
    named = range(0, classes, -(-classes // MOST_WRITTEN))
    labels = 0.085 * max(len(name) for name in names)
    figure = Figure(figsize=(across * (side + 0.1) + labels + 1.3, down * (side + labels + 0.8)), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False, sharey=True)
    for position, axes in enumerate(grid.ravel()):
        if position >= len(panels):
            axes.set_axis_off()
            continue
        shares = panels[position]
        image = axes.imshow(shares, cmap=_colour_map(colours), vmin=0, vmax=top)
        axes.set_title(short(titles[position], 30))
        axes.set_xticks(named, names[:: named.step], rotation=90)
        axes.set_yticks(named, names[:: named.step])
        axes.set_xlabel(columns)
        if position % across == 0:
            axes.set_ylabel(rows)
        _plain(axes)
        for (row, column), share in np.ndenumerate(shares):
            if classes <= MOST_WRITTEN and not np.isnan(share) and percent(share) != "0":
                _write(axes, column, row, percent(share), share / top, 7 if classes <= 12 else 6)
    bar = figure.colorbar(image, ax=grid, shrink=0.75 / down, aspect=25, pad=0.015, anchor=(0, 0.97))
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(lambda value, _: f"{percent_tick(value)}%")
    bar.set_label(scale)
    return figure


def _colour_map(name: str, blank: str = BLANK) -> Colormap:
    """The first nine tenths of a sequential map; `blank` where there is no number."""
    return ListedColormap(matplotlib.colormaps[name](np.linspace(0, 0.9, 256))).with_extremes(bad=blank)


def _plain(axes: Axes) -> None:
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _write(axes: Axes, x: float, y: float, text: str, darkness: float, size: float) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=size, color="white" if darkness > 0.6 else "#222222")
