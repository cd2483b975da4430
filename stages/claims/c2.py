"""C2: the optimizer matters more than the kernel size."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stages.claims.c1 import STATED
from stages.claims.claim import HOLDS, UNDECIDED, Claim, Evidence, Judgement, above, agreed, judged, of_readings
from stages.findings.finding import no_collapse
from stages.findings.registry import Analysis
from stages.findings.settings import best_rates
from stages.statistics.effects import accuracies, estimate
from stages.statistics.grid import Contrast, Grid
from stages.statistics.intervals import excludes_zero
from stages.statistics.sample import Sample
from stages.statistics.table import Row
from stages.statistics.variance import run_over_seeds

LOOKED = " How many seeds there are was decided at up to {} counts by an interval: all of this claim are of {:.1%}."
PAIRS = "The grid needs two networks that differ in the optimizer alone, and two in the kernel size alone"


def needs(sample: Sample) -> str:
    return no_collapse(sample) or ("" if _readings(sample.grid) or not best_rates.needs(sample) else PAIRS)


def decide(analysis: Analysis, part: str) -> Judgement:
    sample = analysis.sample.looked_at
    readings = {name: _evidence(sample, part, *effects) for name, effects in _readings(sample.grid).items()}
    best, without = _best_rates(analysis, part)
    if not readings:
        return Judgement(UNDECIDED, f"{PAIRS}.", best)
    interaction, remark = _interaction(sample, part)
    remark += LOOKED.format(sample.looks, sample.confidence) if sample.looks > 1 else ""
    if len(sample.seeds) < 2:
        evidence = [replace(number, verdict="") for numbers in readings.values() for number in numbers]
        reason = "One seed: how far accuracy varies from seed to seed is not known."
        return Judgement(UNDECIDED, reason + without, [*evidence, *interaction, *best])
    judgement = of_readings({name: judged(numbers) for name, numbers in readings.items()})
    evidence = [*judgement.evidence, *interaction, _spread(sample, part), *best]
    return replace(judgement, reason=judgement.reason + without + remark, evidence=evidence)


def _readings(grid: Grid) -> dict[str, tuple[Contrast, Contrast]]:
    """Effects of optimizer and kernel size: between the report's networks, and of the means; else what the grid has."""
    readings = {}
    first, second, third = (setting[:2] for setting in STATED.values())
    if {first, second, third} <= set(grid.cells):
        readings["effects between the report's networks"] = (
            Contrast(f"optimizer at kernel size {first[1]}", "", grid.unit(first) - grid.unit(second)),
            Contrast(f"kernel size with {third[0]}", "", grid.unit(second) - grid.unit(third)),
        )
    optimizer, kernel_size = grid.optimizer_effect(), grid.kernel_effect()
    if optimizer and kernel_size and (grid.crossed or not readings):
        readings["main effects"] = (optimizer, kernel_size)
    return readings


def _evidence(sample: Sample, part: str, optimizer: Contrast, kernel_size: Contrast) -> list[Evidence]:
    first, second = estimate(sample, optimizer.weights), estimate(sample, kernel_size.weights)
    weights = _sign(first) * optimizer.weights - _sign(second) * kernel_size.weights
    name = f"size of effect of {optimizer.effect} - that of {kernel_size.effect}"
    return [
        *_numbers(f"effect of {optimizer.effect}", first, part, seeds=_nonzero),
        *_numbers(f"effect of {kernel_size.effect}", second, part),
        *agreed(_numbers(name, estimate(sample, weights), part, images=_positive, seeds=_positive)),
    ]


def _interaction(sample: Sample, part: str) -> tuple[list[Evidence], str]:
    """Its numbers, where the grid has all four cells, and what they say of the optimizer's effect."""
    interaction = sample.grid.interaction()
    if interaction is None:
        return [], ""
    numbers = _numbers(f"interaction, {interaction.levels}", estimate(sample, interaction.weights), part)
    if len(numbers) < 2 or not all(excludes_zero(number.low, number.high) for number in numbers):
        return numbers, ""
    return numbers, " The interaction is not 0: 'the' effect of the optimizer has no single answer."


def _best_rates(analysis: Analysis, part: str) -> tuple[list[Evidence], str]:
    """Each optimizer at its best learning rate, and why they are not compared; '' where they are."""
    if reason := best_rates.needs(analysis.sample):
        return [], f" At their best learning rates the optimizers are not compared: {reason}."
    numbers = []
    for row in analysis.where("best_rates"):
        a, b = (f"{row[f'optimizer_{side}']} at {row[f'rate_{side}']:g}" for side in "ab")
        numbers += _numbers(f"each optimizer at its best learning rate, {a} - {b}", row, part)
    return numbers, ""


def _sign(effect: Row) -> float:
    return -1.0 if effect["value"] < 0 else 1.0


def _numbers(name: str, effect: Row, part: str, **tests: Callable[[float, float], str]) -> list[Evidence]:
    """An effect with its interval over new images, and with that over new seeds; tests: what an interval says."""
    return [
        Evidence(
            quantity=f"{name}, over new {over}",
            part=part,
            value=effect["value"],
            low=low,
            high=high,
            n=n,
            verdict=tests[over](low, high) if over in tests else "",
        )
        for over, n in (("images", effect["n"]), ("seeds", effect["seeds"]))
        for low, high in [(effect[f"low_{over}"], effect[f"high_{over}"])]
        if low is not None
    ]


def _positive(low: float, high: float) -> str:
    return above(low, high, 0)


def _nonzero(low: float, high: float) -> str:
    return HOLDS if excludes_zero(low, high) else UNDECIDED


def _spread(sample: Sample, part: str) -> Evidence:
    """Standard deviation of accuracy over seeds within the networks of the cells, pooled, with its interval."""
    by_run = accuracies(sample.of_cells, last_epoch=False)
    value = float(np.sqrt(by_run.var(axis=1, ddof=1).mean()))
    ends = dict(zip(("low", "high"), np.sqrt(run_over_seeds(by_run, sample.confidence) or ()).tolist(), strict=False))
    quantity = "standard deviation of accuracy over seeds"
    return Evidence(quantity=quantity, part=part, value=value, n=by_run.size, **ends)


CLAIM = Claim(
    name="C2",
    text="The main difference is the optimizer (Adam against SGD).",
    source="docs/report.md#c2",
    kind="causal",
    rule="Holds if the size of the optimizer's effect exceeds that of the kernel size, in the intervals over new "
    "images and over new seeds, and the optimizer's effect differs from 0 over new seeds; does not hold if the "
    "kernel size's exceeds it in both. Judged between the report's networks and on the main effects; depends on the "
    "reading where one holds and the other does not. Each optimizer at its best learning rate stands beside it, where "
    "several were tried, and decides nothing.",
    decide=decide,
    needs=needs,
)
