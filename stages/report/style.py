"""How the figures look: colours that colour-blind readers tell apart, plain axes, readable labels."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from stages.report.fonts import DEFAULT
from stages.templates.text import MINUS, percent

__all__ = ["Line2D", "ListedColormap", "MaxNLocator", "Patch", "percent"]

# Okabe and Ito 2008, "Color universal design", without yellow, which is too pale on white.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK = "#E69F00", "#56B4E9", "#000000"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS = "osD^vPX"
INK, FAINT, LINE = "#222222", "#666666", "#D9D9D9"

TIMES = "\N{MULTIPLICATION SIGN}"

DPI = 150
FACES: Any = {
    "figure.dpi": float(DPI),
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "image.interpolation": "nearest",
    "text.color": INK,
    "text.parse_math": False,
}


WIDTH = 7.0
"""Inches, of every picture that is not wide."""


@contextmanager
def applied(families: Sequence[str] = (DEFAULT,)) -> Iterator[None]:
    """This module's look, whatever the reader's own Matplotlib settings are, which are left as they were.

    families: of the fonts, see fonts.Lettering.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(FACES | {"font.family": list(families)})
        yield


def figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of so many inches, laid out by constraints."""
    return Figure(figsize=(width, height), layout="constrained")


def colour(position: int) -> str:
    """The colour of the network at this place in the grid; the eighth is the first again, with another marker."""
    return COLOURS[position % len(COLOURS)]


def marker(position: int) -> str:
    return MARKERS[(position + position // len(COLOURS)) % len(MARKERS)]


def of_network(position: int, marks: int) -> dict[str, Any]:
    """The look of a network's dots, smaller where a row holds many marks."""
    return {"color": colour(position), "marker": marker(position), "markersize": 4.5 if marks <= 4 else 3}


def short(text: str, characters: int = 18) -> str:
    """The text; where it is longer, with an ellipsis in its middle, since names often differ at their ends."""
    if len(text) <= characters:
        return text
    head = (characters + 1) // 2
    return text[:head].rstrip() + "…" + text[len(text) - (characters - 1 - head) :].lstrip()


def wrapped(text: str, characters: int) -> str:
    """The text in lines of at most so many characters, at most three."""
    return "\n".join(textwrap.wrap(text, characters, max_lines=3, placeholder=" …"))


