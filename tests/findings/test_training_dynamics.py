from dataclasses import replace

import numpy as np
import pytest

from stages.findings.networks import early_stopping, training_dynamics
from stages.statistics import crossfit
from tests import worlds


def of(right, seeds=1):
    """A sample of one network that is right after these epochs, bool (seeds, epochs, N)."""
    right = np.asarray(right, bool)
    sample = worlds.right_in(right[None, :, -1])
    return worlds.watched(sample, right[None])


PLANTED = np.array([[*row] for row in ("000000", "010101", "011000", "000001", "101111", "000111")]).T == "1"


def test_every_image_has_one_dynamics_and_the_planted_one():
    rows = training_dynamics.FINDING.rows(of([PLANTED]))
    whole = [row for row in rows if row["class"] == "all classes"]
    assert {row["dynamics"]: row["count"] for row in whole} == {
        "never learned": 1,
        "flickering": 1,
        "learned and forgotten": 1,
        "right only at the end": 1,
        "learned and kept": 2,
    }
    assert [row["forgetting_events"] for row in whole] == [0, 2, 1, 0, 1]
    by_class = {row["class"]: row["n"] for row in rows}
    assert by_class == {"all classes": 6, "airplane": 3, "automobile": 3}
    for name, n in by_class.items():
        assert sum(row["count"] for row in rows if row["class"] == name) == n


@pytest.mark.parametrize("finding", [training_dynamics.FINDING, early_stopping.FINDING], ids=lambda one: one.name)
def test_without_epochs_it_is_refused(finding):
    assert finding.needs(of([PLANTED])) == ""
    assert finding.needs(worlds.right_in(np.ones((1, 1, 2), bool))) == "the answers after every epoch are not available"


def test_a_better_epoch_is_found_and_counted():
    rng = np.random.default_rng(0)
    accuracies = np.array([0.3, 0.8, 0.5])
    right = rng.random((3, 3, 2000)) < accuracies[:, None]
    whole, *runs = early_stopping.FINDING.rows(of(right))
    assert [row["epochs"] for row in runs] == ["2; 2"] * 3
    for row, of_run in zip(runs, right, strict=True):
        assert row["repaired"] == pytest.approx((of_run[1] & ~of_run[2]).mean())
        assert row["broken"] == pytest.approx((of_run[2] & ~of_run[1]).mean())
        assert row["value"] == pytest.approx(row["repaired"] - row["broken"])
    assert whole["value"] == pytest.approx(np.mean([row["value"] for row in runs]))
    assert whole["low_images"] < 0.3 < whole["high_images"]
    assert whole["low_seeds"] < whole["value"] < whole["high_seeds"]


def test_where_all_epochs_are_equal_by_luck_alone_an_earlier_stop_gains_nothing():
    """Counted where it was chosen, the best of 30 epochs would seem to gain much."""
    right = np.random.default_rng(1).random((8, 30, 300)) < 0.5
    assert (right.mean(axis=2).max(axis=1) - right[:, -1].mean(axis=1)).mean() > 0.04
    whole = early_stopping.FINDING.rows(of(right))[0]
    assert whole["low_seeds"] < 0 < whole["high_seeds"]
    assert abs(whole["value"]) < 0.03


def intervals(rng, epochs, draws=100):
    """Of draws of 200 images on which all epochs are equal by luck alone, so that the procedure gains 0."""
    for _ in range(draws):
        sample = replace(of(rng.random((1, epochs, 200)) < 0.5), number_of_resamples=100)
        yield early_stopping.FINDING.rows(sample)[1]


@pytest.mark.parametrize("epochs", [2, 8])
def test_an_interval_over_images_holds_what_choosing_anew_gains(epochs):
    """Of the epochs that were chosen alone, with two of them, a quarter of the intervals would be [0, 0] or miss 0."""
    rows = list(intervals(np.random.default_rng(2), epochs))
    assert np.mean([row["low_images"] <= 0 <= row["high_images"] for row in rows]) > 0.9
    assert max(row["high_images"] - row["low_images"] for row in rows) < 0.4


def test_where_every_resample_chooses_the_last_epoch_there_is_no_interval_over_images():
    right = np.zeros((1, 3, 40), bool)
    right[:, -1] = True
    whole, run = early_stopping.FINDING.rows(of(right))
    assert run["epochs"] == "3; 3"
    assert [row[column] for row in (whole, run) for column in ("value", "low_images", "high_images")] == [
        0,
        None,
        None,
    ] * 2


def test_the_folds_are_both_halves_once_each():
    sample = of([PLANTED])
    (chosen, counted), swapped = crossfit.folds(sample)
    assert sorted([*chosen, *counted]) == list(range(6))
    assert [half.tolist() for half in swapped] == [counted.tolist(), chosen.tolist()]
