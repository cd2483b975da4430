from dataclasses import replace

import numpy as np
import pytest

from stages.findings.budget import FINDING
from stages.statistics.table import Table
from tests import worlds

ALL, FIRST = "all networks", "first to last"


def budget(world: worlds.World, seed: int, **how) -> Table:
    return FINDING.table(worlds.draw(world, np.random.default_rng(seed), **{"resamples": 100} | how).sample)


def test_every_budget_sums_to_the_whole():
    world = worlds.World(label_noise=0.05, pair=0.05, optimizer=0.1, kernel=0.05, seed=0.3, unlucky=0.5)
    table = budget(world, 0, images=500)
    budgets = {(row["network"], row["order"]) for row in table.rows}
    assert len(budgets) == 5 * 2
    for network, order in budgets:
        rows = table.where(network=network, order=order)
        assert sum(row["share"] for row in rows) == pytest.approx(1, abs=1e-9)
        assert sum(row["errors"] for row in rows) == rows[0]["n"]


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
        table = budget(world, seed, images=1500, resamples=200)
        for cause in planted:
            (row,) = table.where(network=ALL, order=FIRST, cause=cause)
            covered[cause] += row["low"] <= rates[planted[cause]] / sum(rates.values()) <= row["high"]
    assert min(covered.values()) >= 16, covered


def test_what_was_not_planted_is_no_more_than_chance():
    world = worlds.World(pair=0.05, seed=0.5, unlucky=0.4)
    inside = {"optimizer-sensitive": 0, "kernel-sensitive": 0}
    for seed in range(20):
        table = budget(world, 50 + seed, images=800)
        for cause in inside:
            (row,) = table.where(network=ALL, order=FIRST, cause=cause)
            assert row["expected_share"] > 0.05
            inside[cause] += row["expected_low"] <= row["share"] <= row["expected_high"]
    assert min(inside.values()) >= 16, inside


def test_planted_sensitivity_exceeds_chance():
    table = budget(worlds.World(optimizer=0.1, kernel=0.1, seed=0.2), 1, images=800)
    rows = [row for row in table.rows if row["expected_share"] is not None]
    assert len(rows) == 4
    assert all(row["network"] == ALL and row["low"] > row["expected_high"] for row in rows)


def test_causes_that_cannot_be_shown_are_named_and_left_out():
    drawn = worlds.draw(worlds.World(pair=0.1), np.random.default_rng(0), images=100, cells=worlds.PUBLISHED, seeds=1)
    sample = replace(drawn.sample, votes=None)
    assert dict(FINDING.limits(sample)) == {
        "cause 'label suspect'": "human votes are not available (params data.human_votes)",
        "cause 'ambiguous'": "human votes are not available (params data.human_votes)",
        "cause 'seed-unstable'": "needs 2 or more seeds",
    }
    shown = {"universally hard", "optimizer-sensitive", "kernel-sensitive", "unexplained"}
    assert {row["cause"] for row in FINDING.table(sample).rows} == shown


def test_one_network_alone_has_neither_sensitive_nor_universal_causes():
    drawn = worlds.draw(worlds.World(pair=0.1), np.random.default_rng(0), images=100, cells=worlds.CELLS[:1], seeds=1)
    limits = dict(FINDING.limits(drawn.sample))
    assert limits["cause 'universally hard'"] == "needs 2 or more runs"
    assert limits["cause 'kernel-sensitive'"] == "the grid has no two networks that differ in the kernel size alone"


def test_a_network_without_errors_has_no_shares():
    table = budget(worlds.World(), 0, images=50, seeds=1)
    assert {(row["share"], row["low"], row["n"]) for row in table.rows} == {(None, None, 0)}
