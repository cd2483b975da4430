"""A whole error analysis of planted errors, small enough to be drawn and rendered within a second or two."""

import dataclasses
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from stages.error_analysis.analysis import Analysis, analyse
from stages.error_analysis.gallery import Gallery
from stages.error_analysis.occlusion import Case
from tests.error_analysis import worlds

from stages.error_analysis import edits, gallery, occlusion
from stages.params import ErrorAnalysis
from stages.settings import NetworkSettings


@dataclass(frozen=True)
class Pieces:
    """What the pictures and the page are made from."""

    analysis: Analysis
    images: np.ndarray
    galleries: list[Gallery]
    cases: list[Case]
    curves: list[dict[str, Any]]
    settings: dict[str, NetworkSettings]


def pieces(
    cells: Sequence[tuple[str, int]] = worlds.PUBLISHED,
    seeds: int = 1,
    names: Sequence[str] = worlds.NAMES,
    votes: bool = False,
    images: int = 400,
) -> Pieces:
    """The analysis of a world with every cause in it, with interventions on networks that look at a few pixels."""
    rng = np.random.default_rng(7)
    world = worlds.World(label_noise=0.05, optimizer=0.15, kernel=0.1, seed=0.1, bad_runs=0.3)
    drawn = worlds.draw(world, rng, images, cells, seeds, names)
    settings = {f"nicknet{i + 1}": worlds.settings(*cell) for i, cell in enumerate(cells)}
    curves = {run: _curve(rng) for run in drawn.runs.names}
    wanted = ErrorAnalysis(seed=0, resamples=100, confidence=0.95, intervention_images=20)
    parts = {"training": drawn.runs, "held-out": drawn.runs, "test": drawn.runs}
    analysis = analyse(parts, drawn.grid, drawn.votes if votes else None, curves, wanted)

    photos = rng.integers(0, 256, (images, 16, 16, 3), dtype=np.uint8)
    weights = rng.normal(0, 0.01, (16 * 16 * 3, len(names)))

    def predict(asked: np.ndarray) -> np.ndarray:
        return np.asarray(asked, "float64").reshape(len(asked), -1) @ weights

    networks = {run: predict for run in drawn.runs.names if run.seed == 0}
    edited = edits.pixel_edits(networks, photos, analysis, at_most=20, seed=0, confidence=0.95)
    cases = occlusion.explain(networks, photos, analysis, how_many=5, seed=0)
    galleries = gallery.choose(analysis, each=6, seed=0)
    mine = (edited, occlusion.table(cases, analysis), gallery.table(galleries, analysis))
    analysis = dataclasses.replace(analysis, tables=analysis.tables | {table.name: table for table in mine})
    rows = [{"network": run.network, "seed": run.seed} | row for run, rows in curves.items() for row in rows]
    return Pieces(analysis, photos, galleries, cases, rows, settings)


def _curve(rng: np.random.Generator) -> list[dict[str, str]]:
    """A history as training writes it, of five epochs."""
    return [
        {"epoch": str(epoch), "images": images, "loss": str(2 - 0.2 * epoch + rng.uniform(0, 0.1))}
        | dict.fromkeys(("accuracy", "precision"), str(0.1 * epoch))
        for epoch in range(1, 6)
        for images in ("training", "held-out")
    ]


def png(figure: Figure) -> bytes:
    """The figure as artifacts.write_figure writes it."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
    return file.getvalue()
