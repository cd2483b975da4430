"""Images in rows, with lines of text under each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from stages.report.style import INK, VERMILION, short

ACROSS, SIDE, GAP, LINE, HEAD = 4, 1.66, 0.14, 0.15, 0.45
"""Tiles a row; inches: a tile's side, the space between, the height of a line of text, the height of the title."""
CHARACTERS = 28
"""What fits under a tile."""


class Line(NamedTuple):
    """Text under an image, its colour and its weight."""

    text: str
    tint: str = INK
    weight: str = "normal"


class Tile(NamedTuple):
    """image: uint8 (H, W, 3)."""

    image: np.ndarray
    lines: Sequence[Line]


def label(name: str, prefix: str = "") -> Line:
    """The true class."""
    return Line(prefix + short(name, CHARACTERS - 4 - len(prefix)), weight="bold")


def answer(predicted: str, probability: float | None, right: bool, prefix: str = "", suffix: str = "") -> Line:
    """A predicted class with its probability, where that is known, in another colour where it is wrong."""
    room = CHARACTERS - len(prefix) - len(suffix) - len(" 0.00")
    number = "" if probability is None else f" {probability:.2f}"
    return Line(f"{prefix}{short(predicted, room)}{suffix}{number}", INK if right else VERMILION)


def draw(title: str, tiles: Sequence[Tile]) -> Figure:
    """The tiles in rows of ACROSS, under the title; 'none' where there are none."""
    down = -(-len(tiles) // ACROSS)
    row = SIDE + GAP + LINE * max((len(tile.lines) for tile in tiles), default=0)
    width, height = ACROSS * (SIDE + GAP) + GAP, HEAD + max(down * (row + GAP), HEAD)
    figure = Figure(figsize=(width, height))
    figure.text(GAP / width, 1 - GAP / height, title, size=11, weight="bold", va="top")
    if not tiles:
        figure.text(GAP / width, 1 - HEAD / height, "none", va="top")
    for place, tile in enumerate(tiles):
        left = GAP + (place % ACROSS) * (SIDE + GAP)
        top = height - HEAD - (place // ACROSS) * (row + GAP)
        axes = figure.add_axes((left / width, (top - SIDE) / height, SIDE / width, SIDE / height))
        axes.set_axis_off()
        axes.imshow(tile.image)
        for number, (text, tint, weight) in enumerate(tile.lines):
            bottom = top - SIDE - GAP / 3 - LINE * (number + 1) + LINE / 4
            figure.text(left / width, bottom / height, text, size=7.5, color=tint, weight=weight)
    return figure
