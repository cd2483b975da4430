"""Differences of accuracy, by hand and of planted causes."""

import numpy as np
import pytest
from scipy import integrate, stats

from stages.findings.settings import effects, equivalence, shapley
from stages.findings.sources import variance_shares
from tests import worlds


def counted(correct, images=10, **others):
    """The first `correct` images right, int (networks, seeds)."""
    return worlds.right_in(np.arange(images) < np.asarray(correct)[..., None], **others)


def late(sample, right):
    """The sample with these shares of the last epochs in which each run was right, float (networks, seeds, N)."""
    vars(sample)["late_right"] = np.asarray(right, float)
    return sample


def by_name(rows, column):
    return {row[column]: row for row in rows}


def test_effects_by_hand():
    """Accuracies adam 15: 0.9, adam 10: 0.7, sgd 15: 0.6, sgd 10: 0.5."""
    table = effects.rows(counted([[9, 9], [7, 7], [6, 6], [5, 5]]))
    assert {row["effect"]: pytest.approx(row["value"]) for row in table} == {
        "optimizer": (0.3 + 0.2) / 2,
        "kernel size": (0.2 + 0.1) / 2,
        "interaction": 0.1,
        "optimizer at kernel size 15": 0.3,
        "optimizer at kernel size 10": 0.2,
        "kernel size with adam": 0.2,
        "kernel size with sgd": 0.1,
    }
    assert {row["n"] for row in table} == {10}


def test_interval_over_seeds_is_of_the_seeds_contrasts():
    row = effects.rows(counted([[9, 8, 9], [7, 7, 7], [6, 5, 5], [5, 5, 5]]))[0]
    contrasts = np.array([(0.3 + 0.2), (0.3 + 0.2), (0.4 + 0.2)]) / 2
    half = 4.302652729911275 * contrasts.std(ddof=1) / np.sqrt(3)
    assert (row["low_seeds"], row["high_seeds"]) == pytest.approx((contrasts.mean() - half, contrasts.mean() + half))
    assert row["seeds"] == 3


