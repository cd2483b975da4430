"""C1: the accuracies of the report's networks. The report does not say of which images, so of training images too."""

from dataclasses import replace

from stages.claims.claim import Claim, Evidence, Judgement, all_hold, higher, judged, on_cifar10, within
from stages.findings.registry import Analysis
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
    accuracies, spans = [], {}
    for network, (_, _, stated) in STATED.items():
        rows = analysis.where("scores", part=part, score="accuracy", network=network)
        spans[network] = min(row["low"] for row in rows), max(row["high"] for row in rows)
        for row in rows:
            verdict = within(row["low"], row["high"], stated - 0.05, stated + 0.05)
            accuracies.append(Evidence.of(row, quantity="accuracy", verdict=verdict))
    first = spans.pop("nicknet1")
    verdict = all_hold(higher(first, other) for other in spans.values())
    return judged([*accuracies, Evidence(quantity="nicknet1 has the highest accuracy", part=part, verdict=verdict)])


HELD_OUT = Claim(
    name="C1 held-out",
    text="Nicknet1 has the highest accuracy, 0.9; Nicknet2 and Nicknet3 have 0.6.",
    source="docs/report.md#c1",
    kind="associated",
    rule="Holds if every run's Wilson interval lies within 0.05 of the stated number and those of nicknet1 lie above "
    "all others; does not hold if one lies wholly outside, or another network's lie above those of nicknet1.",
    decide=decide,
    applies=on_cifar10,
    needs=needs,
)
TRAINING = replace(HELD_OUT, name="C1 training", part="training")
