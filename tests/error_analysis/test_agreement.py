import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from stages.error_analysis import agreement
from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.grid import Run
from stages.error_analysis.runs import Runs


def runs_from(right, names=None):
    """Runs of two classes that are right on these images; right: bool (R, N)."""
    right = np.asarray(right)
    labels = (np.arange(right.shape[1]) % 2).astype(np.uint8)
    predicted = np.where(right, labels, 1 - labels)
    names = names or tuple(Run(f"net{i}", 0) for i in range(len(right)))
    return Runs(names, ("even", "odd"), np.arange(len(labels)), labels, np.eye(2, dtype=np.float32)[predicted])


def resamples_for(runs):
    return Resamples(len(runs.labels), 300, np.random.default_rng(0))


def test_mcnemar_by_hand():
    assert agreement.mcnemar_p(2, 10) == pytest.approx(2 * (1 + 12 + 66) / 2**12)
    assert agreement.mcnemar_p(0, 0) == 1


def test_identical_runs_agree_wholly():
    right = np.random.default_rng(0).random(200) < 0.7
    runs = runs_from([right, right])
    (kappa,) = agreement.consistency(runs, resamples_for(runs), 0.95).rows
    assert (kappa["kappa"], kappa["low"], kappa["high"]) == (1, 1, 1)
    (test,) = agreement.mcnemar(runs, resamples_for(runs), 0.95).rows
    assert (test["p"], test["p_holm"], test["difference"], test["low"], test["high"]) == (1, 1, 0, 0, 0)


def test_kappa_is_cohens_of_the_right_answers():
    right = np.random.default_rng(1).random((3, 500)) < [[0.9], [0.6], [0.7]]
    runs = runs_from(right)
    for row, (a, b) in zip(
        agreement.consistency(runs, resamples_for(runs), 0.95).rows, ((0, 1), (0, 2), (1, 2)), strict=True
    ):
        assert row["kappa"] == pytest.approx(cohen_kappa_score(right[a], right[b]))
        assert row["low"] < row["kappa"] < row["high"]


def test_kappa_is_undefined_where_agreement_is_certain():
    runs = runs_from(np.ones((2, 10), bool))
    (row,) = agreement.consistency(runs, resamples_for(runs), 0.95).rows
    assert (row["observed"], row["kappa"], row["low"]) == (1, None, None)


def test_difference_is_of_accuracies():
    right = np.random.default_rng(2).random((2, 400)) < [[0.8], [0.6]]
    runs = runs_from(right)
    (row,) = agreement.mcnemar(runs, resamples_for(runs), 0.95).rows
    assert row["difference"] == pytest.approx(right[0].mean() - right[1].mean())
    assert row["low"] < row["difference"] < row["high"]


def test_missed_by_counts_runs():
    wrong = np.array([[1, 1, 0, 0, 1], [1, 0, 0, 0, 1], [1, 0, 0, 1, 1]], bool)
    rows = agreement.missed_by(runs_from(~wrong), 0.95).rows
    assert [row["images"] for row in rows] == [1, 2, 0, 2]
    assert sum(row["expected_share"] for row in rows) == pytest.approx(1)
    assert rows[3]["expected_share"] == pytest.approx(0.6 * 0.4 * 0.6)


def test_missed_only_by_needs_all_runs_of_the_network_and_no_other():
    names = (Run("a", 0), Run("a", 1), Run("b", 0))
    wrong = np.array([[1, 1, 1, 0], [1, 0, 1, 0], [0, 0, 1, 1]], bool)
    rows = agreement.missed_only_by(runs_from(~wrong, names), 0.95).rows
    assert [(row["network"], row["images"]) for row in rows] == [("a", 1), ("b", 1)]
