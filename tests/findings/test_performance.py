"""Scores, classes, confusions and curves against hand-computed values and scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import log_loss, precision_score, recall_score

from stages.findings.networks import class_ranks, classes, confused_pairs, confusions, curves, scores
from stages.run import Run
from stages.statistics.scores import BINS, calibration_gaps
from tests import worlds

NAMES = ("cat", "dog", "frog")


def answering(labels, *predicted):
    """One run a network."""
    return worlds.answering(labels, np.array(predicted)[:, None], NAMES)


@pytest.fixture(scope="module")
def unsure():
    """Two networks that answer 400 images at random."""
    rng = np.random.default_rng(0)
    sample = answering(rng.integers(0, 3, 400), *np.zeros((2, 400), int))
    return replace(sample, probabilities=rng.dirichlet(np.full(3, 0.7), (2, 1, 400)).astype(np.float32))


def test_training_accuracy_is_of_what_a_run_learned(unsure):
    """The second run learned from three of four images, one of them as another class than its label."""
    training = replace(answering([0, 1, 2, 0], [0, 1, 2, 1], [0, 2, 2, 0]), part="training")
    learned = replace(training, learned_as=np.array([[[0, 1, 2, 0]], [[0, 2, 1, -1]]], np.int16))
    for sample, second in ((learned, (2 / 3, 3)), (training, (3 / 4, 4))):
        rows = scores.rows(replace(unsure, others={"training": sample}))
        found = [(row["value"], row["n"], row["low"]) for row in rows if row["part"] == "training"]
        assert found == [(3 / 4, 4, None), (*second, None)]


def test_scores_agree_with_scikit_learn(unsure):
    values = {row["score"]: row["value"] for row in scores.rows(unsure) if row["network"] == "nicknet2"}
    labels, predicted = unsure.labels, unsure.predicted[1, 0]
    assert list(values) == ["accuracy", "precision", "recall", "loss", "Brier score", "ECE"]
    assert values["accuracy"] == np.mean(predicted == labels)
    assert values["precision"] == pytest.approx(precision_score(labels, predicted, average="macro"))
    assert values["recall"] == pytest.approx(recall_score(labels, predicted, average="macro"))
    assert values["loss"] == pytest.approx(log_loss(labels, unsure.probabilities[1, 0]), rel=1e-5)


def test_means_over_classes_leave_out_a_class_that_neither_occurs_nor_is_answered():
    values = {row["score"]: row["value"] for row in scores.rows(answering([0, 0, 1, 1], [0, 1, 1, 1]))}
    assert values["recall"] == pytest.approx((1 / 2 + 1) / 2)
    assert values["precision"] == pytest.approx((1 + 2 / 3) / 2)


def test_intervals_hold_their_numbers(unsure):
    for row in scores.rows(unsure):
        assert row["low"] <= row["value"] <= row["high"], row
        assert row["n"] == 400


def test_training_images_have_accuracy_only_and_test_images_come_last(unsure):
    others = {part: replace(unsure, part=part) for part in ("training", "test")}
    rows = scores.rows(replace(unsure, others=others))
    assert list(dict.fromkeys((row["part"], row["score"] == "accuracy") for row in rows)) == [
        ("training", True),
        *(("held-out", True), ("held-out", False)),
        *(("test", True), ("test", False)),
    ]
    assert [row for row in rows if row["part"] == "test"] == scores.rows(others["test"])
    assert {(row["low"], row["high"]) for row in rows if row["part"] == "training"} == {(None, None)}


@pytest.mark.parametrize(
    ("confidences", "expected"),
    [((0.50, 0.53, 0.89, 0.91), 1.03 - 1 + 2 - 1.8), ((0.50, 0.54, 0.89, 0.91), 0.5 + 0.54 + 0.2)],
    ids=["in one bin", "on both sides of 8/15"],
)
def test_calibration_error_is_added_up_bin_by_bin(confidences, expected):
    gaps = calibration_gaps(np.array([True, False, True, True]), np.array(confidences))
    assert np.abs(gaps.mean(axis=0)).sum() == pytest.approx(expected / 4)


def test_a_confidence_of_one_falls_in_the_last_bin():
    gaps = calibration_gaps(np.array([False]), np.array([1.0], np.float32)).toarray()
    assert gaps[0, BINS - 1] == -1


def test_recall_and_precision_by_hand():
    rows = classes.rows(answering([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 1]))
    by_class = {(row["class"], row["score"]): row for row in rows}
    assert {key: (row["value"], row["n"]) for key, row in by_class.items()} == {
        ("cat", "recall"): (2 / 3, 3),
        ("cat", "precision"): (1, 2),
        ("dog", "recall"): (1, 2),
        ("dog", "precision"): (2 / 4, 4),
        ("frog", "recall"): (0, 1),
        ("frog", "precision"): (None, 0),
    }
    assert by_class["frog", "precision"]["low_simultaneous"] is None


def test_simultaneous_intervals_of_recall_are_over_all_classes_of_all_runs():
    labels = np.repeat([0, 1, 2], 100)
    poor = np.where(np.arange(300) % 100 < 38, labels, (labels + 1) % 3)
    for row in classes.FINDING.table(answering(labels, poor, labels)).where(score="recall"):
        hits = 38 if row["network"] == "nicknet1" else 100
        alone = binomtest(hits, 100).proportion_ci(1 - 0.05 / 6, method="exact")
        assert (row["low_simultaneous"], row["high_simultaneous"]) == pytest.approx((alone.low, alone.high))


def test_confusions_count_every_image_once(unsure):
    table = confusions.FINDING.table(unsure)
    assert sum(row["count"] for row in table.rows) == 2 * 400
    (cat_as_dog,) = table.where(network="nicknet1", true="cat", predicted="dog")
    assert cat_as_dog["count"] == np.sum((unsure.labels == 0) & (unsure.predicted[0, 0] == 1))
    assert cat_as_dog["share"] == cat_as_dog["count"] / np.sum(unsure.labels == 0)


def test_most_confused_pair_comes_first_with_both_directions():
    rows = confused_pairs.rows(answering([0, 0, 1, 1, 2, 2], [1, 1, 0, 1, 0, 2]))
    assert [rows[0][key] for key in ("class_a", "class_b", "a_as_b", "b_as_a")] == ["cat", "dog", 2, 1]
    assert (rows[0]["share"], rows[0]["n"]) == (3 / 4, 4)
    assert sum(row["errors"] for row in rows) == 4


def test_pairs_of_a_faultless_run_have_no_share():
    assert {row["share"] for row in confused_pairs.rows(answering([0, 1, 2], [0, 1, 2]))} == {None}


def test_ranks_by_recall():
    labels = np.repeat([0, 1, 2], 200)
    predicted = labels.copy()
    predicted[:10], predicted[200:260], predicted[400:520] = 1, 0, 0
    rows = class_ranks.rows(answering(labels, predicted))
    assert [[row[key] for row in rows] for key in ("class", "rank", "p_top_two", "p_bottom_two")] == [
        list(NAMES),
        [1, 2, 3],
        [1, 1, 0],
        [0, 1, 1],
    ]


def test_curves_are_the_histories_of_all_runs():
    sample = answering([0], [0], [0])
    assert curves.FINDING.needs(sample) == "there is no history of the training"
    row = {"epoch": 1, "part": "held-out", "accuracy": 0.5, "loss": 1.0, "precision": 0.4}
    sample = replace(sample, histories={Run("nicknet2", 0): [row | {"loss": 2.0}], Run("nicknet1", 0): [row]})
    assert curves.FINDING.needs(sample) == ""
    assert curves.rows(sample) == [
        {"network": "nicknet1", "seed": 0, **row},
        {"network": "nicknet2", "seed": 0, **row, "loss": 2.0},
    ]
