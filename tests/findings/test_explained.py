"""What class and people's votes say of an image's errors, by hand and beside scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import OneHotEncoder

from stages.findings.causes import contradicted_labels, suspect_labels
from stages.findings.sources import errors_by_votes, explained
from tests import worlds


def with_votes(seed, images=500):
    """Errors that depend on the class and on the votes, of two networks with two seeds."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, images)
    votes = np.where(rng.random((images, 3)) < 0.2, (labels[:, None] + 1) % 3, labels[:, None])
    dissent = (votes != labels[:, None]).sum(axis=1)
    right = rng.random((2, 2, images)) > 0.1 + 0.1 * labels + 0.2 * dissent
    return worlds.right_in(right, labels=labels, votes=votes.astype(np.uint8))


def test_r_squared_agrees_with_scikit_learn():
    sample = with_votes(0)
    rows = {row["predictor"]: row for row in explained.rows(sample)}
    outcome = 1 - sample.right.mean(axis=(0, 1))
    dissent = (sample.votes != sample.labels[:, None]).sum(axis=1)
    columns = {"class": sample.labels[:, None], "human votes": dissent[:, None]}
    columns["class and human votes"] = np.hstack(list(columns.values()))
    for name, column in columns.items():
        design = OneHotEncoder(sparse_output=False).fit_transform(column)
        assert rows[name]["r2"] == pytest.approx(LinearRegression().fit(design, outcome).score(design, outcome))
        assert rows[name]["low"] < rows[name]["r2"] < rows[name]["high"]


def test_shapley_parts_sum_to_both():
    r2 = {row["predictor"]: row["r2"] for row in explained.rows(with_votes(1))}
    assert r2["class, Shapley"] + r2["human votes, Shapley"] == pytest.approx(r2["class and human votes"])


def test_errors_that_follow_the_class_alone_are_explained_by_it():
    labels = np.repeat([0, 1], 50)
    sample = worlds.right_in((labels == 0)[None, None], labels=labels)
    assert [(row["predictor"], row["r2"]) for row in explained.rows(sample)] == [("class", pytest.approx(1))]
    (refusal,) = explained.FINDING.limits(sample)
    assert refusal.analysis == "errors explained by human votes"
    for finding in (errors_by_votes, suspect_labels, contradicted_labels):
        assert finding.FINDING.needs(sample) == refusal.reason
    assert refusal.reason == "human votes are not available (params data.human_votes)"


def test_nothing_to_explain():
    assert explained.FINDING.needs(worlds.right_in(np.ones((1, 1, 9), bool))) == "every image has the same mean error"


def test_error_rate_by_dissent_by_hand():
    right = np.array([[[1, 0, 1, 1], [1, 0, 0, 1]], [[1, 1, 1, 0], [1, 1, 1, 0]]], bool)
    votes = np.array([[0, 0], [0, 1], [1, 255], [0, 255]], np.uint8)
    rows = errors_by_votes.rows(worlds.right_in(right, labels=[0] * 4, votes=votes))
    assert {(row["network"], row["dissenting_votes"]): (row["error_rate"], row["n"]) for row in rows} == {
        ("nicknet1", 0): (0, 2),
        ("nicknet1", 1): (0.75, 2),
        ("nicknet1", 2): (None, 0),
        ("nicknet2", 0): (0.5, 2),
        ("nicknet2", 1): (0, 2),
        ("nicknet2", 2): (None, 0),
        ("all networks", 0): (0.25, 2),
        ("all networks", 1): (0.375, 2),
        ("all networks", 2): (None, 0),
    }


def test_errors_on_test_images_stand_beside_where_people_labelled_these():
    sample = worlds.right_in(np.ones((1, 1, 3), bool), labels=[0, 0, 1], votes=np.zeros((3, 1), np.uint8))
    right = np.array([[[1, 0, 0]]], bool)
    test = worlds.right_in(right, labels=[0, 0, 1], votes=np.array([[0, 0], [1, 1], [1, 0]], np.uint8), part="test")
    table = errors_by_votes.FINDING.table(replace(sample, others={"test": test}))
    found = {(row["part"], row["dissenting_votes"]): row["error_rate"] for row in table.where(network="nicknet1")}
    assert found == {("held-out", 0): 0, ("held-out", 1): 0, ("test", 0): 0, ("test", 1): 1, ("test", 2): 1}
    assert errors_by_votes.FINDING.answer(table).sentence.startswith("Of the images whose label nobody disputes, 0%")
    unasked = replace(sample, others={"test": replace(test, votes=None)})
    assert {row["part"] for row in errors_by_votes.rows(unasked)} == {"held-out"}


def test_planted_label_noise_is_answered_as_people_do():
    world = worlds.World(label_noise=0.1, seed=0.2)
    draw = worlds.draw(world, np.random.default_rng(0), images=300, seeds=1)
    for row in suspect_labels.rows(draw.sample):
        assert row["share"] == 1
        assert row["n"] == row["as_people"] == (draw.kinds == "label_noise").sum()


def test_contradicted_labels_by_hand():
    """Of two annotators, each takes one of four images of class 0 for class 1; the last image has one vote."""
    votes = np.array([[1, 1], [0, 0], [0, 0], [0, 0], [1, 255]], np.uint8)
    sample = worlds.right_in(np.ones((1, 1, 5), bool), labels=[0, 0, 0, 0, 1], votes=votes)
    rows = {row["true"]: (row["suspect"], row["by_slips"], row["n"]) for row in contradicted_labels.rows(sample)}
    assert rows == {"airplane": (1, 4 / 16, 4), "automobile": (0, 0, 0), "all classes": (1, 4 / 16, 4)}
