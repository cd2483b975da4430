"""Which classes are taken for one another? (docs/analysis.md, section 1)"""

from itertools import combinations

import numpy as np

from stages.findings.finding import RUN, associated, measured, named
from stages.statistics.confusions import LEFT_OUT, MOST_PAIRED, REST, confusions, largest
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row


def rows(sample: Sample) -> list[Row]:
    return [
        {**named(run), **row}
        for run, matrix in zip(sample.runs, confusions(sample), strict=True)
        for row in _pairs(matrix, sample)
    ]


def _pairs(matrix: np.ndarray, sample: Sample) -> list[Row]:
    """Of one run, the most confused first; equals in the order of the classes."""
    both: np.ndarray = np.triu(matrix + matrix.T, 1)
    n = int(both.sum())
    many = len(matrix) > MOST_PAIRED
    pairs = largest(both) if many else sorted(combinations(range(len(matrix)), 2), key=lambda pair: -both[pair])
    rows: list[Row] = [
        {
            "class_a": sample.class_names[a],
            "class_b": sample.class_names[b],
            "a_as_b": int(matrix[a, b]),
            "b_as_a": int(matrix[b, a]),
            "errors": int(both[a, b]),
            **wilson(both[a, b], n, sample.confidence, "share"),
        }
        for a, b in pairs
    ]
    if many:
        left = n - sum(row["errors"] for row in rows)
        rest: Row = {"class_a": REST, "class_b": REST, "a_as_b": None, "b_as_a": None, "errors": left}
        rows.append(rest | wilson(left, n, sample.confidence, "share"))
    return rows


FINDING = associated(
    globals(),
    caption="Pairs of classes that are taken for one another, both directions, each run's most errors first; with "
    f"Wilson intervals. {LEFT_OUT}",
    columns={
        **RUN,
        "class_a": Column(str, "name of one class"),
        "class_b": Column(str, "name of the other"),
        "a_as_b": Column(int, "images of class_a that are taken for class_b"),
        "b_as_a": Column(int, "images of class_b that are taken for class_a"),
        "errors": Column(int, "both together"),
        **measured("share", "of all errors of the run, 0..1; none where it makes none"),
    },
)
