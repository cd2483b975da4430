from itertools import permutations

import numpy as np
import pytest

from stages.error_analysis import budget, votes
from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.budget import CAUSES, ORDERS, Rules, assign
from tests.error_analysis import worlds

FIRST, LAST = ORDERS.values()
OPTIMIZER, KERNEL = np.array([1, 1, -1, -1]) / 2, np.array([1, -1, 1, -1]) / 2


def cause(wrong, order=FIRST, seeds=3, suspect=False, ambiguous=False, optimizer=OPTIMIZER, kernel=KERNEL):
    """Names of the causes in each cell of one image."""
    rules = Rules(seeds, optimizer, kernel)
    codes = assign(np.array([wrong]), np.array([suspect]), np.array([ambiguous]), rules, order)[0]
    return [CAUSES[code - 1] if code else "right" for code in codes]


def test_causes_by_hand():
    """Wrong runs of adam 15, adam 10, sgd 15, sgd 10, of three each."""
    assert cause([3, 3, 3, 3]) == ["universally hard"] * 4
    assert cause([3, 3, 3, 2]) == ["universally hard"] * 4
    assert cause([0, 0, 3, 3]) == ["right", "right", "optimizer-sensitive", "optimizer-sensitive"]
    assert cause([0, 3, 0, 3]) == ["right", "kernel-sensitive", "right", "kernel-sensitive"]
    assert cause([0, 0, 0, 3]) == ["right", "right", "right", "optimizer-sensitive"]
    assert cause([1, 0, 0, 0]) == ["seed-unstable", "right", "right", "right"]
    assert cause([3, 0, 0, 3]) == ["unexplained", "right", "right", "unexplained"]


def test_the_first_cause_in_the_order_wins():
    assert cause([3, 3, 3, 2], suspect=True, ambiguous=True) == ["label suspect"] * 4
    assert cause([3, 3, 3, 2], ambiguous=True) == ["ambiguous"] * 4
    assert cause([3, 3, 3, 2], LAST, suspect=True) == ["universally hard"] * 3 + ["seed-unstable"]
    assert cause([0, 0, 0, 3], LAST) == ["right"] * 3 + ["kernel-sensitive"]


def test_a_single_run_is_never_universal():
    assert cause([1], seeds=1, optimizer=None, kernel=None) == ["unexplained"]


def budget_of(draw, human_votes=True, resamples=200):
    networks, seeds = len(draw.grid.networks), len(draw.grid.seeds)
    right = draw.runs.right.reshape(networks, seeds, -1)
    flags = [test(draw.votes, draw.runs.labels) for test in (votes.label_suspect, votes.ambiguous)]
    suspect, ambiguous = flags if human_votes else (None, None)
    drawn = Resamples(right.shape[2], resamples, np.random.default_rng(9))
    return budget.budget(right, draw.grid, suspect, ambiguous, Rules.of(draw.grid), drawn, 0.95)


def test_every_budget_sums_to_the_whole():
    world = worlds.World(label_noise=0.05, pair=0.05, optimizer=0.1, kernel=0.05, seed=0.3, unlucky=0.5)
    draw = worlds.draw(world, np.random.default_rng(0), images=500)
    table, causes, refusals = budget_of(draw)
    assert refusals == []
    budgets = {(row["network"], row["order"]) for row in table.rows}
    assert len(budgets) == 5 * 2
    for network, order in budgets:
        rows = [row for row in table.rows if (row["network"], row["order"]) == (network, order)]
        assert sum(row["share"] for row in rows) == pytest.approx(1, abs=1e-9)
        assert sum(row["errors"] for row in rows) == rows[0]["n"]
    assert np.array_equal(causes == 0, draw.runs.right.reshape(4, 3, -1))


