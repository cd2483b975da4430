"""A claim of the student report as data: its words, its rule and its evidence (docs/analysis.md, section 6).

Verdicts are those of a three-valued logic: a number may meet a rule, contradict it, or leave it open.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from stages.findings.registry import Analysis
from stages.statistics.sample import Sample
from stages.statistics.table import Kind, Row

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "cannot be decided"
DEPENDS = "depends on the reading"

SURE = 0.95
"""Bootstrap probability that counts as sure."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One number that a verdict rests on.

    quantity: what it is. part: of which images. value: None where only the verdict is known. low, high: its interval,
    or None. n: how many images, errors, seeds or runs it is computed on. network, seed: '' and None for all of them.
    verdict: what this number alone says; '' where it decides nothing. shown: whether it stands beside the verdict.
    """

    quantity: str
    part: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    network: str = ""
    seed: int | None = None
    verdict: str = ""
    shown: bool = True

    @classmethod
    def of(cls, row: Row, **others: Any) -> "Evidence":
        """From the columns of a table's row that have the names of fields, and others."""
        names = [field.name for field in fields(cls) if field.name in row]
        return cls(**{name: row[name] for name in names} | others)


@dataclass(frozen=True)
class Judgement:
    """A verdict, why, and the numbers it rests on."""

    verdict: str
    reason: str
    evidence: Sequence[Evidence] = ()


@dataclass(frozen=True)
class Claim:
    """A claim of the report, and how it is judged.

    source: its anchor in docs/report.md. kind: see table.Kind. rule: in words, as `decide` follows it. decide: on the
    images of a part, where the sample has what is needed. needs: why it cannot be decided; '' where it can. part: of
    the images that it is judged on; that of the sample where ''.
    """

    name: str
    text: str
    source: str
    kind: Kind
    rule: str
    decide: Callable[[Analysis, str], Judgement]
    needs: Callable[[Sample], str] = lambda sample: ""
    part: str = ""

    def judge(self, analysis: Analysis) -> Judgement:
        sample = analysis.sample
        if problem := self.needs(sample):
            judgement = Judgement(UNDECIDED, f"{problem}.")
        else:
            judgement = self.decide(analysis, self.part or sample.part)
        if not sample.left_out:
            return judgement
        return replace(
            judgement, reason=f"{judgement.reason} Left out, for collapsed runs: {', '.join(sample.left_out)}."
        )


def within(low: float, high: float, bottom: float, top: float) -> str:
    """Whether an interval says that the number is from bottom to top.

    >>> within(0.86, 0.94, 0.85, 0.95), within(0.84, 0.94, 0.85, 0.95), within(0.7, 0.8, 0.85, 0.95)
    ('holds', 'cannot be decided', 'does not hold')
    """
    if bottom <= low and high <= top:
        return HOLDS
    return FAILS if high < bottom or low > top else UNDECIDED


def above(low: float, high: float, threshold: float) -> str:
    """Whether an interval says that the number is above the threshold.

    >>> above(0.1, 0.2, 0), above(-0.1, 0.2, 0), above(-0.2, -0.1, 0)
    ('holds', 'cannot be decided', 'does not hold')
    """
    return HOLDS if low > threshold else FAILS if high < threshold else UNDECIDED


def higher(interval: tuple[float, float], other: tuple[float, float]) -> str:
    """Whether two intervals say that the first number is above the second: where they meet, they do not say it.

    >>> higher((0.5, 0.6), (0.1, 0.2)), higher((0.5, 0.6), (0.1, 0.5)), higher((0.1, 0.2), (0.5, 0.6))
    ('holds', 'cannot be decided', 'does not hold')
    """
    return HOLDS if interval[0] > other[1] else FAILS if interval[1] < other[0] else UNDECIDED


def sure(probability: float, refuted: bool) -> str:
    """Whether a bootstrap probability is high enough to be sure; refuted: whether a test has contradicted it.

    A low probability contradicts nothing: where several are equal, each is the first only now and then.

    >>> sure(0.95, refuted=False), sure(0.02, refuted=False), sure(0.02, refuted=True)
    ('holds', 'cannot be decided', 'does not hold')
    """
    return HOLDS if probability >= SURE else FAILS if refuted else UNDECIDED


def all_hold(verdicts: Iterable[str]) -> str:
    """Holds if every one does, fails if one contradicts, else cannot be decided; those that are '' do not count.

    >>> all_hold([HOLDS, "", HOLDS]), all_hold([HOLDS, UNDECIDED, FAILS]), all_hold([HOLDS, UNDECIDED]), all_hold([])
    ('holds', 'does not hold', 'cannot be decided', 'cannot be decided')
    """
    distinct = set(verdicts) - {""}
    if FAILS in distinct:
        return FAILS
    return HOLDS if distinct == {HOLDS} else UNDECIDED


def judged(evidence: Sequence[Evidence]) -> Judgement:
    """What the evidence says together."""
    verdict = all_hold(number.verdict for number in evidence)
    return Judgement(verdict, reason(verdict, evidence), evidence)


def agreed(numbers: Sequence[Evidence]) -> list[Evidence]:
    """One number over new images and over new seeds: it contradicts only where both do, and decides not alone."""
    verdicts = [number.verdict for number in numbers]
    if len(numbers) == 1 or (FAILS in verdicts and verdicts != [FAILS, FAILS]):
        return [replace(number, verdict=UNDECIDED) for number in numbers]
    return list(numbers)


def of_readings(readings: Mapping[str, Judgement]) -> Judgement:
    """What the readings of a claim say together: where one holds and another does not, it depends on the reading.

    >>> verdicts = {"of networks": Judgement(HOLDS, "All."), "of means": Judgement(FAILS, "None.")}
    >>> judgement = of_readings(verdicts)
    >>> judgement.verdict, judgement.reason
    ('depends on the reading', 'Of networks: holds. All. Of means: does not hold. None.')
    """
    if len(readings) == 1:
        return next(iter(readings.values()))
    verdicts = {judgement.verdict for judgement in readings.values()}
    verdict = verdicts.pop() if len(verdicts) == 1 else DEPENDS if verdicts == {HOLDS, FAILS} else UNDECIDED
    reasons = [f"{name[0].upper()}{name[1:]}: {each.verdict}. {each.reason}" for name, each in readings.items()]
    return Judgement(verdict, " ".join(reasons), [number for each in readings.values() for number in each.evidence])


def reason(verdict: str, evidence: Sequence[Evidence]) -> str:
    """Which numbers decide, at most four of them by name."""
    if verdict == HOLDS:
        return "Every number meets the rule."
    seeds = len({number.seed for number in evidence} - {None}) > 1
    names = [_name(number, seeds) for number in evidence if number.verdict == verdict]
    listed = "; ".join(names[:4]) + (f"; and {len(names) - 4} more" if len(names) > 4 else "")
    return f"{'Contradicted' if verdict == FAILS else 'Left open'} by {listed}."


def _name(number: Evidence, seeds: bool) -> str:
    """The quantity and whose it is; seeds: whether runs differ in the seed."""
    seed = f" seed {number.seed}" if seeds and number.seed is not None else ""
    return f"{number.quantity}, {number.network}{seed}" if number.network else number.quantity
