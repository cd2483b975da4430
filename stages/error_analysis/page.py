"""The page: one self-contained HTML file that shows every table's findings, and names the file behind each number."""

import base64
import hashlib
import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup
from PIL import Image

from stages.error_analysis import gallery
from stages.error_analysis.analysis import Analysis
from stages.error_analysis.figures_style import MINUS, percent
from stages.error_analysis.gallery import Gallery, Tile
from stages.error_analysis.occlusion import Case
from stages.settings import NetworkSettings

ROWS_OPEN, ROWS_SHOWN = 12, 80
"""A longer table can be unfolded; one longer than the second is only named, with its file."""

COUNTS = {"n", "images", "errors", "count", "repaired", "a_as_b", "b_as_a", "only_a_right", "only_b_right"}
"""Columns of whole numbers that are shown with thousands separators."""


@dataclass(frozen=True)
class Chart:
    """A figure of the page: the name of its picture, its title, what to see in it, and the tables it is drawn from."""

    name: str
    title: str
    words: str
    tables: tuple[str, ...]
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page: `tables`, each with its title, are shown without a picture."""

    name: str
    title: str
    words: str
    charts: tuple[Chart, ...] = ()
    tables: tuple[tuple[str, str], ...] = ()


SECTIONS = (
    Section(
        "effects",
        "What the settings do",
        "A setting was changed, all else kept, and the accuracy compared. Each effect has two intervals that are "
        "never merged: over new images (would other such images agree?) and over new seeds (would another training?).",
        (
            Chart(
                "effects",
                "Effect of each setting on the accuracy",
                "Right of zero: the first of the two levels is more accurate.",
                ("effects",),
            ),
            Chart(
                "shapley",
                "The whole difference, split between the settings",
                "Each setting's part is its mean effect over both orders of changing one setting after the other.",
                ("shapley",),
            ),
        ),
        (("matched_fit", "Both optimizers when they fit the training images equally well"),),
    ),
    Section(
        "shares",
        "What the errors vary with",
        "Whether an answer is wrong varies between images, settings and seeds. The shares add up to the whole "
        "variance; estimates below zero are shown as they are.",
        (
            Chart(
                "variance_shares",
                "Shares of the variance of the error",
                "A large share of the image says that the same images are missed whatever is set.",
                ("variance_shares",),
            ),
            Chart(
                "errors_by_votes",
                "Errors by people's dissent",
                "Are the images on which people disagree with the label the ones that networks miss?",
                ("errors_by_votes",),
            ),
        ),
        (("explained", "How much of an image's difficulty its class and its human votes account for"),),
    ),
    Section(
        "budget",
        "What single errors are put down to",
        "Each error of each network goes to the first cause that fits. The order of asking matters, so both are shown.",
        (
            Chart(
                "budget",
                "Budget of causes, in both orders",
                "Each bar is all errors of one network.",
                ("budget",),
            ),
            Chart(
                "budget_by_chance",
                "How many errors look sensitive by chance",
                "Exchanging the networks within every image keeps how hard it is and destroys what the setting did.",
                ("budget",),
            ),
        ),
        (("suspect_labels", "Where most people contradict the label, do the networks side with people?"),),
    ),
    Section(
        "limits",
        "What this grid cannot tell",
        "These analyses need runs or votes that are not there. They are left out, not filled in.",
    ),
    Section(
        "networks",
        "The networks",
        "",
        (
            Chart(
                "curves",
                "Learning curves",
                "Solid: images that no network learns from; dashed: those it learns from.",
                (),
            ),
            Chart("recall", "Recall of every class", "The dashed line is one half.", ("classes", "class_ranks")),
        ),
    ),
    Section(
        "confusions",
        "What is taken for what",
        "",
        (
            Chart(
                "confusions",
                "Confusion matrices",
                "Percent of each true class; the diagonal is the recall. Cells that round to nothing are empty.",
                ("confusions", "confused_pairs"),
                wide=True,
            ),
            Chart(
                "knockout",
                "Which class, when it is not there, would have made it right",
                "Percent of the true class's errors that become right when one class may not be answered.",
                ("knockout", "knockout_any"),
                wide=True,
            ),
            Chart(
                "pair_repair",
                "The pairs that repair each other most",
                "Removing one class, errors of the other that become right: the ten highest pairs, and the claimed.",
                ("pair_repair",),
            ),
            Chart(
                "agreement",
                "Do the networks miss the same images?",
                "Error consistency: 1 if exactly the same images, 0 if no more than their accuracies make likely.",
                ("consistency", "mcnemar"),
            ),
            Chart(
                "missed_by",
                "How many runs miss an image",
                "Bars above the marks at both ends say that the same images are easy, or hard, for all runs.",
                ("missed_by", "missed_only_by"),
            ),
        ),
    ),
    Section(
        "edits",
        "What changed pixels do",
        "A few hundred images were edited and shown to the networks again. Because any nudge turns some close calls, "
        "each edit is compared with random noise of the same size on the same images.",
        (
            Chart(
                "pixel_edits",
                "Edits against noise of equal size",
                "Right of zero: the edit turns more answers than noise of the same size; left: noise turns more.",
                ("pixel_edits",),
            ),
        ),
    ),
    Section(
        "galleries",
        "The images",
        "Drawn at random out of each group, never picked. Pixels are enlarged, not smoothed. Wrong answers are marked.",
        tables=(("galleries", ""),),
    ),
    Section(
        "cases",
        "Single errors, and what undoes them",
        "Errors drawn at random. A square of a quarter of the side, filled with the mean colour, slid over the image, "
        "and the lead of the wrong class's logit over the true one's was read again (Zeiler and Fergus 2014). The "
        "colour says what the hidden part had spoken for.",
        tables=(("explained_images", ""),),
    ),
)


def render(
    analysis: Analysis,
    images: np.ndarray,
    galleries: Sequence[Gallery],
    cases: Sequence[Case],
    pictures: Mapping[str, bytes],
    settings: Mapping[str, NetworkSettings],
) -> str:
    """The page as HTML text; it loads nothing and runs nothing. Equal arguments give equal text.

    Args:
        analysis: with all tables, those of the galleries and interventions too.
        images: uint8 (N, H, W, 3), the images of analysis.ids.
        pictures: PNG bytes of the figures, by name.
        settings: the effective settings of each network.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"shown": shown, "percent": percent, "thousands": lambda number: f"{number:,}"}
    style = jinja2.FileSystemLoader(Path(__file__).parent).get_source(environment, "page.css")[0]
    return environment.get_template("page.html").render(
        analysis=analysis,
        tables=analysis.tables,
        networks=list(dict.fromkeys(run.network for run in analysis.runs)),
        settings=settings,
        scores=_scores(_rows(analysis, "scores")),
        score_names=list(dict.fromkeys(row["score"] for row in _rows(analysis, "scores"))),
        clauses=clauses,
        sections=SECTIONS,
        charts={name: _chart(content) for name, content in pictures.items()},
        galleries=[_gallery(one, images, analysis) for one in galleries],
        cases=[_case(case, images, analysis) for case in cases],
        rows_open=ROWS_OPEN,
        rows_shown=ROWS_SHOWN,
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def shown(value: Any, column: str = "") -> str:
    """A table's value as text: three decimals, small ones with two digits and a power of ten, a dash for none."""
    if value is None or value == "":
        return "\N{EN DASH}"
    if isinstance(value, float):
        text = f"{value:.3f}" if value == 0 or abs(value) >= 0.001 else f"{value:.1e}"
        return text.replace("-", MINUS)
    if isinstance(value, int) and not isinstance(value, bool) and column in COUNTS:
        return f"{value:,}"
    return str(value)


def clauses(verdict: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each number of a verdict with its interval, '' for none; all in one where they are not told apart."""
    numbers, intervals = (verdict[column].split("; ") for column in ("numbers", "interval"))
    if len(numbers) == len(intervals):
        return list(zip(numbers, intervals, strict=True))
    return [(verdict["numbers"], verdict["interval"])]


def _rows(analysis: Analysis, table: str) -> list[dict[str, Any]]:
    return analysis.tables[table].rows if table in analysis.tables else []


def _scores(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row for each run and kind of images, the runs in the order of the grid, with the scores by name."""
    found: dict[tuple, dict[str, Any]] = {}
    for row in rows:
        key = (row["network"], row["seed"], row["images"])
        one = found.setdefault(key, {"network": key[0], "seed": key[1], "images": key[2], "n": row["n"], "scores": {}})
        one["scores"][row["score"]] = row
    runs = list(dict.fromkeys(key[:2] for key in found))
    return [one for run in runs for key, one in found.items() if key[:2] == run]


def _chart(content: bytes) -> dict[str, Any]:
    """A PNG as a data: URI, with its size in CSS pixels (96 an inch; figures have 150 dots an inch)."""
    width, height = struct.unpack(">II", content[16:24])
    return {"source": _data_uri(content), "width": round(width * 96 / 150), "height": round(height * 96 / 150)}


def _gallery(one: Gallery, images: np.ndarray, analysis: Analysis) -> dict[str, Any]:
    return {"gallery": one, "tiles": [_tile(tile, images, analysis) for tile in one.tiles]}


def _tile(tile: Tile, images: np.ndarray, analysis: Analysis) -> dict[str, Any]:
    true = analysis.class_names[analysis.labels[tile.index]]
    answers = gallery.answers(tile, analysis)
    said = "; ".join(f"{answer.network} says {answer.predicted}" for answer in answers)
    return {
        "source": _photo(images[tile.index]),
        "alt": f"Image {int(analysis.ids[tile.index])}, labelled {true}; {said}.",
        "id": int(analysis.ids[tile.index]),
        **analysis.source(tile.index),
        "true": true,
        "answers": answers,
        "votes": gallery.counted(gallery.votes(tile, analysis)),
    }


def _case(case: Case, images: np.ndarray, analysis: Analysis) -> dict[str, Any]:
    true, predicted = (analysis.class_names[label] for label in (case.true, case.predicted))
    return {
        "source": _photo(images[case.index]),
        "map": _photo(overlay(images[case.index], case.map)),
        "alt": f"Image {int(analysis.ids[case.index])}, labelled {true}, which {case.run} takes for {predicted}.",
        "map_alt": f"Occlusion map of the same image; strongest evidence for {predicted} {_where(case.map)}.",
        "id": int(analysis.ids[case.index]),
        **analysis.source(case.index),
        "run": case.run,
        "true": true,
        "predicted": predicted,
        "probability": case.probability,
        "strongest": float(case.map.max()),
        "edits": [(name, name in case.noise) for name in case.edits],
        "removed": "" if case.removed < 0 else analysis.class_names[case.removed],
    }


def _where(evidence: np.ndarray) -> str:
    """The third of the image, both ways, that holds the maximum, in words."""
    row, column = np.unravel_index(evidence.argmax(), evidence.shape)
    down = ("at the top", "in the middle", "at the bottom")[3 * int(row) // evidence.shape[0]]
    across = ("left", "centre", "right")[3 * int(column) // evidence.shape[1]]
    return f"{down}, {across}"


TOWARDS_WRONG, TOWARDS_TRUE = np.array([213.0, 94.0, 0.0]), np.array([0.0, 114.0, 178.0])
"""Vermilion and blue of figures_style."""


def overlay(image: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    """A pale grey version of the image, coloured where a part speaks for the wrong (orange) or the true class (blue).

    The colour is full at the largest absolute value of this map.

    Args:
        image: uint8 (H, W, 3).
        evidence: (H, W), see occlusion.margin_map.

    Returns:
        uint8 (H, W, 3).
    """
    grey = 150 + 105 * image.mean(axis=2, keepdims=True) / 255
    largest = np.abs(evidence).max()
    strength = (np.abs(evidence) / largest if largest > 0 else np.zeros_like(evidence, float))[..., None]
    tint = np.where(evidence[..., None] > 0, TOWARDS_WRONG, TOWARDS_TRUE)
    return np.rint(grey * (1 - 0.85 * strength) + tint * 0.85 * strength).astype("uint8")


def _photo(image: np.ndarray) -> str:
    """uint8 (H, W, 3) as a data: URI of a PNG of the same size."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(file, format="PNG", optimize=True)
    return _data_uri(file.getvalue())


def _data_uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()
