"""The explorer: a folder with a page to look through all images, which needs no server and no internet."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from stages.findings.images.images import BETWEEN, read_votes
from stages.report import sheets
from stages.report.neighbours import Neighbours
from stages.report.results import Results
from stages.run import Run
from stages.statistics.causes import CAUSES
from stages.statistics.table import Row
from stages.templates import environment

DEPTH = 3
"""The classes that are shown of an answer, the most probable first."""
MOST_IMAGES = 20000
"""More are named and not shown."""
STEPS = 255
"""A probability is kept as a whole number of these."""

SCRIPTS = ("explorer_data.js", "explorer.js")


class Change(NamedTuple):
    """One setting that was changed in training. label: in words. base, network: trained without and with it.

    left_out: classes that one of the two did not learn, whose images are not compared.
    """

    label: str
    base: str
    network: str
    left_out: Sequence[str] = ()


@dataclass(frozen=True)
class Explored:
    """N images, and all that the explorer shows of them.

    ids: N numbers or names, each once. labels: int (N,), indices into class_names. answers: of each run, either
    probabilities, float (N, classes), or where these are unknown the predicted class, int (N,). images: uint8
    (N, H, W, 3); without them, names are shown in their place. paths: of each image. votes: uint8 (N, annotators),
    people's classes, 255 for none. causes: of the images' errors, bool (N,) each, by name. values: further numbers of
    each image, float (N,), NaN where unknown, by name. changes: what is compared. neighbours: training images.
    """

    class_names: Sequence[str]
    ids: Sequence[int | str]
    labels: np.ndarray
    answers: Mapping[Run, np.ndarray]
    images: np.ndarray | None = None
    paths: Sequence[str] | None = None
    votes: np.ndarray | None = None
    causes: Mapping[str, np.ndarray] = field(default_factory=dict)
    values: Mapping[str, np.ndarray] = field(default_factory=dict)
    changes: Sequence[Change] = ()
    neighbours: Neighbours | None = None


def explored(results: Results, neighbours: Neighbours | None = None) -> Explored:
    """What the report has to show. neighbours: of the held-out images."""
    first = next(iter(results.answers.values()))
    rows = results.rows("images")
    known = [set(row["causes"].split(BETWEEN)) for row in rows]
    paths = [row["file"] for row in rows]
    similarity = [np.nan if row["similarity"] is None else row["similarity"] for row in rows]
    return Explored(
        class_names=results.class_names,
        ids=first.ids.tolist(),
        labels=first.labels,
        answers={
            run: answers.probabilities if answers.probabilities.shape[1] else results.classes(run)
            for run, answers in results.answers.items()
        },
        images=_images(results, first.ids),
        paths=paths if any(paths) else None,
        votes=read_votes(rows),
        causes={
            cause.name: np.array([cause.name in names for names in known])
            for cause in CAUSES
            if any(cause.name in names for names in known)
        },
        values={"similarity": np.array(similarity)} if rows else {},
        changes=[_change(row, results) for row in results.rows("remedies")],
        neighbours=neighbours,
    )


def _images(results: Results, ids: np.ndarray) -> np.ndarray | None:
    """uint8 (N, H, W, 3); None where there are none, or too many to be gathered."""
    if results.images is None or len(ids) > MOST_IMAGES:
        return None
    return np.stack([results.images[int(one)] for one in ids])


def _change(row: Row, results: Results) -> Change:
    arrow = " \N{RIGHTWARDS ARROW} "
    values, networks = (arrow.join(row[side] for side in both) for both in (("before", "after"), ("base", "network")))
    label = f"{row['setting']} {values} ({networks})"
    left_out = [results.settings[row[side]].get("without") for side in ("base", "network")]
    return Change(label, row["base"], row["network"], [name for name in left_out if name])


def files(explored: Explored) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of the folder; equal arguments give equal bytes."""
    yield "index.html", page(explored).encode()
    if explored.images is not None:
        groups = [explored.images, *([explored.neighbours.images] if explored.neighbours else [])]
        for number, png in enumerate(sheets.drawn(groups)):
            yield f"sheet-{number}.png", png


