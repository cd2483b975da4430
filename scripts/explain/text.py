"""The explanations as plain text."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from scripts.explain.answers import Edited, Explanation
from scripts.explain.subject import Subject
from stages.run import Run

TOP = 5
"""Classes whose probabilities are printed; the picture shows more."""


def report(subject: Subject, explanations: Mapping[Run, Explanation], names: Sequence[str]) -> str:
    """The image, a table of all answers, then each run's own tables. names: of the classes."""
    label = "not given" if subject.label is None else names[subject.label]
    answers = [("network", "seed", "answer", "probability", "")]
    for run, said in explanations.items():
        answer = (names[said.predicted], rounded(said.probabilities[said.predicted]))
        answers.append((run.network, str(run.seed), *answer, verdict(said.predicted, subject.label)))
    parts = [f"{subject.name}: {subject.origin}; label: {label}\n", table(answers, right={1, 3})]
    for run, said in explanations.items():
        word = verdict(said.predicted, subject.label)
        title = f"{run}: {names[said.predicted]}{word and f', {word}'}"
        parts += [f"{title}\n{'-' * len(title)}\n", *_details(said, subject.label, names)]
    return "\n".join(parts)


def table(rows: Sequence[Sequence[str]], right: set[int]) -> str:
    """Lines of cells in columns, two spaces apart; the columns in `right` are aligned to their right end.

    >>> table([("a", "count"), ("bird", "7")], right={1})
    'a     count\\nbird      7\\n'
    """
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


def listed(names: Sequence[str]) -> str:
    """At most three names.

    >>> listed("abc"), listed("abcd")
    ('a, b, c', 'a, b and 2 others')
    """
    if len(names) <= 3:
        return ", ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2} others"


def rounded(value: float) -> str:
    """Two decimals, except where they would make a 0 or 1 of what is neither.

    >>> [rounded(value) for value in (0, 0.004, 0.005, 0.996, 1)]
    ['0.00', '<0.01', '0.01', '>0.99', '1.00']
    """
    if 0 < value < 0.005:
        return "<0.01"
    if 0.995 <= value < 1:
        return ">0.99"
    return f"{value:.2f}"


def _details(said: Explanation, label: int | None, names: Sequence[str]) -> Iterable[str]:
    yield _probabilities(said.probabilities, label, names)
    if said.neighbours is None:
        yield "No nearest images: the features that enter the output layer are all zero.\n"
    elif said.neighbours:
        rows = [[f"train:{near.id}", names[near.label], f"{near.similarity:.3f}"] for near in said.neighbours]
        yield table([("nearest training images", "label", "similarity"), *rows], right={2})
    rows = [["without", "answer", "probability", ""]]
    for knockout in said.knockouts:
        without, right = listed([names[place] for place in knockout.removed]), knockout.answer == label
        rows.append([without, names[knockout.answer], rounded(knockout.probability), "right" if right else ""])
    yield table(rows, right={2})
    rows = [["edit", "answer", "probability", "", "L2", "changed by noise of that size"]]
    for edit in said.edits:
        words, noise = (of(edit, said.predicted, label) for of in (turn, _noise))
        rows.append([edit.name, names[edit.answer], rounded(edit.probability), words, f"{edit.norm:.0f}", noise])
    yield table(rows, right={2, 4})
    yield _occlusion(said, names)


def _probabilities(probabilities: np.ndarray, label: int | None, names: Sequence[str]) -> str:
    order = [int(place) for place in np.argsort(-probabilities, kind="stable")]
    chosen = order[:TOP] + [place for place in order[TOP:] if place == label]
    rows = [(names[place], rounded(probabilities[place]), "label" if place == label else "") for place in chosen]
    others = len(order) - len(chosen)
    if others:
        rest = max(0.0, 1 - probabilities[chosen].sum())
        rows.append((f"{others} other{'s' if others > 1 else ''}", rounded(rest), ""))
    return table([("class", "probability", ""), *rows], right={1})


def _noise(edit: Edited, before: int, label: int | None) -> str:
    """How many draws of noise change the answer, and how many of them make a wrong one right."""
    changed = int(np.sum(edit.noise_answers != before))
    words = f"{changed} of {len(edit.noise_answers)}"
    if label in (None, before) or not changed:
        return words
    return f"{words}, right: {int(np.sum(edit.noise_answers == label))}"


def _occlusion(said: Explanation, names: Sequence[str]) -> str:
    occlusion = said.occlusion
    against = f"{names[said.predicted]} against {names[occlusion.rival]}"
    turned = (
        f"A square of {occlusion.side}x{occlusion.side} pixels filled with the mean colour changes the answer at "
        f"{occlusion.turned} of {occlusion.places} places.\n"
    )
    strongest = occlusion.map.max()
    if strongest <= 0:
        return f"{turned}No part speaks for {against}.\n"
    row, column = np.unravel_index(occlusion.map.argmax(), occlusion.map.shape)
    return (
        f"{turned}The pixel in row {row}, column {column} (from 0) speaks most for {against}: squares over it cost "
        f"{strongest:.2f} logits of the lead on average.\n"
    )