def test_without_pairing_each_network_varies_by_itself():
    row = effects.rows(counted([[9, 8, 9], [7, 7, 7], [6, 5, 5], [5, 5, 5]]))[3]
    assert row["effect"] == "optimizer at kernel size 15"
    expected = stats.ttest_ind([0.9, 0.8, 0.9], [0.6, 0.5, 0.5], equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert (row["low_welch"], row["high_welch"]) == pytest.approx((interval.low, interval.high))
    assert row["welch_freedom"] == pytest.approx(expected.df)


def test_effects_are_of_the_last_sixth_of_the_epochs_beside_the_last_one():
    rng = np.random.default_rng(0)
    right = rng.random((4, 3, 300)) < np.array([0.8, 0.5, 0.5, 0.5])[:, None, None]
    shares = rng.binomial(5, np.array([0.3, 0.5, 0.5, 0.5])[:, None, None], right.shape) / 5
    only_last, sample = worlds.right_in(right), late(worlds.right_in(right), shares)
    row, before = effects.rows(sample)[3], effects.rows(only_last)[3]
    assert row["value"] == pytest.approx((shares[0] - shares[2]).mean())
    assert row["high_images"] < 0 < row["last_epoch_low_images"]
    for key in ("", "_low_images", "_high_images", "_low_seeds", "_high_seeds"):
        assert row[f"last_epoch{key}"] == before[key.removeprefix("_") or "value"]
    (total,) = [each for each in shapley.rows(sample) if each["setting"] == "total"]
    assert total["value"] == pytest.approx((shares[0] - shares[3]).mean())


def test_an_interval_over_seeds_of_no_width_is_refused_by_name():
    sample = counted([[9, 8], [7, 7], [6, 6], [5, 5]])
    assert [refusal.analysis for refusal in effects.FINDING.limits(sample)] == [
        "interval over new seeds of optimizer at kernel size 10",
        "interval over new seeds of kernel size with sgd",
    ]
    assert by_name(effects.rows(sample), "effect")["kernel size with sgd"]["low_welch"] is None
    assert [row["effect"] for row in equivalence.rows(sample)] == [
        *("optimizer", "kernel size", "interaction", "optimizer at kernel size 15", "kernel size with adam")
    ]
    assert equivalence.FINDING.needs(counted([[9, 9], [7, 7], [6, 6], [5, 5]])) == (
        "every seed gives the same differences"
    )


def power(seeds, effect):
    """Of the two-sided paired t test at 0.05: over every standard deviation of the seeds, the chance of their mean."""
    quantile, freedom = stats.t.ppf(0.975, seeds - 1), seeds - 1

    def found(deviation):
        half, error = quantile * deviation / np.sqrt(seeds), 1 / np.sqrt(seeds)
        chance = stats.norm.cdf((effect - half) / error) + stats.norm.cdf((-effect - half) / error)
        return chance * stats.chi2.pdf(deviation**2 * freedom, freedom) * 2 * deviation * freedom

    return integrate.quad(found, 0, 10, limit=200)[0]


def test_what_few_seeds_exclude_and_how_many_it_would_take():
    sample = counted([[90, 85, 91, 83], [70, 70, 70, 70], [60, 60, 60, 60], [50, 50, 50, 50]], images=100)
    row = by_name(equivalence.rows(sample), "effect")["optimizer at kernel size 15"]
    differences = np.array([0.30, 0.25, 0.31, 0.23])
    assert row["deviation"] == pytest.approx(differences.std(ddof=1))
    for bound, p in ((row["excluded"], 0.05), (row["excluded"] * 1.01, 0.0489)):  # the two one-sided tests
        above = stats.ttest_1samp(differences, -bound, alternative="greater").pvalue
        below = stats.ttest_1samp(differences, bound, alternative="less").pvalue
        assert max(above, below) <= p + 1e-9
    assert stats.ttest_1samp(differences, row["excluded"] * 0.99, alternative="less").pvalue > 0.05
    for size in (0.01, 0.02, 0.03):
        needed = row[f"seeds_for_0{size * 100:.0f}"]
        assert power(needed - 1, size / row["deviation"]) < 0.8 <= power(needed, size / row["deviation"])


def test_three_cells_and_one_seed_have_simple_effects_without_an_interval_over_seeds():
    sample = counted([[9], [6], [5]], cells=worlds.PUBLISHED)
    table = effects.rows(sample)
    assert [row["effect"] for row in table] == ["optimizer at kernel size 15", "kernel size with sgd"]
    assert {row["low_seeds"] for row in table} == {None}
    assert effects.FINDING.needs(sample) == ""
    assert shapley.FINDING.needs(sample) == "cell adam x 10 is not in the grid"


def test_shapley_by_hand_and_its_parts_sum_to_the_whole():
    parts = by_name(shapley.rows(counted([[91, 89], [70, 70], [60, 60], [49, 51]], images=100)), "setting")
    assert {name: pytest.approx(row["value"]) for name, row in parts.items()} == {
        "optimizer": 0.25,
        "kernel size": 0.15,
        "total": 0.4,
    }
    assert parts["optimizer"]["share_of_total"] == pytest.approx(0.625)
    assert parts["total"]["contrast"] == "adam, 15 - sgd, 10"


def test_no_shares_of_a_difference_that_may_be_none():
    right = np.random.default_rng(1).random((4, 2, 200)) < 0.7
    assert {row["share_of_total"] for row in shapley.rows(worlds.right_in(right))} == {None}
    of_one_seed = counted([[95, 60], [80, 70], [60, 60], [49, 51]], images=100)  # over seeds, the total may be 0
    total = shapley.rows(of_one_seed)[-1]
    assert total["low_images"] > 0 > total["low_seeds"]
    assert {row["share_of_total"] for row in shapley.rows(of_one_seed)} == {None}


def test_grids_and_collapsed_runs_without_effects_are_refused():
    apart = counted([[9], [6]], cells=[("adam", 15), ("sgd", 10)])
    assert effects.FINDING.needs(apart) == "no two networks differ in the optimizer or the kernel size alone"
    assert shapley.FINDING.needs(apart) == "cells adam x 10 and sgd x 15 are not in the grid"
    right = np.ones((4, 1, 10), bool)
    right[0] = np.arange(10) % 2 == 0
    for finding in (effects.FINDING, shapley.FINDING, variance_shares.FINDING):
        assert finding.needs(worlds.right_in(right)).startswith("nicknet1, seed 0 predicts 'airplane' for every image")


def test_permuted_optimizer_labels_leave_no_effect():
    rng = np.random.default_rng(2)
    right = worlds.draw(worlds.World(optimizer=0.2, seed=0.3), rng, images=1500).sample.right.copy()
    swapped = rng.random((3, 1500)) < 0.5  # within each image and seed, the optimizers change places at random
    right[:, swapped] = right[[2, 3, 0, 1]][:, swapped]
    row = effects.rows(worlds.right_in(right))[0]
    assert row["low_images"] < 0 < row["high_images"]
    assert row["low_seeds"] < 0 < row["high_seeds"]


@pytest.mark.parametrize("planted", [0.12, 0.0])
def test_planted_effects_lie_in_both_intervals(planted):
    world = worlds.World(optimizer=planted, kernel=planted / 2, seed=0.2, bad_runs=0.1)
    covered = dict.fromkeys([(name, over) for name in ("optimizer", "kernel size") for over in ("images", "seeds")], 0)
    for number in range(20):
        draw = worlds.draw(world, np.random.default_rng(number), images=800, resamples=200)
        table = by_name(effects.rows(draw.sample), "effect")
        for name, kind, share in (("optimizer", "optimizer", planted), ("kernel size", "kernel", planted / 2)):
            row = table[name]
            of_these_images = np.mean(draw.kinds == kind)  # what new seeds would give on the same images
            covered[name, "seeds"] += row["low_seeds"] <= of_these_images <= row["high_seeds"]
            of_these_runs = share + row["value"] - of_these_images  # what new images would give these runs
            covered[name, "images"] += row["low_images"] <= of_these_runs <= row["high_images"]
    assert min(covered.values()) >= 16, covered
