"""Does a class repair the errors that name it, when it is not there in training? (docs/analysis.md, section 5)"""

from typing import NamedTuple

import numpy as np

from stages.findings.finding import causal, no_collapse, refusals, seeds
from stages.statistics.knockout import repairing_classes, without
from stages.statistics.remedies import Case, turned
from stages.statistics.remedies import remedies as changes
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row, both_ends

ABSENT, BARRED = "left out in training", "may not be chosen"
ALL = "all other classes"


class Absence(NamedTuple):
    """base, network: trained with and without the images of the class, all else equal. left_out: its index."""

    base: str
    network: str
    left_out: int


def rows(sample: Sample) -> list[Row]:
    return [row for absence in absences(sample) for row in _rows(sample, absence)]


def absences(sample: Sample) -> list[Absence]:
    """Of every class that a network did not learn and another, which differs in nothing else, did."""
    found = []
    for one in changes(sample.grid):
        pair = {one.before: one.base, one.after: one.network}
        if one.setting == "without" and None in pair:
            name = one.after or one.before
            found.append(Absence(pair[None], pair[name], sample.class_names.index(name)))
    return found


def _rows(sample: Sample, absence: Absence) -> list[Row]:
    """The base's errors that name the class, in all and by true class, and what becomes of them either way."""
    base, network = (sample.networks.index(name) for name in absence[:2])
    wrong, named = ~sample.right[base], sample.predicted[base] == absence.left_out
    groups = np.arange(len(sample.class_names))[:, None] == sample.labels
    groups = np.concatenate([[sample.labels != absence.left_out], np.delete(groups, absence.left_out, 0)])
    after = {
        ABSENT: ~sample.right[network],
        BARRED: without(sample.probabilities[base], absence.left_out) != sample.labels,
    }
    cases = [Case(wrong, each, groups, counted=wrong & named) for each in after.values()]
    repaired = (repairing_classes(sample)[base] == absence.left_out).sum(axis=0) @ groups.T
    errors = (wrong & named).sum(axis=0) @ groups.T
    names = (ALL, *np.delete(sample.class_names, absence.left_out).tolist())
    change = {"network": absence.network, "base": absence.base, "class": sample.class_names[absence.left_out]}
    return [
        {**change, "true": name, "how": how, **row, "same_run": float(same / n) if n and how == BARRED else None}
        | {"n": int(n), "seeds": len(sample.seeds)}
        for how, by_group in zip(after, turned(sample, cases), strict=True)
        for name, row, same, n in zip(names, by_group, repaired, errors, strict=True)
    ]


def needs(sample: Sample) -> str:
    if not absences(sample):
        return "no two networks differ in a class left out in training (`without`) alone"
    return no_collapse(sample)


def limits(sample: Sample) -> list[Refusal]:
    few = {"placebo": 2, "intervals over new seeds": 3}
    return refusals({f"{what} of a class left out in training": seeds(sample, fewest) for what, fewest in few.items()})


FINDING = causal(
    globals(),
    caption="The base's errors that name a class: the share that is right in a network that never saw this class, and "
    "in the base when this class may not be chosen; both in runs with other seeds. The placebo is the base as it is "
    "with those seeds. 'same_run' is the class knockout of the very run that errs. Intervals of the excess.",
    columns={
        "network": Column(str, "the network that was trained without the class"),
        "base": Column(str, "the network that it is compared with, which differs in this alone"),
        "class": Column(str, "the class that was left out"),
        "true": Column(str, f"class of the label, or '{ALL}'"),
        "how": Column(str, f"'{ABSENT}', or '{BARRED}': of the base's answers, the best of the other classes"),
        "share": Column(float, "of the base's errors that name the class, what runs with other seeds get right, 0..1"),
        "placebo": Column(float, "the share that the base's runs with other seeds get right; empty with one seed"),
        "excess": Column(float, "share - placebo, -1..1"),
        **both_ends("its interval"),
        "same_run": Column(float, "share that is right in the same run when the class may not be chosen, 0..1"),
        "n": Column(int, "errors of the base that name the class, all seeds together"),
        "seeds": Column(int, "how many seeds it is computed on"),
    },
)
