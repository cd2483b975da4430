import numpy as np
import pytest
from sklearn.metrics import log_loss, precision_score, recall_score

from stages.error_analysis import performance
from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.grid import Run
from stages.error_analysis.runs import Runs

NAMES = ("cat", "dog", "frog")


def runs_of(labels, *predicted, certain=0.8):
    """Runs that predict these classes with this probability."""
    labels = np.array(labels, np.uint8)
    probabilities = np.full((len(predicted), len(labels), len(NAMES)), (1 - certain) / 2, np.float32)
    for row, classes in zip(probabilities, predicted, strict=True):
        row[np.arange(len(labels)), classes] = certain
    names = tuple(Run(f"net{i}", 0) for i in range(len(predicted)))
    return Runs(names, NAMES, np.arange(len(labels)), labels, probabilities)


def random_runs(rng, images=400, runs=2):
    probabilities = rng.dirichlet(np.full(3, 0.7), (runs, images)).astype(np.float32)
    labels = rng.integers(0, 3, images).astype(np.uint8)
    names = tuple(Run(f"net{i}", 0) for i in range(runs))
    return Runs(names, NAMES, np.arange(images), labels, probabilities)


def scores_of(runs, rng):
    resamples = Resamples(len(runs.labels), 300, rng)
    samples = performance.sampled_confusions(runs, resamples)
    return performance.scores({"held-out": runs}, "held-out", samples, resamples, 0.95).rows


def test_scores_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    runs = random_runs(rng)
    found = {row["score"]: row["value"] for row in scores_of(runs, rng) if row["network"] == "net1"}
    labels, probabilities, predicted = runs.labels, runs.probabilities[1], runs.predicted[1]
    assert found["accuracy"] == np.mean(predicted == labels)
    assert found["macro precision"] == pytest.approx(precision_score(labels, predicted, average="macro"))
    assert found["macro recall"] == pytest.approx(recall_score(labels, predicted, average="macro"))
    assert found["log loss"] == pytest.approx(log_loss(labels, probabilities), rel=1e-5)


def test_intervals_hold_their_numbers():
    rng = np.random.default_rng(1)
    for row in scores_of(random_runs(rng), rng):
        assert row["low"] <= row["value"] <= row["high"], row
        assert row["n"] == 400


def test_brier_score_by_hand():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]], np.float32)
    found = performance.brier_scores(np.array([0, 0]), probabilities)
    np.testing.assert_allclose(found, [0.09 + 0.04 + 0.01, 2], rtol=1e-6)


def test_calibration_error_by_hand():
    """Two images in one bin, right once of twice: |0.5 - 0.52|; two in another, right both times: |1 - 0.9|."""
    right, confidence = np.array([True, False, True, True]), np.array([0.50, 0.54, 0.89, 0.91])
    rounded = performance.calibration_gaps(right, np.array([0.50, 0.53, 0.89, 0.91]))
    assert np.abs(rounded.mean(axis=0)).sum() == pytest.approx((1.03 - 1 + 2 - 1.8) / 4)
    # 0.50 and 0.54 fall on both sides of 8/15
    assert np.abs(performance.calibration_gaps(right, confidence).mean(axis=0)).sum() == pytest.approx(
        (0.5 + 0.54 + 0.2) / 4
    )


def test_a_confidence_of_one_falls_in_the_last_bin():
    gaps = performance.calibration_gaps(np.array([False]), np.array([1.0], np.float32)).toarray()
    assert gaps[0, performance.BINS - 1] == -1


def test_recall_and_precision_by_hand():
    rows = performance.classes(runs_of([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 1]), 0.95).rows
    found = {(row["class"], row["score"]): (row["value"], row["n"]) for row in rows}
    assert found["cat", "recall"] == (2 / 3, 3)
    assert found["dog", "precision"] == (2 / 4, 4)
    assert found["frog", "recall"] == (0, 1)


def test_a_class_that_is_never_predicted_has_no_precision():
    rows = performance.classes(runs_of([0, 1, 2], [0, 1, 1]), 0.95).rows
    row = next(row for row in rows if row["class"] == "frog" and row["score"] == "precision")
    assert (row["value"], row["low_holm"], row["p_below_half"], row["n"]) == (None, None, None, 0)


def test_below_half_is_corrected_over_all_classes_of_all_runs():
    labels = np.repeat([0, 1, 2], 100)
    poor = np.where(np.arange(300) % 100 < 38, labels, (labels + 1) % 3)
    rows = [row for row in performance.classes(runs_of(labels, poor, labels), 0.95).rows if row["score"] == "recall"]
    for row in rows:
        if row["network"] == "net0":
            assert row["value"] == 0.38
            assert row["p_below_half_holm"] == pytest.approx(6 * row["p_below_half"])
            assert (row["high_holm"] < 0.5) == (row["p_below_half_holm"] < 0.05)
        else:
            assert row["low_holm"] > 0.5


def test_confusions_count_every_image_once():
    runs = random_runs(np.random.default_rng(2))
    rows = performance.confusions(runs, 0.95).rows
    assert sum(row["count"] for row in rows) == 2 * 400
    cat_as_dog = next(row for row in rows if (row["network"], row["true"], row["predicted"]) == ("net0", "cat", "dog"))
    assert cat_as_dog["count"] == np.sum((runs.labels == 0) & (runs.predicted[0] == 1))
    assert cat_as_dog["share"] == cat_as_dog["count"] / np.sum(runs.labels == 0)


def test_most_confused_pair_comes_first_with_both_directions():
    rows = performance.confused_pairs(runs_of([0, 0, 1, 1, 2, 2], [1, 1, 0, 1, 0, 2]), 0.95).rows
    first = rows[0]
    assert (first["class_a"], first["class_b"], first["a_as_b"], first["b_as_a"]) == ("cat", "dog", 2, 1)
    assert (first["share"], first["n"]) == (3 / 4, 4)
    assert sum(row["errors"] for row in rows) == 4


def test_pairs_of_a_faultless_run_have_no_share():
    rows = performance.confused_pairs(runs_of([0, 1, 2], [0, 1, 2]), 0.95).rows
    assert {row["share"] for row in rows} == {None}


def test_ranks_by_recall():
    labels = np.repeat([0, 1, 2], 200)
    predicted = labels.copy()
    predicted[:10], predicted[200:260], predicted[400:520] = 1, 0, 0
    runs = runs_of(labels, predicted)
    samples = performance.sampled_confusions(runs, Resamples(600, 200, np.random.default_rng(0)))
    found = {row["class"]: row for row in performance.class_ranks(runs, samples).rows}
    assert [found[name]["rank"] for name in NAMES] == [1, 2, 3]
    assert [found[name]["p_top_two"] for name in NAMES] == [1, 1, 0]
    assert [found[name]["p_bottom_two"] for name in NAMES] == [0, 1, 1]
