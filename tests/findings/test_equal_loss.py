"""Both optimizers over ladders of learning rates, where they fit the training images equally well."""

from dataclasses import replace

import numpy as np
import pytest

from stages.findings.settings import equal_loss
from stages.run import Run
from tests import worlds

RATES = {
    "slow": {"optimizer": "adam", "learning_rate": 0.0001},
    "usual": {"optimizer": "adam", "learning_rate": 0.001},
    "calm": {"learning_rate": 0.01},
    "fast": {"learning_rate": 0.1},
}
LOSSES = {"slow": [2.0, 1.8, 1.6], "usual": [1.5, 1.0, 0.5], "calm": [2.2, 1.8, 1.4], "fast": [2.0, 1.2, 0.4]}


def trained(right, losses=LOSSES, seeds=2):
    """right: bool (networks, seeds, epochs, N), the answers after each epoch."""
    sample = worlds.of_networks(np.asarray(right)[:, :, -1], RATES)
    histories = {Run(name, seed): worlds.history(losses[name]) for name in RATES for seed in range(seeds)}
    return worlds.watched(replace(sample, histories=histories), right)


def test_rates_that_pass_the_same_loss_are_compared():
    """Of ten images so many are right after each epoch: 3, 4, 5 of adam, 1, 2, 3 of sgd."""
    right = np.arange(10) < np.array([[3, 4, 5], [3, 4, 5], [1, 2, 3], [1, 2, 3]])[:, None, :, None]
    table = equal_loss.rows(trained(np.repeat(right, 2, axis=1)))
    assert [row["training_loss"] for row in table] == pytest.approx([2.0, 1.625, 1.25, 0.875, 0.5])
    assert [row["networks_a"] for row in table] == ["slow", "slow", "usual", "usual", "usual"]
    assert [row["networks_b"] for row in table] == ["calm; fast", "calm; fast", "fast", "fast", "fast"]
    assert {(row["optimizer_a"], row["optimizer_b"]) for row in table} == {("adam", "sgd")}
    second, third = table[1:3]
    # slow is at 1.625 after 2.875 epochs; calm after 2 + 0.175 / 0.4, fast after 1 + 0.375 / 0.8
    assert second["accuracy_a"] == pytest.approx(0.4875)
    assert second["accuracy_b"] == pytest.approx((0.24375 + 0.146875) / 2)
    assert (third["accuracy_a"], third["accuracy_b"]) == pytest.approx((0.35, 0.19375))
    assert third["value"] == pytest.approx(0.35 - 0.19375)
    assert (third["n"], third["seeds"], third["low_seeds"]) == (10, 2, None)


@pytest.mark.parametrize("lead", [0.0, 0.1])
def test_a_planted_lead_at_equal_loss_lies_in_both_intervals(lead):
    """Whatever the rate, an image is right with a chance that the loss decides; adam leads at every loss by so much."""
    covered = np.zeros(2)
    for number in range(60):
        rng, chances = np.random.default_rng(number), np.array([LOSSES[name] for name in RATES])
        chances = 0.7 - 0.2 * chances[:, None] + lead * np.array([1, 1, 0, 0])[:, None, None]
        chances = chances + rng.normal(0, 0.01, (4, 4, 1))
        table = equal_loss.rows(trained(rng.random((4, 4, 3, 300)) < chances[..., None], seeds=4))
        row = table[2]
        covered += [row[f"low_{over}"] <= lead <= row[f"high_{over}"] for over in ("images", "seeds")]
    assert covered.min() >= 53, covered


def test_what_is_missing_is_named():
    right = np.ones((4, 2, 3, 4), bool)
    apart = LOSSES | {"calm": [0.4, 0.3, 0.2], "fast": [0.3, 0.2, 0.1]}
    assert equal_loss.FINDING.needs(trained(right, apart)) == "the optimizers never had the same training loss"
    assert equal_loss.FINDING.needs(trained(right)) == ""
    assert equal_loss.FINDING.needs(replace(trained(right), epochs={})).startswith("the answers after every epoch")
    assert equal_loss.FINDING.needs(replace(trained(right), histories={})) == "there are no histories of the training"
    pair = worlds.right_in(np.ones((2, 2, 4), bool), [("adam", 10), ("sgd", 10)])
    assert equal_loss.FINDING.needs(pair).startswith("needs two optimizers with two or more learning rates each")
