import numpy as np
import pytest

from stages.error_analysis import knockout
from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.grid import Run
from stages.error_analysis.runs import Runs

NAMES = ("bird", "cat", "ship", "truck")


def random_runs(rng, images=300, runs=2):
    probabilities = rng.dirichlet(np.ones(4), (runs, images)).astype(np.float32)
    labels = rng.integers(0, 4, images).astype(np.uint8)
    return Runs(tuple(Run(f"net{i}", 0) for i in range(runs)), NAMES, np.arange(images), labels, probabilities)


def test_repair_is_the_gain_in_accuracy_over_what_was_missing():
    """Against the definition, by taking each class away for real."""
    runs = random_runs(np.random.default_rng(0))
    removed = knockout.repairing_class(runs.labels, runs.probabilities)
    rows = knockout.knockout(runs, removed, 0.95).rows
    assert len(rows) == 2 * 4 * 3
    for row in rows:
        probabilities = runs.probabilities[int(row["network"][-1])]
        true, other = NAMES.index(row["true"]), NAMES.index(row["removed"])
        own = probabilities[runs.labels == true]
        accuracy = np.mean(own.argmax(axis=1) == true)
        without = np.mean(knockout.without(own, other) == true)
        assert without >= accuracy
        assert row["repair"] == pytest.approx((without - accuracy) / (1 - accuracy))
        assert row["low"] <= row["repair"] <= row["high"]


def test_only_the_predicted_class_repairs():
    probabilities = np.array([[[0.5, 0.3, 0.2, 0], [0.5, 0.3, 0.2, 0], [0.5, 0.3, 0.2, 0]]], np.float32)
    found = knockout.repairing_class(np.array([0, 1, 2], np.uint8), probabilities)
    np.testing.assert_array_equal(found, [[-1, 0, -1]])


def test_equal_probabilities_go_to_the_lower_class_before_and_after():
    probabilities = np.full((1, 2, 4), 0.25, np.float32)
    found = knockout.repairing_class(np.array([1, 2], np.uint8), probabilities)
    np.testing.assert_array_equal(found, [[0, -1]])


def test_a_class_without_errors_has_no_repair():
    probabilities = np.eye(4, dtype=np.float32)[None]
    runs = Runs((Run("net", 0),), NAMES, np.arange(4), np.arange(4, dtype=np.uint8), probabilities)
    removed = knockout.repairing_class(runs.labels, probabilities)
    assert {row["repair"] for row in knockout.knockout(runs, removed, 0.95).rows} == {None}
    resamples = Resamples(4, 20, np.random.default_rng(0))
    assert {row["repair"] for row in knockout.pair_repair(runs, removed, resamples, 0.95).rows} == {0}


def test_removing_one_class_repairs_what_has_the_truth_second():
    runs = random_runs(np.random.default_rng(1), runs=1)
    removed = knockout.repairing_class(runs.labels, runs.probabilities)
    (row,) = knockout.knockout_any(runs, removed, 0.95).rows
    second = np.argsort(-runs.probabilities[0], axis=1)[:, 1]
    assert row["repaired"] == np.sum(second == runs.labels)
    assert row["n"] == np.sum(~runs.right)


def test_the_pair_that_repairs_most_is_first():
    rng = np.random.default_rng(2)
    labels = np.repeat(np.arange(4), 100).astype(np.uint8)
    predicted, second = labels.copy(), labels.copy()
    wrong = np.arange(400) % 100 < 40
    predicted[wrong & (labels == 0)], predicted[wrong & (labels == 1)] = 1, 0
    predicted[wrong & (labels == 2)], second[wrong & (labels == 2)] = 3, 0
    probabilities = np.full((1, 400, 4), 0.01, np.float32)
    probabilities[0, np.arange(400), second] = 0.3
    probabilities[0, np.arange(400), predicted] = 0.6
    runs = Runs((Run("net", 0),), NAMES, np.arange(400), labels, probabilities)
    removed = knockout.repairing_class(labels, probabilities)
    first, *others = knockout.pair_repair(runs, removed, Resamples(400, 200, rng), 0.95).rows
    assert (first["class_a"], first["class_b"], first["repair"], first["rank"]) == ("bird", "cat", 1, 1)
    assert (first["p_first"], first["n"]) == (1, 80)
    assert {row["rank"] for row in others} == {2}
    assert len(others) == 5
