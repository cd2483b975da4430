"""The page: one self-contained HTML file that shows every finding, and names the file behind each number."""

import base64
import hashlib
import io
import re
from collections.abc import Callable, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup
from PIL import Image

from stages.findings.finding import Finding, Picture
from stages.findings.first import look_first
from stages.findings.registry import POOLED
from stages.images.occlusion import overlay
from stages.report import cases, galleries, remains
from stages.report.fonts import legend
from stages.report.results import Results
from stages.report.style import DPI, TIMES
from stages.settings import NetworkSettings
from stages.statistics.collapse import remedy
from stages.statistics.table import Column, Row
from stages.templates import environment
from stages.templates.text import NONE

SHOWN = ("optimizer", "learning_rate", "kernel_size", "epochs", "batch_size")
"""Settings of a network of params.yaml that have a column of their own."""

CSS_PIXELS = 96
"""An inch."""

OF_PRETRAINED = ("test", "held-out")
"""The parts on which the accuracy of a pretrained network is named first."""
ILLUSTRATED: Mapping[str, Callable[[Results], list[Any]]] = {
    "look_first": lambda results: _looked_at(results),
    "galleries": galleries.read,
    "explained_images": cases.read,
    "what_remains": remains.read,
}
"""What the template <finding>.html shows of a finding: those whose words are about single images."""


class Head(NamedTuple):
    """A column of a table as the page shows it. high: the name of the column of the upper ends, for an interval."""

    title: str
    meaning: str
    name: str
    is_number: bool
    high: str = ""


class Drawn(NamedTuple):
    """A picture of a finding: its PNG as a data: URI, and its size in CSS pixels."""

    picture: Picture
    source: str
    width: int
    height: int


def render(results: Results, pictures: Mapping[str, bytes], numbered: Mapping[str, str] | None = None) -> str:
    """The page as HTML; it loads nothing and runs nothing. Equal arguments give equal text.

    pictures: PNGs of the findings, by name. numbered: what these say in place of some classes' names.
    """
    css = environment.style("page.css")
    return environment.render(
        "page.html",
        results=results,
        sections=_sections(results),
        drawn={finding.name: _drawn(finding, pictures) for finding in results.findings},
        illustrated={name: shown for name, read in ILLUSTRATED.items() if (shown := read(results))},
        settings=settings(results),
        tables_at="tables" if results.own else "../data/analysis",
        notes=[*_notes(results), *([legend(numbered)] if numbered else [])],
        heads=heads,
        further=dict.fromkeys(results.settings, ()) if results.own else further(results.settings),
        people=remains.said,
        photo=lambda id: _photo(_image(results, id)),
        map_of=lambda case: _photo(overlay(_image(results, case.row["id"]), case.map)),
        css=Markup(css),
        css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
    )


def heads(columns: Mapping[str, Column]) -> list[Head]:
    """The columns, each pair of lower and upper ends in one.

    >>> columns = {"value": Column(float, "share"), "low": Column(float, "lower"), "high": Column(float, "upper")}
    >>> [(head.title, head.name, head.high) for head in heads(columns)]
    [('value', 'value', ''), ('interval', 'low', 'high')]
    """
    highs = {name: re.sub(r"(?<![a-z])low(?![a-z])", "high", name) for name in columns}
    pairs = {low: high for low, high in highs.items() if low != high and high in columns}
    return [
        _head(name, column, pairs[name], f"; {columns[pairs[name]].meaning}") if name in pairs else _head(name, column)
        for name, column in columns.items()
        if name not in pairs.values()
    ]


def settings(results: Results) -> list[tuple[str, bool, dict[str, str]]]:
    """Title of every setting that has a column, whether its values are numbers, and these, by network."""
    columns = []
    stated = dict.fromkeys(name for of_network in results.settings.values() for name in of_network)
    for name in stated if results.own else SHOWN:
        values = {network: of_network.get(name) for network, of_network in results.settings.items()}
        is_number = all(isinstance(value, int | float | None) for value in values.values())
        shown = {network: NONE if value is None else str(value) for network, value in values.items()}
        if name == "kernel_size":
            name, shown = "kernel", {network: f"{value}{TIMES}{value}" for network, value in values.items() if value}
        columns.append((name.replace("_", " "), is_number, shown))
    return columns


