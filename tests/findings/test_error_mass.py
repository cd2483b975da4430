"""Error mass and sensitivity of planted worlds, and what is refused."""

import numpy as np
import pytest

from stages.findings.causes import error_mass, sensitive_images
from tests import worlds

ALL = "all networks"


def sample(world, seed, **how):
    return worlds.draw(world, np.random.default_rng(seed), **{"resamples": 100, "images": 800} | how).sample


def test_the_shares_of_every_network_sum_to_one():
    table = error_mass.FINDING.table(sample(worlds.World(pair=0.05, seed=0.3, unlucky=0.6), 0))
    assert [row["network"] for row in table.rows[::3]] == ["nicknet1", "nicknet2", "nicknet3", "nicknet4", ALL]
    for network in {row["network"] for row in table.rows}:
        rows = table.where(network=network)
        assert sum(row["share"] for row in rows) == pytest.approx(1)
        assert all(row["low_images"] <= row["share"] <= row["high_images"] for row in rows)
        assert all(row["low_seeds"] <= row["share"] <= row["high_seeds"] for row in rows)
    (errors,) = {row["n"] for row in table.where(network=ALL)}
    assert errors == sum(row["n"] for row in table.where(chance="below 0.5")) / 2


def test_planted_mass_is_within_both_intervals():
    world = worlds.World(pair=0.1, seed=0.4, unlucky=0.25)
    for seeds in (3, 12):
        for row in error_mass.FINDING.table(sample(world, seeds, seeds=seeds)).where(network=ALL):
            planted = {"at least 0.9": 0.5, "0.5 to 0.9": 0, "below 0.5": 0.5}[row["chance"]]
            assert row["low_images"] - 0.03 <= planted <= row["high_images"] + 0.03  # 800 images are not the world
            assert row["low_seeds"] - 0.03 <= planted <= row["high_seeds"] + 0.03


def test_two_seeds_are_too_few_for_a_chance_and_for_an_interval_over_seeds():
    two, three = (sample(worlds.World(pair=0.1, seed=0.4), 0, images=200, seeds=seeds) for seeds in (2, 3))
    assert error_mass.FINDING.needs(two).startswith("needs 3 or more seeds: two runs")
    assert error_mass.FINDING.needs(three) == ""
    finding = sensitive_images.FINDING
    assert [refusal.reason for refusal in finding.limits(two)] == ["needs 3 or more seeds"]
    assert finding.limits(three) == []
    assert {(row["low_seeds"], row["high_seeds"]) for row in finding.table(two).rows} == {(None, None)}


def test_no_errors_have_no_shares():
    perfect = sample(worlds.World(), 0, images=50)
    assert {row["share"] for row in error_mass.FINDING.table(perfect).rows} == {None}
    assert {(row["share"], row["excess"]) for row in sensitive_images.FINDING.table(perfect).rows} == {(None, None)}


@pytest.mark.parametrize("seeds", [3, 6])
@pytest.mark.parametrize("bad_runs", [0, 0.2])
def test_what_was_not_planted_does_not_exceed_luck(seeds, bad_runs):
    world = worlds.World(pair=0.05, seed=0.5, unlucky=0.4, bad_runs=bad_runs)
    inside = {"images": 0, "seeds": 0}
    for seed in range(20):
        for row in sensitive_images.FINDING.table(sample(world, 50 + seed, images=400, seeds=seeds)).where(network=ALL):
            for over in inside:
                inside[over] += row[f"low_{over}"] <= 0 <= row[f"high_{over}"]
    assert min(inside.values()) >= 35, inside


def test_planted_sensitivity_exceeds_luck():
    world = worlds.World(optimizer=0.1, kernel=0.1, seed=0.2)
    rows = sensitive_images.FINDING.table(sample(world, 1, images=2000)).rows
    assert [(row["setting"], row["network"]) for row in rows] == [
        (setting, network)
        for setting in ("optimizer", "kernel size")
        for network in ("nicknet1", "nicknet2", "nicknet3", "nicknet4", ALL)
    ]
    for row in rows:
        losing = {"optimizer": ("nicknet3", "nicknet4", ALL), "kernel size": ("nicknet2", "nicknet4", ALL)}
        if row["network"] in losing[row["setting"]]:
            assert 0 < row["low_images"] < row["excess"] < row["high_images"]
            assert row["low_seeds"] > 0


def test_the_expected_share_by_hand():
    """Two runs a network. Image 0 is missed by both runs of sgd alone, image 1 by one run of each, image 2 by all.

    By lot, two wrong runs lie with one network in 2 of 6 ways; four never differ.
    """
    wrong = np.array([[[0, 1, 1], [0, 0, 1]], [[1, 0, 1], [1, 1, 1]]], bool)
    rows = sensitive_images.rows(worlds.right_in(~wrong, cells=(("adam", 15), ("sgd", 15))))
    shares = [(row["network"], row["n"], row["share"], row["by_luck"], row["excess"]) for row in rows]
    assert shares == [
        ("nicknet1", 3, 0, pytest.approx(1 / 9), pytest.approx(-1 / 9)),
        ("nicknet2", 5, 2 / 5, pytest.approx(1 / 5), pytest.approx(1 / 5)),
        (ALL, 8, 1 / 4, pytest.approx(1 / 6), pytest.approx(1 / 12)),
    ]


def test_a_setting_with_one_run_a_level_is_refused():
    single = sample(worlds.World(pair=0.1), 0, images=100, cells=worlds.PUBLISHED, seeds=1)
    assert sensitive_images.FINDING.needs(single) == (
        "needs 2 or more runs with each optimizer: any difference of two may be luck; "
        "needs 2 or more runs with each kernel size: any difference of two may be luck"
    )
    part = sample(worlds.World(pair=0.1), 0, images=100, cells=worlds.PUBLISHED[:2], seeds=3)
    assert {row["setting"] for row in sensitive_images.FINDING.table(part).rows} == {"optimizer"}
    assert dict(sensitive_images.FINDING.limits(part)) == {
        "images sensitive to the kernel size": "the grid has no two networks that differ in the kernel size alone"
    }