def page(explored: Explored) -> str:
    """The page as HTML. It holds all but the pixels, runs the one script that it holds, and loads only the sheets."""
    css, script = environment.style("explorer.css"), "".join(map(environment.source, SCRIPTS))
    # Nothing in the data can end the element that holds it.
    text = json.dumps(data(explored), ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    return environment.render(
        "explorer.html",
        css=Markup(css),
        script=Markup(script),
        data=Markup(text),
        css_hash=_hash(css),
        script_hash=_hash(script),
    )


def data(explored: Explored) -> dict[str, Any]:
    """What explorer.js reads: lists of text, and arrays as of `packed`; null for what is unknown."""
    classes, chances, of_true = zip(*(top(each, explored.labels) for each in explored.answers.values()), strict=True)
    return {
        "classes": list(explored.class_names),
        "runs": [[run.network, run.seed] for run in explored.answers],
        "ids": list(explored.ids),
        "paths": None if explored.paths is None else list(explored.paths),
        "labels": packed(explored.labels),
        "depth": DEPTH,
        "answers": packed(np.stack(classes)),
        "probable": [each.ndim == 2 for each in explored.answers.values()],
        "chances": packed(np.stack(chances)),
        "true_chances": packed(np.stack(of_true)),
        "votes": None if explored.votes is None else {"each": explored.votes.shape[1], "given": packed(explored.votes)},
        "causes": {name: packed(images) for name, images in explored.causes.items()},
        "values": {name: _numbers(values) for name, values in explored.values.items()},
        "changes": [change._asdict() | {"left_out": list(change.left_out)} for change in explored.changes],
        "neighbours": explored.neighbours and _neighbours(explored.neighbours),
        "sheets": None if explored.images is None else _sheets(*explored.images.shape[1:3]),
    }


def top(answers: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The DEPTH most probable classes (N, DEPTH), their chances (N, DEPTH) and that of the true class (N,), int.

    Chances are in STEPS, 0..255; of equal ones, the lower class comes first. Where there are fewer classes, or the
    predicted class alone is known, the places left have the chance 0 and the class of the first. answers: as in
    Explored.

    >>> [part.tolist() for part in top(np.array([[0.2, 0.8]]), np.array([0]))]
    [[[1, 0, 1]], [[204, 51, 0]], [51]]
    """
    rows = np.arange(len(labels))
    if answers.ndim == 1:
        right = (answers == labels) * STEPS
        return np.repeat(answers[:, None], DEPTH, axis=1), np.outer(np.full(len(rows), STEPS), [1, 0, 0]), right
    left = np.array(answers)
    classes, chances = np.zeros((2, len(rows), DEPTH), np.int64)
    for rank in range(min(DEPTH, left.shape[1])):
        classes[:, rank] = left.argmax(axis=1)
        chances[:, rank] = _steps(left[rows, classes[:, rank]])
        left[rows, classes[:, rank]] = -1
    classes[:, left.shape[1] :] = classes[:, :1]
    return classes, chances, _steps(answers[rows, labels])


def _steps(probabilities: np.ndarray) -> np.ndarray:
    return np.rint(probabilities * STEPS).astype(np.int64)


def packed(values: np.ndarray) -> dict[str, str]:
    """Whole numbers from 0 as base64 of the smallest unsigned type that holds them, little-endian, in C order.

    type: the name of the array in JavaScript. See `unpacked`.

    >>> packed(np.array([[1, 2]])), packed(np.array([256]))["type"]
    ({'type': 'Uint8Array', 'base64': 'AQI='}, 'Uint16Array')
    """
    bits = next(bits for bits in (8, 16, 32) if np.max(values, initial=0) < 2**bits)
    content = np.ascontiguousarray(values, f"<u{bits // 8}").tobytes()
    return {"type": f"Uint{bits}Array", "base64": base64.b64encode(content).decode()}


def _numbers(values: np.ndarray) -> list[float | None]:
    """Four decimals; null for NaN."""
    return [None if value != value else value for value in np.round(np.asarray(values, float), 4).tolist()]


def _neighbours(found: Neighbours) -> dict[str, Any]:
    return {
        "each": found.places.shape[1],
        "places": packed(found.places),
        "similarities": _numbers(found.similarities.ravel()),
        "ids": found.ids.tolist(),
        "labels": packed(found.labels),
    }


def _sheets(height: int, width: int) -> dict[str, int]:
    rows, columns = sheets.across(height, width)
    return {"height": height, "width": width, "rows": rows, "columns": columns}


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