def _head(name: str, column: Column, high: str = "", meaning: str = "") -> Head:
    title = (name.replace("low", "interval") if high else name).replace("_", " ")
    return Head(title, column.meaning + meaning, name, column.type in (int, float), high)


def further(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Of each network, the settings without a column in which networks differ, unless they are at their default; of a
    pretrained one all."""
    default = {name: of.default for name, of in NetworkSettings.model_fields.items() if not of.is_required()}
    optional = [name for name in default if name not in SHOWN]
    trained = [of for of in settings.values() if "model" not in of]
    differing = [name for name in optional if len({str(of[name]) for of in trained}) > 1]
    return {
        network: _of_file(of)
        if "model" in of
        else [f"{name}: {of[name]}" for name in differing if of[name] != default[name]]
        for network, of in settings.items()
    }


def _of_file(pretrained: Mapping[str, str]) -> list[str]:
    """What a reader chose, with the file's name alone: a path may be long, and of one machine."""
    return [f"model: {Path(pretrained['model']).name}", f"scaling: {pretrained['scaling']}"]


def _looked_at(results: Results) -> list[tuple[str, str, list[Row]]]:
    """Of each reason to look at images: the reason, what it means, and the rows of the table."""
    rows = [] if results.images is None else results.rows("look_first")
    by_reason = groupby(rows, itemgetter("why"))
    return [(why, look_first.WHY[why], list(rows)) for why, rows in by_reason]


def _sections(results: Results) -> list[tuple[str, str, list[Finding]]]:
    """Anchor, title and findings of each section that has a table, in the order in which they first appear."""
    by_title: dict[str, list[Finding]] = {}
    for finding in results.findings:
        if finding.name in results.tables:
            by_title.setdefault(finding.section, []).append(finding)
    return [(re.sub(r"[^a-z0-9]+", "-", title.lower()), title, of) for title, of in by_title.items()]


def _drawn(finding: Finding, pictures: Mapping[str, bytes]) -> list[Drawn]:
    drawn = [(picture, pictures.get(picture.name or finding.name)) for picture in finding.pictures]
    return [Drawn(picture, _data_uri(content), *_size(content)) for picture, content in drawn if content]


def _size(png: bytes) -> list[int]:
    return [round(pixels * CSS_PIXELS / DPI) for pixels in Image.open(io.BytesIO(png)).size]


def _notes(results: Results) -> list[str]:
    """A sentence for each run that gets every held-out image right, or wrong, or answers the same class for all,
    for each pretrained network, and for what is left out."""
    notes = []
    for run, answers in results.answers.items():
        classes = results.classes(run)
        right = classes == answers.labels
        if right.all() or not right.any():
            notes.append(f"{run} gets every held-out image {'right' if right[0] else 'wrong'}")
        if (classes == classes[0]).all() and (answers.labels != answers.labels[0]).any():
            predicted, advice = results.class_names[classes[0]], remedy(len(results.class_names))
            notes.append(f"{run} predicts '{predicted}' for every held-out image. {advice}.")
    for network in results.pretrained:
        accuracies = [results.rows("scores", network=network, part=part, score="accuracy") for part in OF_PRETRAINED]
        test, held_out = (f"{np.mean([row['value'] for row in rows]):.1%}" for rows in accuracies)
        notes.append(
            f"{network} is pretrained, and nobody knows which images it learned from: on those it looks better than it "
            f"is. Its accuracy on the test images is {test}, on the held-out images, which all findings below are "
            f"about, {held_out}"
        )
    gone = [row["analysis"] for row in results.rows("refusals") if row["analysis"].endswith(POOLED)]
    return notes + [f"Left out: {each}" for each in gone]


def _image(results: Results, id: int) -> np.ndarray:
    assert results.images is not None  # else nothing is illustrated
    return results.images[id]


def _photo(image: np.ndarray) -> str:
    """uint8 (H, W, 3) as a data: URI of a PNG of the same size."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(file, format="PNG", optimize=True)
    return _data_uri(file.getvalue())


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
