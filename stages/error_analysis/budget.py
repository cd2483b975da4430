"""What the errors are due to, one by one (section 4): a budget in which every error has one cause.

An error gets the first cause that fits, so a budget depends on the order; both orders are shown. Sensitive to a factor
means: over the runs that were made, the error rates of its two levels differ by at least a half on this image. With few
runs that happens by luck, so it is shown beside what luck gives: the cell labels of the image's runs permuted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

import numpy as np
from scipy import stats

from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.grid import Grid
from stages.error_analysis.intervals import percentile
from stages.error_analysis.table import Refusal, Table

CAUSES = (
    "label suspect",
    "ambiguous",
    "universally hard",
    "optimizer-sensitive",
    "kernel-sensitive",
    "seed-unstable",
    "unexplained",
)
"""In the order in which they are tried; a cause's code is its place, from 1."""

ORDERS = {"first to last": (1, 2, 3, 4, 5, 6), "last to first": (6, 5, 4, 3, 2, 1)}
"""The codes tried, in order; 7, unexplained, is what is left."""

UNIVERSAL = 0.9
"""Share of all runs that get a universally hard image wrong, at least."""
SENSITIVE = 0.5
"""Difference of the error rates of a factor's levels, at least."""
MOST_CONFIGURATIONS = 100_000


@dataclass(frozen=True)
class Rules:
    """Which causes can be told, and from what.

    seeds: runs of each cell. optimizer, kernel: weights of the cells' error rates, float (cells,), or None.
    """

    seeds: int
    optimizer: np.ndarray | None
    kernel: np.ndarray | None
    problem: str = ""
    """Why no factor can be told, where another reason than the grid forbids it."""

    @classmethod
    def of(cls, grid: Grid, problem: str = "") -> "Rules":
        if problem:
            return cls(len(grid.seeds), None, None, problem)
        optimizer, kernel = grid.optimizer_effect(), grid.kernel_effect()
        return cls(len(grid.seeds), optimizer and optimizer.weights, kernel and kernel.weights)


def assign(
    wrong: np.ndarray, suspect: np.ndarray, ambiguous: np.ndarray, rules: Rules, order: tuple[int, ...]
) -> np.ndarray:
    """The cause of each cell's errors on each image: int8 (n, cells), codes into CAUSES from 1; 0 where none is wrong.

    wrong: int (n, cells), how many of the cell's runs are wrong. suspect, ambiguous: bool (n,).
    """
    rates = wrong / rules.seeds
    runs = rules.seeds * wrong.shape[1]
    never = np.zeros(len(wrong), dtype=bool)
    fits = {
        1: suspect[:, None],
        2: ambiguous[:, None],
        3: (wrong.sum(axis=1) >= UNIVERSAL * runs - 1e-9)[:, None] if runs > 1 else never[:, None],
        4: _sensitive(rates, rules.optimizer)[:, None],
        5: _sensitive(rates, rules.kernel)[:, None],
        6: (wrong > 0) & (wrong < rules.seeds),
    }
    codes = np.full(wrong.shape, 7, dtype=np.int8)
    for code in reversed(order):
        codes[np.broadcast_to(fits[code], wrong.shape)] = code
    codes[wrong == 0] = 0
    return codes


