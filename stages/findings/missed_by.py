"""How many images are missed by none, one, ... all of the runs?"""

import numpy as np

from stages.findings.finding import HIGH, LOW, N, Figure, Finding, Picture, Style
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table


def rows(sample: Sample) -> list[Row]:
    right = sample.by_run(sample.right)
    wrong_runs = (~right).sum(axis=0)
    counts = np.bincount(wrong_runs, minlength=len(right) + 1)
    expected = independent(1 - right.mean(axis=1))
    return [
        {"wrong_runs": k, "count": int(count), **wilson(count, len(wrong_runs), sample.confidence, "share")}
        | {"expected_share": float(chance), "n": len(wrong_runs)}
        for k, (count, chance) in enumerate(zip(counts, expected, strict=True))
    ]


def independent(error_rates: np.ndarray) -> np.ndarray:
    """Chance that 0, 1, ... R of R runs miss an image if they erred independently, float (R + 1,).

    error_rates: float (R,). The distribution is the Poisson binomial one.

    >>> independent(np.array([0.5, 0.5])).tolist()
    [0.25, 0.5, 0.25]
    """
    chances = np.ones(1)
    for rate in error_rates:
        chances = np.convolve(chances, [1 - rate, rate])
    return chances


def draw(table: Table, style: Style) -> Figure:
    raise NotImplementedError  # ported by the owner of this file


FINDING = Finding(
    name="missed_by",
    section="The networks",
    question="How many runs miss an image?",
    kind="associated",
    caption="Images that so many of the runs get wrong, beside what independent errors would give.",
    columns={
        "wrong_runs": Column(int, "number of runs that get the image wrong"),
        "count": Column(int, "images that exactly so many runs get wrong"),
        "share": Column(float, "of all images, 0..1"),
        "low": LOW,
        "high": HIGH,
        "expected_share": Column(float, "share if the runs erred independently"),
        "n": N,
    },
    rows=rows,
    pictures=(
        Picture(
            "How many runs miss an image",
            "Bars above the marks at both ends say that the same images are easy, or hard, for all runs.",
            draw,
        ),
    ),
)
