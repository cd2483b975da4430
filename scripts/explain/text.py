"""The explanations as plain text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from stages.error_analysis.grid import Run
from stages.explain.answers import Answer, Edited, Knockout
from stages.explain.neighbours import Neighbour
from stages.explain.subject import Subject

TOP = 5
"""Classes whose probabilities are printed; the picture shows more."""


@dataclass(frozen=True)
class Explanation:
    """What one run says. neighbours: None where the features of the image are all zero, empty where nobody asked."""

    answer: Answer
    neighbours: tuple[Neighbour, ...] | None


def report(subject: Subject, found: Mapping[Run, Explanation], names: Sequence[str]) -> str:
    """Everything: the image, a table of all answers, then each run's own tables. names: of the classes."""
    known = "not given" if subject.label is None else names[subject.label]
    head = f"{subject.name}: {subject.origin}; label: {known}\n"
    summary = [["network", "seed", "answer", "probability", ""]] + [
        [run.network, str(run.seed), *_said(one.answer, names), verdict(one.answer.predicted, subject.label)]
        for run, one in found.items()
    ]
    parts = [head, table(summary, right={1, 3}), *(_details(run, one, subject, names) for run, one in found.items())]
    return "\n".join(parts)


def table(rows: Sequence[Sequence[str]], right: set[int]) -> str:
    """Lines of cells in columns, two spaces apart; the columns in `right` are aligned to their right end."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def verdict(predicted: int, label: int | None) -> str:
    """'right' or 'wrong'; nothing where the label is not known."""
    return "" if label is None else "right" if predicted == label else "wrong"


def turn(edit: Edited, before: int, label: int | None) -> str:
    """What an edit does to the answer: nothing, or that it changes, and which way where the label is known."""
    if edit.answer == before:
        return ""
    if label is None or label not in (edit.answer, before):
        return "changed"
    return "turned right" if edit.answer == label else "turned wrong"


def noise(edit: Edited, before: int, label: int | None) -> str:
    """How many draws of noise change the answer, and how many of them make a wrong one right."""
    changed = int(np.sum(edit.noise_answers != before))
    if label in (None, before) or not changed:
        return f"{changed} of {len(edit.noise_answers)}"
    repaired = int(np.sum(edit.noise_answers == label))
    return f"{changed} of {len(edit.noise_answers)}, right: {repaired}"


def _details(run: Run, one: Explanation, subject: Subject, names: Sequence[str]) -> str:
    answer, label = one.answer, subject.label
    word = verdict(answer.predicted, label)
    title = f"{run}: {names[answer.predicted]}{f', {word}' if word else ''}"
    parts = [f"{title}\n{'-' * len(title)}\n", _probabilities(answer, label, names)]
    if one.neighbours is None:
        parts.append("No nearest images: the features that enter the output layer are all zero.\n")
    elif one.neighbours:
        parts.append(_neighbours(one.neighbours, names))
    parts += [
        _knockouts(answer.knockouts, label, names),
        _edits(answer, label, names),
        _occlusion(answer, names),
    ]
    return "\n".join(parts)


def _said(answer: Answer, names: Sequence[str]) -> list[str]:
    return [names[answer.predicted], rounded(answer.probabilities[answer.predicted])]


def _probabilities(answer: Answer, label: int | None, names: Sequence[str]) -> str:
    order = [int(place) for place in np.argsort(-answer.probabilities, kind="stable")]
    chosen = order[:TOP] + [place for place in order[TOP:] if place == label]
    rows = [["class", "probability", ""]]
    rows += [
        [names[place], rounded(answer.probabilities[place]), "label" if place == label else ""] for place in chosen
    ]
    left = len(order) - len(chosen)
    if left:
        rest = 1 - answer.probabilities[chosen].sum()
        rows.append([f"{left} other{'s' if left > 1 else ''}", rounded(max(0.0, rest)), ""])
    return table(rows, right={1})


def _neighbours(neighbours: Sequence[Neighbour], names: Sequence[str]) -> str:
    rows = [["nearest images learned from", "label", "similarity"]]
    rows += [[f"train:{one.id}", names[one.label], f"{one.similarity:.3f}"] for one in neighbours]
    return table(rows, right={2})


def _knockouts(removals: Sequence[Knockout], label: int | None, names: Sequence[str]) -> str:
    rows = [["without", "answer", "probability", ""]]
    for one in removals:
        cell = listed([names[place] for place in one.removed])
        rows.append([cell, names[one.answer], rounded(one.probability), "right" if one.answer == label else ""])
    return table(rows, right={2})


def listed(names: Sequence[str]) -> str:
    """'a', 'a, b', 'a, b, c', or 'a, b and 7 others'."""
    if len(names) <= 3:
        return ", ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2} others"


def _edits(answer: Answer, label: int | None, names: Sequence[str]) -> str:
    before = answer.predicted
    rows = [["edit", "answer", "probability", "", "L2", "changed by noise of that size"]]
    rows += [
        [
            edit.name,
            names[edit.answer],
            rounded(edit.probability),
            turn(edit, before, label),
            f"{edit.norm:.0f}",
            noise(edit, before, label),
        ]
        for edit in answer.edits
    ]
    return table(rows, right={2, 4})


def _occlusion(answer: Answer, names: Sequence[str]) -> str:
    found = answer.occlusion
    against = f"{names[answer.predicted]} against {names[found.rival]}"
    hidden = (
        f"A square of {found.side}x{found.side} pixels filled with the mean colour changes the answer at "
        f"{found.turned} of {found.places} places.\n"
    )
    strongest = found.map.max()
    if strongest <= 0:
        return f"{hidden}No part speaks for {against}.\n"
    row, column = (int(place) for place in np.unravel_index(found.map.argmax(), found.map.shape))
    return (
        f"{hidden}The pixel in row {row}, column {column} (from 0) speaks most for {against}: squares over it cost "
        f"{strongest:.2f} logits of the lead on average.\n"
    )


def rounded(value: float) -> str:
    """Two decimals; what rounds to 0 or 1 and is neither is told from it."""
    if 0 < value < 0.005:
        return "<0.01"
    if 0.995 <= value < 1:
        return ">0.99"
    return f"{value:.2f}"
