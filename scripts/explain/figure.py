"""The explanations as one picture: a row a run, from what it says to what makes it say something else."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from stages.error_analysis.edits import EDITS
from stages.error_analysis.figures_style import BLUE, FAINT, INK, LINE, VERMILION, short, styled
from stages.error_analysis.grid import Run
from stages.error_analysis.page import overlay
from stages.explain.answers import NOISES, Answer, Edited
from stages.explain.neighbours import Neighbour
from stages.explain.subject import Subject
from stages.explain.text import Explanation, listed, rounded, turn, verdict

from stages.errors import InputError

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


@styled
def draw(
    subject: Subject,
    found: Mapping[Run, Explanation],
    neighbour_images: Mapping[int, np.ndarray],
    names: Sequence[str],
) -> Figure:
    """Draw what every run says.

    Args:
        neighbour_images: uint8 (H, W, 3) of every neighbour, by id.
        names: of the classes.

    Raises InputError where there are more runs than one picture can hold.
    """
    if len(found) > MOST_RUNS:
        raise InputError(
            f"{len(found)} runs are more than one picture holds ({MOST_RUNS}); choose some: --network, --seed."
        )
    across = max((-(-len(one.neighbours or ()) // TILE_ROWS) for one in found.values()), default=0)
    bars = min(len(names), MOST_CLASSES) + (len(names) > MOST_CLASSES)
    row = _row_height(bars, across > 0)
    left_of = _columns(across)
    width, height = left_of["end"], HEAD + len(found) * row
    figure = Figure(figsize=(width, height))
    _head(_Place(figure, GAP, GAP), subject, names, has_neighbours=across > 0)
    for number, (run, one) in enumerate(found.items()):
        top = HEAD + number * row
        figure.add_artist(_rule(top, height))
        _title(_Place(figure, GAP, top + 0.1), run, one.answer, subject.label, names)
        top += TITLE
        _bars(_Place(figure, left_of["bars"], top), one.answer, subject.label, names, bars)
        _map(_Place(figure, left_of["map"], top), one.answer, subject.image, names)
        if across:
            _neighbours(_Place(figure, left_of["neighbours"], top), one.neighbours, neighbour_images, names, across)
        _edits(_Place(figure, left_of["edits"], top), one.answer, subject.label, names)
    return figure


class _Place:
    """A point of a figure, in inches from its upper left corner, that things are put right of and below."""

    def __init__(self, figure: Figure, left: float, top: float) -> None:
        self._figure, self._left, self._top = figure, left, top

    def axes(self, right: float, down: float, width: float, height: float) -> Axes:
        whole, high = self._figure.get_size_inches()
        left, bottom = self._left + right, high - self._top - down - height
        return self._figure.add_axes((left / whole, bottom / high, width / whole, height / high))

    def text(self, right: float, down: float, text: str, **look: object) -> None:
        whole, high = self._figure.get_size_inches()
        look = {"size": 8.5, "va": "top"} | look
        self._figure.text((self._left + right) / whole, 1 - (self._top + down) / high, text, **look)

    def heading(self, text: str) -> None:
        """Above the place."""
        self.text(0, -0.08, text, size=8, color=FAINT, va="bottom")

    def picture(self, right: float, down: float, side: float, image: np.ndarray) -> None:
        """The image in a square of this side, its own proportions kept, in the upper left corner."""
        height, width = image.shape[:2]
        largest = max(height, width)
        axes = self.axes(right, down, side * width / largest, side * height / largest)
        axes.set_axis_off()
        axes.imshow(image, aspect="auto")


def _row_height(bars: int, neighbours: bool) -> float:
    panels = [bars * LINE_HEIGHT, MAP + 4 * LINE_HEIGHT, len(EDITS) * LINE_HEIGHT + 0.4]
    if neighbours:
        panels.append(TILE_ROWS * (TILE + 2.2 * LINE_HEIGHT))
    return TITLE + max(panels) + 0.2


def _columns(across: int) -> dict[str, float]:
    """Left edges of the panels, and the right edge of all."""
    widths = {"bars": sum(BARS), "map": MAP, "neighbours": across * (TILE + 0.1), "edits": sum(EDITED)}
    edges, left = {}, GAP
    for name, width in widths.items():
        edges[name] = left
        left += width + (GAP if width else 0)
    return edges | {"end": left}


def _rule(top: float, height: float) -> Line2D:
    return Line2D([0, 1], [1 - top / height] * 2, color=LINE, linewidth=0.8)


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
        place.text(side + GAP, 0.58 + number * LINE_HEIGHT, line, size=8, color=FAINT)


def _title(place: _Place, run: Run, answer: Answer, label: int | None, names: Sequence[str]) -> None:
    word = verdict(answer.predicted, label)
    said = f"{run}: {short(names[answer.predicted], 30)} {rounded(answer.probabilities[answer.predicted])}"
    colour = VERMILION if word == "wrong" else INK
    place.text(0, 0, said + (f", {word}" if word else ""), size=10.5, weight="bold", color=colour)
    removed = "; ".join(
        f"without {listed([names[one] for one in knockout.removed])}: {names[knockout.answer]} "
        f"{rounded(knockout.probability)}" + (", right" if knockout.answer == label else "")
        for knockout in answer.knockouts
    )
    place.text(0, 0.22, short(removed, 130), size=8.5)


def _bars(place: _Place, answer: Answer, label: int | None, names: Sequence[str], most: int) -> None:
    """Probabilities of all classes in their order; of many classes, those of the most probable ones and their rest."""
    labels, values, tints, weights = [], [], [], []
    for one in _shown_classes(answer.probabilities, most):
        labels.append(short(names[one], 16))
        values.append(float(answer.probabilities[one]))
        tints.append(FAINT if one != answer.predicted else VERMILION if label not in (None, one) else BLUE)
        weights.append("bold" if one == label else "normal")
    if len(labels) < len(names):
        labels.append(f"{len(names) - len(labels)} others")
        values.append(max(0.0, 1 - sum(values)))
        tints.append(LINE)
        weights.append("normal")
    names_wide, chart, _ = BARS
    place.heading("probabilities")
    axes = place.axes(names_wide, 0, chart, len(labels) * LINE_HEIGHT)
    axes.barh(range(len(labels)), values, height=0.7, color=tints)
    axes.set(xlim=(0, 1), ylim=(len(labels) - 0.5, -0.5), xticks=[])
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0)
    axes.spines["bottom"].set_visible(False)
    for number, (tick, weight) in enumerate(zip(axes.get_yticklabels(), weights, strict=True)):
        tick.set_weight(weight)
        axes.text(values[number] + 0.04, number, rounded(values[number]), va="center", size=8)


def _shown_classes(probabilities: np.ndarray, most: int) -> list[int]:
    if len(probabilities) <= most:
        return list(range(len(probabilities)))
    return sorted(int(one) for one in np.argsort(-probabilities, kind="stable")[: most - 1])


def _map(place: _Place, answer: Answer, image: np.ndarray, names: Sequence[str]) -> None:
    found = answer.occlusion
    place.heading("occlusion map")
    place.picture(0, 0, MAP, overlay(image, found.map))
    words = (
        (f"for {names[answer.predicted]}", VERMILION),
        (f"for {names[found.rival]}", BLUE),
        (f"full colour: {np.abs(found.map).max():.2f} logits", INK),
        (f"answer turned: {found.turned}/{found.places}", INK),
    )
    for number, (line, colour) in enumerate(words):
        place.text(0, MAP + 0.04 + number * LINE_HEIGHT, short(line, 26), size=8, color=colour)


def _neighbours(
    place: _Place,
    neighbours: Sequence[Neighbour] | None,
    images: Mapping[int, np.ndarray],
    names: Sequence[str],
    across: int,
) -> None:
    place.heading("nearest training images")
    if not neighbours:
        place.text(0, 0, "none: all features\nare zero", size=8, color=FAINT)
        return
    for number, one in enumerate(neighbours):
        right, down = number % across * (TILE + 0.1), number // across * (TILE + 2.2 * LINE_HEIGHT)
        place.picture(right, down, TILE, images[one.id])
        place.text(right, down + TILE + 0.02, short(names[one.label], 11), size=7.5)
        place.text(right, down + TILE + 0.02 + 0.85 * LINE_HEIGHT, f"{one.similarity:.3f}", size=7, color=FAINT)


def _edits(place: _Place, answer: Answer, label: int | None, names: Sequence[str]) -> None:
    named, chart, _ = EDITED
    place.heading("edits, beside noise of the same size")
    axes = place.axes(named, 0, chart, len(answer.edits) * LINE_HEIGHT)
    before = float(answer.probabilities[answer.predicted])
    axes.axvline(before, color=FAINT, linewidth=0.8, zorder=0.5)
    for number, edit in enumerate(answer.edits):
        low, high = np.quantile(edit.noise_kept, (0.05, 0.95))
        axes.plot([low, high], [number, number], color=LINE, linewidth=5, solid_capstyle="butt", zorder=1)
        changed = edit.answer != answer.predicted
        axes.plot(edit.kept, number, "o", color=VERMILION if changed else BLUE, markersize=4.5, clip_on=False, zorder=2)
        words, colour = _after(edit, answer.predicted, label, names)
        place.text(named + chart + 0.12, (number + 0.5) * LINE_HEIGHT, words, size=8, va="center", color=colour)
    axes.set(xlim=(0, 1), ylim=(len(answer.edits) - 0.5, -0.5), xticks=[0, 0.5, 1])
    axes.set_yticks(range(len(answer.edits)), [short(edit.name, 18) for edit in answer.edits])
    axes.set_xticklabels(["0", "0.5", "1"])
    axes.set_xlabel(short(f"probability of {names[answer.predicted]}", 30), size=8, labelpad=1)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _after(edit: Edited, before: int, label: int | None, names: Sequence[str]) -> tuple[str, str]:
    """What the edit and its noise do to the answer, and the colour of these words."""
    changed = int(np.sum(edit.noise_answers != before))
    beside = f"noise {changed}/{len(edit.noise_answers)}"
    if edit.answer == before:
        return beside, FAINT
    right = "*" if turn(edit, before, label) == "turned right" else ""
    return f"{short(names[edit.answer], 11)}{right}, {beside}", VERMILION