def test_planted_causes_are_recovered():
    world = worlds.World(label_noise=0.04, pair=0.06, optimizer=0.1, kernel=0.06, seed=0.3, unlucky=1 / 12)
    rates = {name: share * rate.mean() for name, (share, rate) in worlds.error_rates(world).items()}
    planted = {
        "label suspect": "label_noise",
        "universally hard": "pair",
        "optimizer-sensitive": "optimizer",
        "kernel-sensitive": "kernel",
        "seed-unstable": "seed",
    }
    covered = dict.fromkeys(planted, 0)
    for seed in range(20):
        table, _, _ = budget_of(worlds.draw(world, np.random.default_rng(seed), images=1500))
        for row in table.rows:
            if (row["network"], row["order"]) == ("all networks", "first to last") and row["cause"] in planted:
                share = rates[planted[row["cause"]]] / sum(rates.values())
                covered[row["cause"]] += row["low"] <= share <= row["high"]
    assert min(covered.values()) >= 16, covered


def test_what_was_not_planted_is_no_more_than_chance():
    world = worlds.World(pair=0.05, seed=0.5, unlucky=0.4)
    inside = {"optimizer-sensitive": 0, "kernel-sensitive": 0}
    for seed in range(20):
        table, _, _ = budget_of(worlds.draw(world, np.random.default_rng(50 + seed), images=800), resamples=100)
        for row in table.rows:
            if row["order"] == "first to last" and row["expected_share"] is not None:
                assert row["expected_share"] > 0.05
                inside[row["cause"]] += row["expected_low"] <= row["share"] <= row["expected_high"]
    assert min(inside.values()) >= 16, inside


def test_planted_sensitivity_exceeds_chance():
    world = worlds.World(optimizer=0.1, kernel=0.1, seed=0.2)
    table, _, _ = budget_of(worlds.draw(world, np.random.default_rng(1), images=800))
    rows = [row for row in table.rows if row["expected_share"] is not None]
    assert len(rows) == 4
    assert all(row["low"] > row["expected_high"] for row in rows)


@pytest.mark.parametrize("order", ORDERS.values())
def test_chance_agrees_with_every_permutation(order):
    """Two networks of two runs: all 24 permutations of the runs of an image, written out."""
    rng = np.random.default_rng(2)
    wrong = rng.random((40, 2, 2)) < 0.5
    suspect, ambiguous = rng.random((2, 40)) < 0.1
    rules = Rules(2, np.array([1.0, -1.0]), None)
    counts = []
    for image in range(40):
        flags = np.array([suspect[image]]), np.array([ambiguous[image]])
        of_image = []
        for permuted in permutations(wrong[image].ravel()):
            dealt = np.reshape(permuted, (2, 2)).sum(axis=1)[None]
            of_image.append((dealt * (assign(dealt, *flags, rules, order) == 4)).sum())
        counts.append(of_image)
    found, _ = budget.expected_errors(wrong.sum(axis=2), suspect, ambiguous, rules, order)
    mean, deviation = found[4]
    assert mean == pytest.approx(np.mean(counts, axis=1).sum())
    assert deviation == pytest.approx(np.sqrt(np.var(counts, axis=1).sum()))


def test_cells_outside_the_comparison_stay_as_they_are():
    """The third network has other settings: only the first two are dealt anew."""
    rules = Rules(1, np.array([1.0, -1.0, 0.0]), None)
    wrong = np.array([[1, 0, 0], [1, 0, 1], [0, 0, 1]])
    none = np.zeros(3, dtype=bool)
    found, _ = budget.expected_errors(wrong, none, none, rules, FIRST)
    assert found == {4: (pytest.approx(1 + 2), pytest.approx(0))}


def test_causes_that_cannot_be_told_are_named():
    draw = worlds.draw(worlds.World(pair=0.1), np.random.default_rng(0), images=100, cells=worlds.PUBLISHED, seeds=1)
    table, _, refusals = budget_of(draw, human_votes=False)
    assert {str(refusal) for refusal in refusals} == {
        "cause 'label suspect': human votes are not available (params data.human_votes)",
        "cause 'ambiguous': human votes are not available (params data.human_votes)",
        "cause 'seed-unstable': needs 2 or more seeds",
    }
    assert {row["cause"] for row in table.rows} == set(CAUSES[2:5]) | {CAUSES[6]}


def test_a_network_without_errors_has_no_shares():
    draw = worlds.draw(worlds.World(), np.random.default_rng(0), images=50, seeds=1)
    table, _, _ = budget_of(draw)
    assert {(row["share"], row["low"], row["n"]) for row in table.rows} == {(None, None, 0)}