def _sensitive(rates: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    if weights is None:
        return np.zeros(len(rates), dtype=bool)
    return np.abs(rates @ weights) >= SENSITIVE - 1e-9


def available(rules: Rules, cells: int, votes: bool) -> tuple[list[int], list[Refusal]]:
    """Codes of the causes that can be told, and why the others cannot."""
    no_votes = None if votes else "human votes are not available (params data.human_votes)"
    alone = "the grid has no two networks that differ in the {} alone"
    reasons = {
        1: no_votes,
        2: no_votes,
        3: None if cells * rules.seeds > 1 else "needs 2 or more runs",
        4: None if rules.optimizer is not None else rules.problem or alone.format("optimizer"),
        5: None if rules.kernel is not None else rules.problem or alone.format("kernel size"),
        6: None if rules.seeds > 1 else "needs 2 or more seeds",
        7: None,
    }
    codes = [code for code, reason in reasons.items() if reason is None]
    return codes, [Refusal(f"cause '{CAUSES[code - 1]}'", reason) for code, reason in reasons.items() if reason]


def budget(
    right: np.ndarray,
    grid: Grid,
    suspect: np.ndarray | None,
    ambiguous: np.ndarray | None,
    rules: Rules,
    resamples: Resamples,
    confidence: float,
) -> tuple[Table, np.ndarray, list[Refusal]]:
    """The budget of every network and of all together, in both orders; its shares sum to 1.

    right: bool (networks, seeds, N). suspect, ambiguous: bool (N,), None without human votes. The second value holds
    the causes in the first order, int8 (networks, seeds, N), 0 where right.
    """
    wrong = (~right).sum(axis=1).T
    none = np.zeros(len(wrong), dtype=bool)
    votes = suspect is not None
    suspect, ambiguous = (suspect, ambiguous) if votes else (none, none)
    codes_told, refusals = available(rules, len(right), votes)
    groups = {network: slice(place, place + 1) for place, network in enumerate(grid.networks)}
    groups["all networks"] = slice(None)
    codes = {name: assign(wrong, suspect, ambiguous, rules, order) for name, order in ORDERS.items()}
    by_cause = np.stack(
        [
            np.stack([(wrong * (found == code))[:, cells].sum(axis=1) for code in codes_told], axis=1)
            for found in codes.values()
            for cells in groups.values()
        ],
        axis=1,
    )  # (N, orders x groups, causes)
    sampled = resamples.means(by_cause.reshape(len(wrong), -1)).reshape(-1, *by_cause.shape[1:])
    rows = []
    for name, order in ORDERS.items():
        chance, problem = expected_errors(wrong, suspect, ambiguous, rules, order)
        for network in groups:
            place = len(rows) // len(codes_told)
            counts, samples = by_cause[:, place].sum(axis=0), sampled[:, place]
            expected = chance if network == "all networks" else {}
            found = _shares(counts, samples, codes_told, expected, confidence)
            rows += [{"network": network, "order": name, **row} for row in found]
    table = Table(
        "budget",
        "Every error of a network, all its seeds, by its first cause in the order given. Expected: the share that "
        "permuting the cell labels within each image gives, by chance alone.",
        "associated",
        (
            "network",
            "order",
            "cause",
            "errors",
            "share",
            "low",
            "high",
            "expected_share",
            "expected_low",
            "expected_high",
            "n",
        ),
        rows,
    )
    causes = np.where(right, 0, codes["first to last"].T[:, None, :]).astype(np.int8)
    return table, causes, [*refusals, *problem]


def _shares(
    counts: np.ndarray, samples: np.ndarray, codes_told: list[int], expected: dict, confidence: float
) -> Iterator[dict]:
    """One row a cause: errors int (causes,), their bootstrap samples (resamples, causes)."""
    errors = int(counts.sum())
    totals = samples.sum(axis=1, keepdims=True)
    shares = np.divide(samples, totals, out=np.full(samples.shape, np.nan), where=totals > 0)
    low, high = percentile(shares, confidence) if errors else (None, None)
    for index, code in enumerate(codes_told):
        count = int(counts[index])
        row = {"cause": CAUSES[code - 1], "errors": count, "share": None, "low": None, "high": None}
        row |= {"expected_share": None, "expected_low": None, "expected_high": None, "n": errors}
        if errors:
            row |= {"share": count / errors, "low": float(low[index]), "high": float(high[index])}
        if errors and code in expected:
            mean, deviation = expected[code]
            reach = float(stats.norm.ppf((1 + confidence) / 2)) * deviation
            low_end, high_end = max(mean - reach, 0) / errors, min(mean + reach, errors) / errors
            row |= {"expected_share": mean / errors, "expected_low": low_end, "expected_high": high_end}
        yield row


def expected_errors(
    wrong: np.ndarray, suspect: np.ndarray, ambiguous: np.ndarray, rules: Rules, order: tuple[int, ...]
) -> tuple[dict[int, tuple[float, float]], list[Refusal]]:
    """Errors with each sensitive cause when cell labels are permuted within images: mean and standard deviation.

    Exact, not sampled: an image's runs keep how many of them are wrong, and every way to deal these to the cells that
    are compared is weighted by its probability (multivariate hypergeometric). Keys are codes, 4 and 5.
    """
    told = {4: rules.optimizer, 5: rules.kernel}
    weights = [weight for weight in told.values() if weight is not None]
    if not weights:
        return {}, []
    compared = np.flatnonzero(np.any(weights, axis=0))
    if (rules.seeds + 1) ** len(compared) > MOST_CONFIGURATIONS:
        reason = f"{len(compared)} networks with {rules.seeds} seeds have too many arrangements to count"
        return {}, [Refusal("causes expected by chance", reason)]
    keys = np.column_stack([wrong, suspect, ambiguous])
    keys[:, compared[0]] = wrong[:, compared].sum(axis=1)
    keys[:, compared[1:]] = 0
    kinds, images = np.unique(keys, axis=0, return_counts=True)
    totals = {code: [0.0, 0.0] for code, weight in told.items() if weight is not None}
    for kind, count in zip(kinds, images, strict=True):
        dealt, chances = _deals(int(kind[compared[0]]), len(compared), rules.seeds)
        arranged = np.repeat(kind[None, : wrong.shape[1]], len(dealt), axis=0)
        arranged[:, compared] = dealt
        flags = np.repeat(kind[None, -2:].astype(bool), len(dealt), axis=0)
        codes = assign(arranged, flags[:, 0], flags[:, 1], rules, order)
        for code, total in totals.items():
            errors = (arranged * (codes == code)).sum(axis=1)
            mean = chances @ errors
            total[0] += count * mean
            total[1] += count * (chances @ errors**2 - mean**2)
    return {code: (float(mean), float(np.sqrt(max(variance, 0)))) for code, (mean, variance) in totals.items()}, []


def _deals(wrong: int, cells: int, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Every way to deal so many wrong runs to cells of so many runs, int (ways, cells), and its probability (ways,)."""
    dealt = np.indices((seeds + 1,) * cells).reshape(cells, -1).T
    dealt = dealt[dealt.sum(axis=1) == wrong]
    ways = np.array([comb(seeds, part) for part in range(seeds + 1)], dtype=float)[dealt].prod(axis=1)
    return dealt, ways / ways.sum()
