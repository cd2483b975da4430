"""C1: the accuracies of the report's networks. The report does not say of which images, so of training images too."""

from dataclasses import replace

import numpy as np

from stages.claims.claim import Claim, Evidence, Judgement, all_hold, higher, judged, within
from stages.findings.registry import Analysis
from stages.statistics.intervals import simultaneous
from stages.statistics.sample import Sample

STATED = {"nicknet1": ("adam", 15, 0.9), "nicknet2": ("sgd", 15, 0.6), "nicknet3": ("sgd", 10, 0.6)}
"""Optimizer, kernel size and accuracy of the report's networks, to one decimal: x stands for x - 0.05 to x + 0.05."""


def needs(sample: Sample) -> str:
    missing = [
        f"{network} ({optimizer}, {size})"
        for network, (optimizer, size, _) in STATED.items()
        if sample.grid.cell(network) != (optimizer, size)
    ]
    return f"Not in the grid: {', '.join(missing)}" if missing else ""


def decide(analysis: Analysis, part: str) -> Judgement:
    rows = [row for name in STATED for row in analysis.where("scores", part=part, score="accuracy", network=name)]
    low = high = np.array([row["value"] for row in rows])
    if part != "training":
        hits = [round(row["value"] * row["n"]) for row in rows]
        low, high = simultaneous(hits, [row["n"] for row in rows], analysis.sample.confidence)
    accuracies, spans = [], dict[str, tuple[float, float]]()
    for row, *ends in zip(rows, map(float, low), map(float, high), strict=True):
        network, (bottom, top) = row["network"], ends
        _, _, stated = STATED[network]
        verdict = within(bottom, top, stated - 0.05, stated + 0.05)
        interval = {} if part == "training" else {"low": bottom, "high": top}
        accuracies.append(Evidence.of(row, quantity="accuracy", verdict=verdict, **interval))
        lowest, highest = spans.get(network, (bottom, top))
        spans[network] = min(lowest, bottom), max(highest, top)
    first = spans.pop("nicknet1")
    verdict = all_hold(higher(first, other) for other in spans.values())
    return judged([*accuracies, Evidence(quantity="nicknet1 has the highest accuracy", part=part, verdict=verdict)])


HELD_OUT = Claim(
    name="C1 held-out",
    text="Nicknet1 has the highest accuracy, 0.9; Nicknet2 and Nicknet3 have 0.6.",
    source="docs/report.md#c1",
    kind="associated",
    rule="Holds if every run's interval, simultaneous over all runs, lies within 0.05 of the stated number and those "
    "of nicknet1 lie above all others; does not hold if one lies wholly outside, or another network's lie above those "
    "of nicknet1. Of training images, the accuracies themselves count.",
    decide=decide,
    needs=needs,
)
TRAINING = replace(HELD_OUT, name="C1 training", part="training")
