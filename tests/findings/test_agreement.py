"""How far runs err on the same images, against hand-computed values and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from stages.findings.networks import consistency, mcnemar, missed_by, missed_only_by
from tests import worlds


def right_on(right):
    """Runs of two classes that are right on these images; right: bool (networks, seeds, N), or (networks, N)."""
    right = np.asarray(right, bool)
    right = right if right.ndim == 3 else right[:, None]
    labels = np.arange(right.shape[2]) % 2
    return worlds.answering(labels, np.where(right, labels, 1 - labels), ("even", "odd"))


def test_identical_runs_agree_wholly():
    right = np.random.default_rng(0).random(200) < 0.7
    sample = right_on([right, right])
    (agreement,), (test,) = consistency.rows(sample), mcnemar.rows(sample)
    assert [agreement[key] for key in ("kappa", "low", "high")] == [1, 1, 1]
    assert [test[key] for key in ("p", "p_holm", "difference", "low", "high")] == [1, 1, 0, 0, 0]


def test_kappa_is_cohens_of_the_right_answers():
    right = np.random.default_rng(1).random((3, 500)) < [[0.9], [0.6], [0.7]]
    for row, (a, b) in zip(consistency.rows(right_on(right)), ((0, 1), (0, 2), (1, 2)), strict=True):
        assert (row["network_a"], row["network_b"]) == (f"nicknet{a + 1}", f"nicknet{b + 1}")
        assert row["kappa"] == pytest.approx(cohen_kappa_score(right[a], right[b]))
        assert row["low"] < row["kappa"] < row["high"]


def test_kappa_is_undefined_where_agreement_is_certain():
    (row,) = consistency.rows(right_on(np.ones((2, 10))))
    assert (row["observed"], row["kappa"], row["low"]) == (1, None, None)


def test_difference_is_of_accuracies():
    right = np.random.default_rng(2).random((2, 400)) < [[0.8], [0.6]]
    (row,) = mcnemar.rows(right_on(right))
    assert row["only_a_right"] - row["only_b_right"] == right[0].sum() - right[1].sum()
    assert row["difference"] == pytest.approx(right[0].mean() - right[1].mean())
    assert row["low"] < row["difference"] < row["high"]


def test_p_values_are_corrected_over_all_pairs():
    """Ten images more, or fewer, than another run: p = 2 / 2**10; the two equal runs: p = 1."""
    right = np.array([[True] * 20, [True] * 10 + [False] * 10, [True] * 10 + [False] * 10])
    rows = mcnemar.rows(right_on(right))
    assert [row["p"] for row in rows] == pytest.approx([2**-9, 2**-9, 1])
    assert [row["p_holm"] for row in rows] == pytest.approx([3 * 2**-9, 3 * 2**-9, 1])


def test_missed_by_counts_runs():
    wrong = np.array([[1, 1, 0, 0, 1], [1, 0, 0, 0, 1], [1, 0, 0, 1, 1]])
    rows = missed_by.rows(right_on(1 - wrong))
    assert [row["count"] for row in rows] == [1, 2, 0, 2]
    assert sum(row["expected_share"] for row in rows) == pytest.approx(1)
    assert rows[3]["expected_share"] == pytest.approx(0.6 * 0.4 * 0.6)


def test_missed_only_by_needs_all_runs_of_the_network_and_no_other():
    wrong = np.array([[[1, 1, 1, 0], [1, 0, 1, 0]], [[0, 0, 1, 1], [0, 0, 1, 1]]])
    rows = missed_only_by.rows(right_on(1 - wrong))
    assert [(row["network"], row["count"]) for row in rows] == [("nicknet1", 1), ("nicknet2", 1)]
    assert rows[0]["expected_share"] == pytest.approx(3 / 4 * 2 / 4 * (2 / 4) ** 2)


def test_comparisons_need_something_to_compare_with():
    one_network = right_on(np.ones((1, 3, 10)))
    assert missed_only_by.FINDING.needs(one_network) == "nicknet1 is the only network"
    assert mcnemar.FINDING.needs(one_network) == consistency.FINDING.needs(one_network) == ""
    one_run = right_on(np.ones((1, 10)))
    assert mcnemar.FINDING.needs(one_run) == consistency.FINDING.needs(one_run) == "there is one run only"
    assert [row["count"] for row in missed_by.rows(one_run)] == [10, 0]
