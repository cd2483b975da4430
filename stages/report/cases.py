"""Single errors: what undoes each, and which part of the image speaks for the wrong class."""

from typing import NamedTuple

import numpy as np

from stages.report.results import Results
from stages.run import Run
from stages.statistics.table import Row


class Case(NamedTuple):
    """row: of the table explained_images. map: float64 (H, W), see stages/images/occlusion.py. where: its maximum, in
    words. edits: those that make the answer right, each with whether noise of the same size does so too.
    """

    row: Row
    run: Run
    map: np.ndarray
    where: str
    edits: list[tuple[str, bool]]


def read(results: Results) -> list[Case]:
    """The errors of the table explained_images."""
    return [_case(row, results) for row in results.rows("explained_images")]


def _case(row: Row, results: Results) -> Case:
    run = Run(row["network"], row["seed"])
    outcomes = results.outcomes[run]
    evidence = outcomes.maps[outcomes.error_ids.tolist().index(row["id"])]
    edits, noise = ([name for name in row[column].split("; ") if name] for column in ("edits", "noise_too"))
    return Case(row, run, evidence, place_of_maximum(evidence), [(name, name in noise) for name in edits])


def place_of_maximum(evidence: np.ndarray) -> str:
    """The third of the image, both ways, that holds the maximum of a map (H, W), in words.

    >>> place_of_maximum(np.eye(1, 9, 8).reshape(3, 3))
    'at the bottom, right'
    """
    row, column = np.unravel_index(evidence.argmax(), evidence.shape)
    down = ("at the top", "in the middle", "at the bottom")[3 * int(row) // evidence.shape[0]]
    return f"{down}, {('left', 'centre', 'right')[3 * int(column) // evidence.shape[1]]}"
