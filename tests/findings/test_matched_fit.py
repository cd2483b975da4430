"""Both optimizers where they fit the training images equally well."""

import numpy as np
import pytest

from stages.findings.settings import matched_fit
from stages.run import Run
from stages.statistics import fit
from tests import worlds

PAIR = [("adam", 15), ("sgd", 15)]


def trained(*runs, cells=PAIR):
    """A sample of networks, seed 0, with these losses and held-out accuracies of every epoch."""
    histories = {Run(f"nicknet{i + 1}", 0): worlds.history(*run) for i, run in enumerate(runs)}
    return worlds.right_in(np.ones((len(cells), 1, 9), bool), cells, histories=histories)


def test_errors_are_compared_at_the_same_training_loss():
    sample = trained(([2.0, 1.0, 0.0], [0.2, 0.6, 0.8]), ([2.0, 1.5, 1.0], [0.2, 0.3, 0.4]))
    rows = matched_fit.rows(sample)
    assert matched_fit.FINDING.needs(sample) == ""
    assert matched_fit.FINDING.limits(sample) == []
    last, middle = rows[-1], rows[2]
    assert (last["training_loss"], last["epoch_a"], last["epoch_b"]) == (1, 2, 3)
    assert (last["error_a"], last["error_b"]) == (pytest.approx(0.4), pytest.approx(0.6))
    assert last["difference"] == pytest.approx(-0.2)
    assert (last["kernel_size"], last["seed"], last["network_a"], last["network_b"]) == (15, 0, "nicknet1", "nicknet2")
    assert (middle["training_loss"], middle["epoch_a"], middle["error_a"]) == (1.5, 1.5, pytest.approx(0.6))


def test_a_loss_above_the_first_is_reached_at_once():
    assert fit.reached(np.array([2.0, 1.0]), 3.0) == 1
    assert fit.between(np.array([0.8, 0.6]), 1.0) == 0.8


APART = ([0.5, 0.4], [0.7, 0.8]), ([2.0, 1.0], [0.3, 0.4])


def test_networks_without_a_common_loss_are_named():
    reason = "nicknet1 and nicknet2, seed 0, never had the same training loss"
    assert matched_fit.FINDING.needs(trained(*APART)) == reason
    sample = trained(*APART, *[APART[0]] * 2, cells=[*PAIR, ("adam", 10), ("sgd", 10)])
    assert matched_fit.FINDING.needs(sample) == ""
    assert [refusal.reason for refusal in matched_fit.FINDING.limits(sample)] == [reason]
    assert {row["kernel_size"] for row in matched_fit.rows(sample)} == {10}


def test_without_two_optimizers_or_histories_there_is_nothing_to_match():
    sample = trained(*APART, cells=[("sgd", 15), ("sgd", 10)])
    assert matched_fit.FINDING.needs(sample) == "no two networks differ in the optimizer alone"
    assert matched_fit.FINDING.needs(worlds.right_in(np.ones((2, 1, 9), bool), PAIR)) != ""