def by_rows(items: Sequence[Any], columns: int) -> list[Any]:
    """The items in the order that makes a legend, which fills its columns first, read row by row."""
    rows = -(-len(items) // columns)
    full = len(items) - columns * (rows - 1)
    lengths = [rows if column < full else rows - 1 for column in range(columns)]
    return [items[row * columns + column] for column, length in enumerate(lengths) for row in range(length)]


def percent_tick(value: float) -> str:
    """A place on an axis as a percentage, with the digits that it has: 0.12 -> '12', -0.005 -> '-0.5'."""
    return f"{round(100 * value, 6) + 0.0:g}".replace("-", MINUS)


def percent_axis(axis: Any, label: str, sign: str = "%") -> None:
    """Ticks of a share, 0..1, shown as percentages; without the sign, as percentage points."""
    axis.set_major_formatter(lambda value, _: f"{percent_tick(value)}{sign}")
    axis.set_label_text(label)


def dots(
    axes: Axes, rows: Sequence[Mapping[str, Any]], keys: Sequence[str], places: Sequence[float], **look: Any
) -> None:
    """Dots at (value, place) with horizontal intervals, one a row; a missing end draws no line.

    keys: the columns of the value and of the interval's ends.
    """
    for row, place in zip(rows, places, strict=True):
        low, high = row[keys[1]], row[keys[2]]
        if low is not None and high is not None:
            axes.hlines(place, low, high, color=look["color"], linewidth=1.4)
    look = {"linestyle": "none", "markersize": 5, "clip_on": False, **look}
    axes.plot([row[keys[0]] for row in rows], places, **look)


OVER = {"images": (BLUE, "o"), "seeds": (ORANGE, "s")}
"""Colour and marker of intervals over new images, and over new seeds."""


def dots_of_both(axes: Axes, rows: Sequence[Mapping[str, Any]], value: str, apart: float = 0.14) -> None:
    """The column `value` of each row from the top down, with its interval over new images and, below, over new seeds.

    What has no interval is left out, and has no label.
    """
    for (over, (color, marker)), offset in zip(OVER.items(), (-apart, apart), strict=True):
        known = {place + offset: row for place, row in enumerate(rows) if row[f"low_{over}"] is not None}
        if known:
            look = {"color": color, "marker": marker, "label": f"over new {over}"}
            dots(axes, list(known.values()), (value, f"low_{over}", f"high_{over}"), list(known), **look)


def row_chart(labels: Sequence[str], row: float = 0.36, head: float = 1.1) -> tuple[Figure, Axes]:
    """An axes with a row of so many inches a label, from the top down. head: inches of the rest."""
    drawing = figure(head + row * len(labels))
    axes = drawing.subplots()
    rows_down(axes, labels, 44)
    return drawing, axes


def rows_down(axes: Axes, labels: Sequence[str], characters: int = 34) -> None:
    """One row a label from the top down, long ones wrapped, thin lines between, no ticks."""
    axes.set_yticks(range(len(labels)), [wrapped(label, characters) for label in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    for edge in range(1, len(labels)):
        axes.axhline(edge - 0.5, color=LINE, linewidth=0.4, zorder=0)


def zero_line(axes: Axes) -> None:
    """A line at 0, once all else is drawn, so that the axis is as wide as it has to be."""
    axes.axvline(0, color=INK, linewidth=0.8, zorder=0.5)


def legend_above(figure: Figure, axes: Axes, columns: int = 4) -> None:
    """The legend of one axes, where it has one, above the whole figure, in rows."""
    handles, labels = axes.get_legend_handles_labels()
    columns = min(columns, len(labels))
    if labels:
        figure.legend(by_rows(handles, columns), by_rows(labels, columns), loc="outside upper left", ncols=columns)


def offsets(marks: int) -> np.ndarray:
    """float64 (marks,): where in a row of height 1 each of so many marks lies."""
    spread = min(0.7, 0.2 * (marks - 1))
    return np.linspace(-spread / 2, spread / 2, marks)


BLANK = "#EFEFEF"
MOST_WRITTEN = 60
"""Classes of which every cell holds its number and every row its name; of more, the colours and some names show."""


def colour_map(name: str, blank: str = BLANK) -> Colormap:
    """The first nine tenths of a sequential map; `blank` where there is no number."""
    return ListedColormap(matplotlib.colormaps[name](np.linspace(0, 0.9, 256))).with_extremes(bad=blank)


def no_lines(axes: Axes) -> None:
    """Neither ticks nor a frame."""
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def write_cell(axes: Axes, cell: tuple[int, int], text: str, darkness: float, size: float) -> None:
    """Text in the cell (row, column) of a matrix, white where the cell is dark; darkness: 0..1."""
    axes.text(*cell[::-1], text, ha="center", va="center", fontsize=size, color="white" if darkness > 0.6 else INK)


def class_matrices(
    rows: Sequence[Mapping[str, Any]],
    columns: str,
    part: str,
    whole: str,
    *,
    label: str,
    scale: str,
    colours: str,
    top: float = 0,
) -> Figure:
    """One matrix a network, all seeds together: of each true class, the shares part / whole by the class in `columns`.

    rows: with network, true, and what columns, part and whole name. label: of the columns. scale: what the shares are
    of. top: the share that has the full colour; 0: the largest.
    """
    networks, classes = (list(dict.fromkeys(row[key] for row in rows)) for key in ("network", "true"))
    shares = np.stack([_shares(rows, network, classes, columns, part, whole) for network in networks])
    top = top or max(0.01, np.nanmax(shares, initial=0))
    across = min(len(networks), 2 if len(networks) == 4 or len(classes) > 12 else 3)
    down = -(-len(networks) // across)
    side = max(2.2, (0.33 if len(classes) <= 12 else 0.27) * min(len(classes), MOST_WRITTEN))
    names = [short(name, 14) for name in classes]
    margin = 0.085 * max(map(len, names))
    drawing = figure(down * (side + margin + 0.8), across * (side + 0.1) + margin + 1.3)
    grid = drawing.subplots(down, across, squeeze=False, sharey=True)
    for axes in grid.flat[len(networks) :]:
        axes.set_axis_off()
    for axes, network, panel in zip(grid.flat, networks, shares, strict=False):
        image = axes.imshow(panel, cmap=colour_map(colours), vmin=0, vmax=top)
        _name_classes(axes, names)
        axes.set(title=short(network, 30), xlabel=label)
        if len(classes) <= MOST_WRITTEN:
            for cell, share in np.ndenumerate(panel):
                if not np.isnan(share) and percent(share) != "0":
                    write_cell(axes, cell, percent(share), share / top, 7 if len(classes) <= 12 else 6)
    for axes in grid[:, 0]:
        axes.set_ylabel("true class")
    bar = drawing.colorbar(image, ax=grid, shrink=0.75 / down, aspect=25, pad=0.015, anchor=(0, 0.97))
    bar.outline.set_visible(False)
    percent_axis(bar.ax.yaxis, scale)
    return drawing


def _shares(
    rows: Sequence[Mapping[str, Any]], network: str, classes: Sequence[str], columns: str, part: str, whole: str
) -> np.ndarray:
    """float64 (classes, classes): part over whole, each summed over the seeds; NaN where there is nothing."""
    place = {name: index for index, name in enumerate(classes)}
    parts, wholes = np.zeros((2, len(classes), len(classes)))
    for row in rows:
        if row["network"] == network:
            cell = place[row["true"]], place[row[columns]]
            parts[cell] += row[part]
            wholes[cell] += row[whole]
    return np.divide(parts, wholes, out=np.full_like(parts, np.nan), where=wholes > 0)


def _name_classes(axes: Axes, names: Sequence[str]) -> None:
    places = range(0, len(names), -(-len(names) // MOST_WRITTEN))
    axes.set_xticks(places, names[:: places.step], rotation=90)
    axes.set_yticks(places, names[:: places.step])
    no_lines(axes)


REST, DARK = "#CFCFCF", "#3D3D3D"
"""Colours of parts of bars: of what is left over, and of what stands out."""


def value_column(axes: Axes, texts: Sequence[str]) -> None:
    """A text a row, right of the axes."""
    place: Any = {"xycoords": ("axes fraction", "data"), "xytext": (6, 0), "textcoords": "offset points"}
    for row, text in enumerate(texts):
        axes.annotate(text, (1, row), va="center", fontsize=8.5, annotation_clip=False, **place)
