import numpy as np
import pytest

from stages.error_analysis.grid import Run, make
from stages.error_analysis.matched_fit import common_losses, matched_fit, reached
from tests.error_analysis import worlds


def history(losses, accuracies):
    rows = []
    for epoch, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True), 1):
        rows.append({"epoch": str(epoch), "images": "training", "accuracy": "0.5", "loss": str(loss)})
        rows.append({"epoch": str(epoch), "images": "held-out", "accuracy": str(accuracy), "loss": "9"})
    return rows


def test_errors_are_compared_at_the_same_training_loss():
    grid = make({"a": worlds.settings("adam", 15), "b": worlds.settings("sgd", 15)}, (0,))
    histories = {Run("a", 0): history([2, 1, 0], [0.2, 0.6, 0.8]), Run("b", 0): history([2, 1.5, 1], [0.2, 0.3, 0.4])}
    table, refusals = matched_fit(histories, grid)
    assert refusals == []
    last = table.rows[-1]
    assert (last["training_loss"], last["epoch_a"], last["epoch_b"]) == (1, 2, 3)
    assert (last["error_a"], last["error_b"]) == (pytest.approx(0.4), pytest.approx(0.6))
    assert last["difference"] == pytest.approx(-0.2)
    middle = table.rows[2]
    assert (middle["training_loss"], middle["epoch_a"], middle["error_a"]) == (1.5, 1.5, pytest.approx(0.6))


def test_the_first_time_a_loss_is_reached_counts():
    losses, errors = np.array([2.0, 1.0, 1.8, 0.5]), np.array([0.8, 0.6, 0.7, 0.4])
    assert reached(losses, errors, 1.5) == (1.5, pytest.approx(0.7))
    assert reached(losses, errors, 3.0) == (1, 0.8)


def test_networks_without_a_common_loss_are_named():
    grid = make({"a": worlds.settings("adam", 15), "b": worlds.settings("sgd", 15)}, (0,))
    histories = {Run("a", 0): history([0.5, 0.4], [0.7, 0.8]), Run("b", 0): history([2, 1], [0.3, 0.4])}
    table, (refusal,) = matched_fit(histories, grid)
    assert table is None
    assert refusal.reason == "a and b, seed 0, never had the same training loss"


def test_a_single_optimizer_has_nothing_to_match():
    grid = make({"a": worlds.settings("sgd", 15), "b": worlds.settings("sgd", 10)}, (0,))
    assert matched_fit({}, grid) == (None, [])


def test_common_losses_run_from_the_highest_to_the_lowest():
    found = common_losses(np.array([2.0, 0.5]), np.array([1.6, 0.8]))
    np.testing.assert_allclose(found, [1.6, 1.4, 1.2, 1.0, 0.8])
