"""The explanations as one picture: a row a run, from what it says to what makes it say something else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scripts.explain.answers import NOISES, Edited, Explanation
from scripts.explain.neighbours import Neighbour
from scripts.explain.subject import Subject
from scripts.explain.text import listed, rounded, turn, verdict
from stages.errors import InputError
from stages.files import replacing
from stages.images.edits import EDITS
from stages.images.occlusion import overlay
from stages.report import fonts, style
from stages.report.style import BLUE, FAINT, INK, LINE, VERMILION, short
from stages.run import Run

MOST_RUNS = 100
"""What a picture can hold: its height in pixels is limited."""
MOST_CLASSES = 20
"""Bars a run; of more classes, the most probable ones."""

GAP, LINE_HEIGHT = 0.2, 0.165
"""Inches, as all that follows: between panels; of a line of text."""
HEAD, TITLE = 1.85, 0.8
"""Heights: of what stands above all runs; of a run's title with the panels' headings."""
BARS, MAP, TILE, EDITED = (1.15, 1.0, 0.4), 1.55, 0.72, (1.2, 1.4, 1.6)
"""Widths: class names, bars, numbers; the map's side; a neighbour's side; edit names, chart, words."""
TILE_ROWS = 2
TILE_STEP = (TILE + 0.1, TILE + 2.2 * LINE_HEIGHT)
"""From one neighbour to the next, right and down."""


def write(path: Path, figure: Figure) -> None:
    """As PNG, 150 dots an inch, without date or version."""
    with replacing(path) as temporary, style.applied():
        figure.savefig(temporary, format="png", dpi=150, metadata={"Software": None})


def draw(subject: Subject, explanations: Mapping[Run, Explanation], images: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw what every run says.

    images: uint8 (N, H, W, 3), those that neighbours' ids count. names: of the classes. Raises InputError where there
    are more runs than one picture can hold.
    """
    if len(explanations) > MOST_RUNS:
        raise InputError(
            f"{len(explanations)} runs are more than one picture holds ({MOST_RUNS}); choose some: --network, --seed."
        )
    lettering = fonts.lettering([*names, subject.name])
    numbered = lettering.numbered(names)
    with style.applied(lettering.families):
        named = replace(subject, name=lettering.escaped(subject.name))
        return _drawn(named, explanations, images, [numbered.get(name, name) for name in names])


