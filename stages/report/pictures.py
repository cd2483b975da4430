"""The pictures of plots/: those of the findings, and random right and wrong predictions of every run."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from stages.report import galleries, remains, style, tiles
from stages.report.fonts import DEFAULT
from stages.report.results import Results
from stages.run import Run
from stages.streams import stream

EXAMPLES = 12
"""Right, and wrong, predictions of a run that are shown, at most."""


def findings(results: Results, families: Sequence[str] = (DEFAULT,)) -> dict[str, bytes]:
    """A PNG of each picture of the findings, by name. families: see fonts.Lettering."""
    with style.applied(families):
        photos = remains.figures(results) | galleries.figures(results)
        return _pngs(figures(results), photos=False) | _pngs(photos, photos=True)


def examples(results: Results, families: Sequence[str] = (DEFAULT,)) -> dict[str, bytes]:
    """PNGs of random right and wrong predictions of held-out images, by run; none where there are no images.

    families: see fonts.Lettering.
    """
    with style.applied(families):
        drawn = {
            f"{run.network}-{run.seed}-{word}": example(run, word, results)
            for run in results.answers
            for word in ("right", "wrong")
            if results.images is not None
        }
        return _pngs(drawn, photos=True)


def figures(results: Results) -> dict[str, style.Figure]:
    """Each Picture of the findings whose tables have rows; one that draws None has no numbers to show."""
    drawn = {
        picture.name or finding.name: picture.draw(results.tables[finding.name], style)
        for finding in results.findings
        if results.rows(finding.name)
        for picture in finding.pictures
    }
    return {name: figure for name, figure in drawn.items() if figure}


def example(run: Run, word: str, results: Results) -> style.Figure:
    """Random predictions of the run that are what the word says, 'right' or 'wrong'."""
    assert results.images is not None  # else there are no examples
    answers, predicted = results.answers[run], results.classes(run)
    group = np.flatnonzero((predicted == answers.labels) == (word == "right"))
    drawn = stream("examples", run.network, run.seed, word).permutation(group)[:EXAMPLES]
    shown = []
    for index in drawn:
        probability = answers.probabilities[index, predicted[index]] if answers.probabilities.size else None
        lines = [
            tiles.label(results.class_names[answers.labels[index]], "true: "),
            tiles.answer(results.class_names[predicted[index]], probability, word == "right", "predicted: "),
        ]
        shown.append(tiles.Tile(results.images[answers.ids[index]], lines))
    return tiles.draw(f"{run}: random {word} predictions of held-out images ({len(drawn)} of {len(group):,})", shown)


def _pngs(drawn: Mapping[str, style.Figure], photos: bool) -> dict[str, bytes]:
    return {name: png(figure, photos) for name, figure in drawn.items()}


def png(figure: style.Figure, photos: bool) -> bytes:
    """The figure, drawn under style.applied, as a PNG of style.DPI dots an inch, without date or version.

    One without photos has at most 256 colours, which take a third of the bytes.
    """
    drawn, file = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    image = Image.open(drawn).convert("RGB")
    if not photos:
        image = image.quantize(256, dither=Image.Dither.NONE)
    image.save(file, "PNG", optimize=True, dpi=(style.DPI, style.DPI))
    return file.getvalue()
