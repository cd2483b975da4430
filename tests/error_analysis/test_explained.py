import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import OneHotEncoder

from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.explained import errors_by_votes, explained, suspect_labels
from tests.error_analysis import worlds


def case(rng, images=500):
    """Errors that depend on the class and on the votes; right: bool (2, 2, images)."""
    labels = rng.integers(0, 3, images).astype(np.uint8)
    votes = np.where(rng.random((images, 3)) < 0.2, (labels[:, None] + 1) % 3, labels[:, None]).astype(np.uint8)
    dissent = (votes != labels[:, None]).sum(axis=1)
    right = rng.random((2, 2, images)) > 0.1 + 0.1 * labels + 0.2 * dissent
    return right, labels, votes


def test_r_squared_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    right, labels, votes = case(rng)
    table, _ = explained(right, labels, votes, Resamples(500, 200, rng), 0.95)
    found = {row["predictor"]: row for row in table.rows}
    outcome = 1 - right.mean(axis=(0, 1))
    columns = {"class": labels[:, None], "human votes": (votes != labels[:, None]).sum(axis=1)[:, None]}
    columns["class and human votes"] = np.hstack(list(columns.values()))
    for name, column in columns.items():
        design = OneHotEncoder(sparse_output=False).fit_transform(column)
        assert found[name]["r2"] == pytest.approx(LinearRegression().fit(design, outcome).score(design, outcome))
        assert found[name]["low"] < found[name]["r2"] < found[name]["high"]


def test_shapley_parts_sum_to_both():
    rng = np.random.default_rng(1)
    table, _ = explained(*case(rng), Resamples(500, 100, rng), 0.95)
    found = {row["predictor"]: row["r2"] for row in table.rows}
    parts = found["class, Shapley"] + found["human votes, Shapley"]
    assert parts == pytest.approx(found["class and human votes"])


def test_errors_that_follow_the_class_alone_are_explained_by_it():
    labels = np.repeat([0, 1], 50).astype(np.uint8)
    table, (refusal,) = explained(
        (labels == 0)[None, None], labels, None, Resamples(100, 50, np.random.default_rng(0)), 0.95
    )
    assert [(row["predictor"], row["r2"]) for row in table.rows] == [("class", pytest.approx(1))]
    assert "human votes are not available" in refusal.reason


def test_nothing_to_explain():
    labels = np.zeros(9, np.uint8)
    table, (refusal,) = explained(np.ones((1, 1, 9), bool), labels, None, None, 0.95)
    assert table is None
    assert refusal.reason == "every image has the same mean error"


def test_error_rate_by_dissent_by_hand():
    labels = np.zeros(4, np.uint8)
    votes = np.array([[0, 0], [0, 1], [1, 0], [0, 0]], np.uint8)
    right = np.array([[[1, 0, 1, 1], [1, 0, 0, 1]], [[1, 1, 1, 0], [1, 1, 1, 0]]], bool)
    resamples = Resamples(4, 200, np.random.default_rng(0))
    table = errors_by_votes(right, ("a", "b"), labels, votes, resamples, 0.95)
    found = {(row["network"], row["dissenting_votes"]): (row["error_rate"], row["n"]) for row in table.rows}
    assert found == {
        ("a", 0): (0, 2),
        ("a", 1): (0.75, 2),
        ("a", 2): (None, 0),
        ("b", 0): (0.5, 2),
        ("b", 1): (0, 2),
        ("b", 2): (None, 0),
        ("all networks", 0): (0.25, 2),
        ("all networks", 1): (0.375, 2),
        ("all networks", 2): (None, 0),
    }


def test_planted_label_noise_is_answered_as_people_do():
    world = worlds.World(label_noise=0.1, seed=0.2)
    draw = worlds.draw(world, np.random.default_rng(0), images=300, seeds=1)
    for row in suspect_labels(draw.runs, draw.votes, 0.95).rows:
        assert row["share"] == 1
        assert row["n"] == (draw.kinds == "label_noise").sum()
