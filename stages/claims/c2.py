"""C2: the optimizer matters more than the kernel size."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import stats

from stages.claims.claim import HOLDS, UNDECIDED, Claim, Evidence, Judgement, above, judged
from stages.findings.finding import no_collapse
from stages.findings.registry import Analysis
from stages.statistics.effects import estimate
from stages.statistics.grid import Contrast
from stages.statistics.sample import Sample
from stages.statistics.table import Row


def needs(sample: Sample) -> str:
    pairs = "The grid needs two networks that differ in the optimizer alone, and two in the kernel size alone"
    return no_collapse(sample) or ("" if len(_contrasts(sample)) == 2 else pairs)


def decide(analysis: Analysis, part: str) -> Judgement:
    sample = analysis.sample
    optimizer, kernel_size = _contrasts(sample)
    first, second = estimate(sample, optimizer.weights), estimate(sample, kernel_size.weights)
    weights = _sign(first) * optimizer.weights - _sign(second) * kernel_size.weights
    difference = _numbers(
        "size of the first - size of the second", estimate(sample, weights), part, images=_positive, seeds=_positive
    )
    evidence = [
        *_numbers(f"effect of {optimizer.effect}", first, part, seeds=_nonzero),
        *_numbers(f"effect of {kernel_size.effect}", second, part),
        *difference,
    ]
    if len(sample.seeds) < 2:
        undecided = [replace(number, verdict="") for number in evidence]
        return Judgement(UNDECIDED, "One seed: how far accuracy varies from seed to seed is not known.", undecided)
    evidence.append(_spread(sample, part))
    if len({number.verdict for number in difference}) > 1:
        return Judgement(UNDECIDED, "The two intervals of the difference do not say the same.", evidence)
    return judged(evidence)


def _contrasts(sample: Sample) -> list[Contrast]:
    """The effects of optimizer and kernel size, those that the grid has."""
    return [effect for effect in (sample.grid.optimizer_effect(), sample.grid.kernel_effect()) if effect]


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
    return UNDECIDED if low <= 0 <= high else HOLDS


def _spread(sample: Sample, part: str) -> Evidence:
    """Standard deviation of accuracy over seeds within networks, pooled, with its chi-squared interval."""
    networks, seeds, _ = sample.right_by_cell.shape
    freedom = networks * (seeds - 1)
    variance = sample.right_by_cell.mean(axis=2).var(axis=1, ddof=1).mean()
    tail = (1 - sample.confidence) / 2
    low, high = (float(np.sqrt(variance * freedom / stats.chi2.ppf(q, freedom))) for q in (1 - tail, tail))
    numbers = {"value": float(np.sqrt(variance)), "low": low, "high": high, "n": networks * seeds}
    return Evidence(quantity="standard deviation of accuracy over seeds", part=part, **numbers)


CLAIM = Claim(
    name="C2",
    text="The main difference is the optimizer (Adam against SGD).",
    source="docs/report.md#c2",
    kind="causal",
    rule="Holds if the size of the optimizer's effect exceeds that of the kernel size, in the intervals over new "
    "images and over new seeds, and the optimizer's effect differs from 0 over new seeds; does not hold if the "
    "kernel size's exceeds it in both.",
    decide=decide,
    needs=needs,
)
