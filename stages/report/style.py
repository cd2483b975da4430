"""How the figures look: colours that colour-blind readers tell apart, plain axes, readable labels."""

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

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
FACES = {
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
def applied() -> Iterator[None]:
    """This module's look, whatever the reader's own Matplotlib settings are, which are left as they were."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(FACES)
        yield


def figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of so many inches, laid out by constraints."""
    return Figure(figsize=(width, height), layout="constrained")


def png(figure: Figure) -> bytes:
    """The figure as a PNG of DPI dots an inch, without date or version; under `applied`, equal figures give equal bytes."""
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def colour(position: int) -> str:
    """The colour of the network at this place in the grid; the eighth is the first again, with another marker."""
    return COLOURS[position % len(COLOURS)]


def marker(position: int) -> str:
    return MARKERS[(position + position // len(COLOURS)) % len(MARKERS)]


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


def percent_axis(axis: Any, label: str) -> None:
    """Ticks of a share, 0..1, shown as percentages."""
    axis.set_major_formatter(lambda value, _: f"{percent_tick(value)}%")
    axis.set_label_text(label)


def dots(
    axes: Axes,
    values: Sequence[float],
    places: Sequence[float],
    lows: Sequence[float | None],
    highs: Sequence[float | None],
    **look: Any,
) -> None:
    """Dots at (value, place) with horizontal intervals; a missing end draws no line."""
    values, places = np.asarray(values, float), np.asarray(places, float)
    lows, highs = (np.array([np.nan if end is None else end for end in ends], float) for ends in (lows, highs))
    known = ~np.isnan(lows) & ~np.isnan(highs)
    axes.hlines(places[known], lows[known], highs[known], color=look["color"], linewidth=1.4)
    axes.plot(values, places, linestyle="none", markersize=look.pop("markersize", 5), **look)


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
    axes.axvline(0, color=INK, linewidth=0.8, zorder=0.5)


def legend_above(figure: Figure, axes: Axes, columns: int = 4) -> None:
    """The legend of one axes above the whole figure, in rows."""
    handles, labels = axes.get_legend_handles_labels()
    columns = min(columns, len(labels))
    figure.legend(by_rows(handles, columns), by_rows(labels, columns), loc="outside upper left", ncols=columns)
