"""The pictures of plots/: those of the findings, and random right and wrong predictions of every run."""

from collections.abc import Mapping

import numpy as np

from stages.predictions import Predictions
from stages.report import galleries, style, tiles
from stages.report.results import Results
from stages.run import Run
from stages.streams import stream

EXAMPLES = 12
"""Right, and wrong, predictions of a run that are shown, at most."""


def findings(results: Results) -> dict[str, bytes]:
    """A PNG of each Picture of the findings whose tables have rows, and of the galleries, by name.

    A picture that draws None shows a part of the table that has no numbers.
    """
    figures = {
        picture.name or finding.name: picture.draw(results.tables[finding.name], style)
        for finding in results.findings
        if results.rows(finding.name)
        for picture in finding.pictures
    }
    return _pngs(figures | galleries.figures(results))


def examples(results: Results) -> dict[str, bytes]:
    """PNGs of random right and wrong predictions of the held-out images, by name."""
    return _pngs(
        {
            f"{run.network}-{run.seed}-{'right' if right else 'wrong'}": _examples(run, answers, right, results)
            for run, answers in results.answers.items()
            for right in (True, False)
        }
    )


def _examples(run: Run, answers: Predictions, right: bool, results: Results) -> style.Figure:
    word = "right" if right else "wrong"
    predicted = answers.probabilities.argmax(axis=1)
    group = np.flatnonzero((predicted == answers.labels) == right)
    drawn = stream("examples", run.network, run.seed, word).permutation(group)[:EXAMPLES]
    shown = []
    for index in drawn:
        said = tiles.answer(
            results.class_names[predicted[index]], answers.probabilities[index, predicted[index]], right
        )
        true = tiles.label(results.class_names[answers.labels[index]])
        shown.append(tiles.Tile(results.images[answers.ids[index]], [true, said]))
    return tiles.draw(f"{run}: random {word} predictions of held-out images ({len(drawn)} of {len(group):,})", shown)


def _pngs(figures: Mapping[str, style.Figure | None]) -> dict[str, bytes]:
    return {name: style.png(figure) for name, figure in figures.items() if figure}