def _drawn(
    subject: Subject, explanations: Mapping[Run, Explanation], images: np.ndarray, names: Sequence[str]
) -> Figure:
    """With the style that is applied, and names that its fonts can write."""
    across = max(-(-len(said.neighbours or ()) // TILE_ROWS) for said in explanations.values())
    bars = min(len(names), MOST_CLASSES) + (len(names) > MOST_CLASSES)
    row = _row_height(bars, across > 0)
    left_of = _columns(across)
    height = HEAD + len(explanations) * row
    figure = Figure(figsize=(left_of["end"], height))
    _head(_Place(figure, GAP, GAP), subject, names, has_neighbours=across > 0)
    for number, (run, said) in enumerate(explanations.items()):
        top = HEAD + number * row
        figure.add_artist(Line2D([0, 1], [1 - top / height] * 2, color=LINE, linewidth=0.8))
        _title(_Place(figure, GAP, top + 0.1), run, said, subject.label, names)
        places = {panel: _Place(figure, left, top + TITLE) for panel, left in left_of.items()}
        _bars(places["bars"], said, subject.label, names, bars)
        _map(places["map"], said, subject.image, names)
        if across:
            _neighbours(places["neighbours"], said.neighbours, images, names, across)
        _edits(places["edits"], said, subject.label, names)
    return figure


class _Place:
    """A point of a figure, in inches from its upper left corner, that things are put right of and below."""

    def __init__(self, figure: Figure, left: float, top: float) -> None:
        self._figure, self._left, self._top = figure, left, top
        self._width, self._height = figure.get_size_inches()

    def axes(self, right: float, down: float, width: float, height: float) -> Axes:
        left, bottom = self._left + right, self._height - self._top - down - height
        return self._figure.add_axes(
            (left / self._width, bottom / self._height, width / self._width, height / self._height)
        )

    def text(self, right: float, down: float, text: str, size: float = 8, va: str = "top", **look: Any) -> None:
        x, y = (self._left + right) / self._width, 1 - (self._top + down) / self._height
        self._figure.text(x, y, text, size=size, va=va, **look)

    def heading(self, text: str) -> None:
        """Above the place."""
        self.text(0, -0.08, text, color=FAINT, va="bottom")

    def picture(self, right: float, down: float, side: float, image: np.ndarray) -> None:
        """The image in a square of this side, its own proportions kept, in the upper left corner."""
        height, width = image.shape[:2]
        largest = max(height, width)
        axes = self.axes(right, down, side * width / largest, side * height / largest)
        axes.set_axis_off()
        axes.imshow(image, aspect="auto")


def _row_height(bars: int, neighbours: bool) -> float:
    panels = [bars * LINE_HEIGHT, MAP + 4 * LINE_HEIGHT, len(EDITS) * LINE_HEIGHT + 0.4]
    return TITLE + max(*panels, neighbours * TILE_ROWS * TILE_STEP[1]) + 0.2


def _columns(across: int) -> dict[str, float]:
    """Left edges of the panels, and the right edge of all."""
    widths = {"bars": sum(BARS), "map": MAP, "neighbours": across * TILE_STEP[0], "edits": sum(EDITED)}
    edges, left = {}, GAP
    for name, width in widths.items():
        edges[name] = left
        left += width + (GAP if width else 0)
    return edges | {"end": left}


def _head(place: _Place, subject: Subject, names: Sequence[str], has_neighbours: bool) -> None:
    side = HEAD - 2 * GAP
    place.picture(0, 0, side, subject.image)
    label = "no label given" if subject.label is None else f"label: {names[subject.label]}"
    place.text(side + GAP, 0, short(subject.name, 50), size=12, weight="bold")
    place.text(side + GAP, 0.26, short(f"{label}; {subject.origin}", 110), size=9)
    lines = [
        "Map: a square hides part of the image; orange parts speak for the answer, blue ones for its rival.",
        "Answer turned: at so many places of the square. Edits: probability of the answer before (line), after the",
        f"edit (dot, orange where the answer changes; *: turns right), and after {NOISES} draws of noise of the same",
        "L2 norm (grey: their middle 90%); at how many of these draws the answer changes.",
    ]
    if has_neighbours:
        lines.append("Nearest: training images, by the cosine between the features that enter the output layer.")
    for number, line in enumerate(lines):
        place.text(side + GAP, 0.58 + number * LINE_HEIGHT, line, color=FAINT)


def _title(place: _Place, run: Run, said: Explanation, label: int | None, names: Sequence[str]) -> None:
    word = verdict(said.predicted, label)
    title = f"{run}: {short(names[said.predicted], 30)} {rounded(said.probabilities[said.predicted])}"
    colour = VERMILION if word == "wrong" else INK
    place.text(0, 0, title + (f", {word}" if word else ""), size=10.5, weight="bold", color=colour)
    removed = "; ".join(
        f"without {listed([names[place] for place in knockout.removed])}: {names[knockout.answer]} "
        f"{rounded(knockout.probability)}" + (", right" if knockout.answer == label else "")
        for knockout in said.knockouts
    )
    place.text(0, 0.22, short(removed, 130), size=8.5)


def _bars(place: _Place, said: Explanation, label: int | None, names: Sequence[str], most: int) -> None:
    """Probabilities of all classes in their order; of many classes, those of the most probable ones and their rest."""
    shown: Sequence[int] = range(len(names))
    if len(names) > most:
        shown = sorted(np.argsort(-said.probabilities, kind="stable")[: most - 1].tolist())
    labels = [short(names[each], 16) for each in shown]
    values = [float(said.probabilities[each]) for each in shown]
    answer = BLUE if label in (None, said.predicted) else VERMILION
    tints = [answer if each == said.predicted else FAINT for each in shown]
    if len(labels) < len(names):
        labels.append(f"{len(names) - len(labels)} others")
        values.append(max(0.0, 1 - sum(values)))
        tints.append(LINE)
    names_wide, chart, _ = BARS
    place.heading("probabilities")
    axes = place.axes(names_wide, 0, chart, len(labels) * LINE_HEIGHT)
    axes.barh(range(len(labels)), values, height=0.7, color=tints)
    axes.set(xlim=(0, 1), xticks=[])
    _rows(axes, labels, bare="bottom")
    for number, value in enumerate(values):
        axes.text(value + 0.04, number, rounded(value), va="center", size=8)
    for tick, each in zip(axes.get_yticklabels(), shown, strict=False):  # the others have no number
        tick.set_fontweight("bold" if each == label else "normal")


def _rows(axes: Axes, labels: Sequence[str], bare: str) -> None:
    """One row a label from the top down, without ticks and without the spine on the bare side."""
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0)
    axes.spines[bare].set_visible(False)


def _map(place: _Place, said: Explanation, image: np.ndarray, names: Sequence[str]) -> None:
    occlusion = said.occlusion
    place.heading("occlusion map")
    place.picture(0, 0, MAP, overlay(image, occlusion.map))
    words = (
        (f"for {names[said.predicted]}", VERMILION),
        (f"for {names[occlusion.rival]}", BLUE),
        (f"full colour: {np.abs(occlusion.map).max():.2f} logits", INK),
        (f"answer turned: {occlusion.turned}/{occlusion.places}", INK),
    )
    for number, (line, colour) in enumerate(words):
        place.text(0, MAP + 0.04 + number * LINE_HEIGHT, short(line, 26), color=colour)


def _neighbours(
    place: _Place, neighbours: Sequence[Neighbour] | None, images: np.ndarray, names: Sequence[str], across: int
) -> None:
    place.heading("nearest training images")
    if not neighbours:
        place.text(0, 0, "none: all features\nare zero", color=FAINT)
        return
    for number, near in enumerate(neighbours):
        right, down = number % across * TILE_STEP[0], number // across * TILE_STEP[1]
        place.picture(right, down, TILE, images[near.id])
        place.text(right, down + TILE + 0.02, short(names[near.label], 11), size=7.5)
        place.text(right, down + TILE + 0.02 + 0.85 * LINE_HEIGHT, f"{near.similarity:.3f}", size=7, color=FAINT)


def _edits(place: _Place, said: Explanation, label: int | None, names: Sequence[str]) -> None:
    names_wide, chart, _ = EDITED
    place.heading("edits, beside noise of the same size")
    axes = place.axes(names_wide, 0, chart, len(said.edits) * LINE_HEIGHT)
    axes.axvline(float(said.probabilities[said.predicted]), color=FAINT, linewidth=0.8, zorder=0.5)
    for number, edit in enumerate(said.edits):
        noise = np.quantile(edit.noise_kept, (0.05, 0.95))
        axes.plot(noise, [number, number], color=LINE, linewidth=5, solid_capstyle="butt", zorder=1)
        colour = BLUE if edit.answer == said.predicted else VERMILION
        axes.plot(edit.kept, number, "o", color=colour, markersize=4.5, clip_on=False, zorder=2)
        words, colour = _after(edit, said.predicted, label, names)
        place.text(names_wide + chart + 0.12, (number + 0.5) * LINE_HEIGHT, words, va="center", color=colour)
    axes.set(xlim=(0, 1))
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_xlabel(short(f"probability of {names[said.predicted]}", 30), size=8, labelpad=1)
    _rows(axes, [edit.name for edit in said.edits], bare="left")


def _after(edit: Edited, before: int, label: int | None, names: Sequence[str]) -> tuple[str, str]:
    """What the edit and its noise do to the answer, and the colour of these words."""
    noise = f"noise {np.sum(edit.noise_answers != before)}/{len(edit.noise_answers)}"
    if edit.answer == before:
        return noise, FAINT
    right = "*" if turn(edit, before, label) == "turned right" else ""
    return f"{short(names[edit.answer], 11)}{right}, {noise}", VERMILION
