"""The images that stay wrong whatever was changed in training, with what runs and people say of each."""

from typing import NamedTuple

from matplotlib.figure import Figure

from stages.report import tiles
from stages.report.results import Results
from stages.report.style import FAINT, VERMILION, short
from stages.statistics.table import Row

SHOWN = 24
"""Images, at most: those on which most runs give the same wrong answer."""


class Remaining(NamedTuple):
    """The images shown, rows of the table what_remains; and how many there are in it, and images in all."""

    rows: list[Row]
    number: int
    n: int


def read(results: Results) -> list[Remaining]:
    """One, or none where nothing remains, or there are no images."""
    rows = [] if results.images is None else results.rows("what_remains")
    return [Remaining(rows[:SHOWN], len(rows), rows[0]["n"])] if rows else []


def figures(results: Results) -> dict[str, Figure]:
    remaining = read(results)
    return {"gallery_what_remains": draw(remaining[0], results)} if remaining else {}


def draw(remaining: Remaining, results: Results) -> Figure:
    assert results.images is not None  # else there is nothing to draw
    title = f"Wrong whatever was changed ({len(remaining.rows)} of {remaining.number:,})"
    return tiles.draw(title, [tiles.Tile(results.images[row["id"]], _lines(row)) for row in remaining.rows])


def said(row: Row) -> str:
    """What people say of an image; '' where nobody was asked.

    >>> row = {"votes": 3, "votes_for_true": 0, "votes_for_predicted": 2, "true": "cat", "predicted": "dog"}
    >>> said(row), said(row | {"votes": None})
    ('0 of 3 people say cat, 2 dog', '')
    """
    if not row["votes"]:
        return ""
    for_true = f"{row['votes_for_true']} of {row['votes']} people say {row['true']}"
    return f"{for_true}, {row['votes_for_predicted']} {row['predicted']}"


def _lines(row: Row) -> list[tiles.Line]:
    runs = f" {row['agreeing']}/{row['runs']}"
    lines = [tiles.label(row["true"])]
    lines.append(tiles.Line(short(row["predicted"], tiles.CHARACTERS - len(runs)) + runs, VERMILION))
    people = said(row)
    return [*lines, tiles.Line(short(people, tiles.CHARACTERS), FAINT)] if people else lines
