"""Images of one group side by side, with what networks and people say of them."""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from matplotlib.figure import Figure

from stages.findings.images.galleries import described
from stages.report import tiles
from stages.report.results import Results
from stages.report.style import FAINT, TIMES, short
from stages.statistics.table import Row


class Answer(NamedTuple):
    """What one network says: the class that most of its runs name, and its mean probability there, if known."""

    network: str
    predicted: str
    probability: float | None
    runs: int
    agreeing: int
    right: bool


class Shown(NamedTuple):
    """An image of a gallery; votes: how many people chose each class, most first, '' where nobody was asked."""

    id: int
    file: str
    true: str
    answers: list[Answer]
    votes: str


@dataclass(frozen=True)
class Gallery:
    """Images drawn at random out of a group of `n`. of_network: whether the group is of one network's answers."""

    name: str
    title: str
    words: str
    n: int
    of_network: bool
    images: list[Shown]


def read(results: Results) -> list[Gallery]:
    """The galleries of the table of that name; none where there are no images."""
    rows = [] if results.images is None else results.rows("galleries")
    return [_gallery(name, list(of)) for name, of in groupby(rows, itemgetter("gallery"))]


def figures(results: Results) -> dict[str, Figure]:
    """A picture of each gallery but those of one network, which say nothing that a comparison of pictures would."""
    return {f"gallery_{one.name}": draw(one, results) for one in read(results) if not one.of_network}


def draw(gallery: Gallery, results: Results) -> Figure:
    assert results.images is not None  # else there are no galleries
    title = f"{gallery.title} ({len(gallery.images)} of {gallery.n:,})"
    return tiles.draw(title, [tiles.Tile(results.images[one.id], _lines(one)) for one in gallery.images])


def _gallery(name: str, rows: list[Row]) -> Gallery:
    images = [_shown(list(of_image)) for _, of_image in groupby(rows, itemgetter("id"))]
    return Gallery(name, *described(name), rows[0]["n"], name.startswith(("wrong_", "right_")), images)


def _shown(rows: list[Row]) -> Shown:
    first = rows[0]
    answers = [_answer(list(of_network)) for _, of_network in groupby(rows, itemgetter("network"))]
    votes = Counter(first["votes"].split("; ") if first["votes"] else [])
    counted = ", ".join(f"{count}{TIMES} {name}" for name, count in votes.most_common())
    return Shown(first["id"], first["file"], first["true"], answers, counted)


def _answer(rows: list[Row]) -> Answer:
    (predicted, agreeing), *_ = Counter(row["predicted"] for row in rows).most_common()
    each = [row["probability"] for row in rows if row["predicted"] == predicted]
    probability = None if None in each else sum(each) / agreeing
    right = predicted == rows[0]["true"]
    return Answer(rows[0]["network"], predicted, probability, len(rows), agreeing, right)


def _lines(image: Shown) -> list[tiles.Line]:
    lines = [tiles.label(image.true)]
    for one in image.answers:
        seeds = f" {one.agreeing}/{one.runs}" if one.runs > 1 else ""
        lines.append(tiles.answer(one.predicted, one.probability, one.right, f"{short(one.network, 11)}: ", seeds))
    if image.votes:
        lines.append(tiles.Line(short(f"people: {image.votes}", tiles.CHARACTERS), FAINT))
    return lines
