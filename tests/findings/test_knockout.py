from dataclasses import replace

import numpy as np
import pytest

from stages.findings.networks import knockout, knockout_any, pair_repair
from stages.statistics.knockout import without
from tests import worlds

NAMES = ("bird", "cat", "ship", "truck")


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    return worlds.sample(rng.integers(0, 4, 300), rng.dirichlet(np.ones(4), (2, 1, 300)), NAMES)


def test_repair_is_the_gain_in_accuracy_over_what_was_missing(sample):
    """Against the definition, by taking each class away for real."""
    table = knockout.FINDING.table(sample)
    assert len(table.rows) == 2 * 4 * 3
    for row in table.rows:
        true, other = NAMES.index(row["true"]), NAMES.index(row["removed"])
        answers = sample.probabilities[sample.networks.index(row["network"]), 0, sample.labels == true]
        accuracy, repaired = np.mean(answers.argmax(axis=1) == true), np.mean(without(answers, other) == true)
        assert row["repair"] == pytest.approx((repaired - accuracy) / (1 - accuracy))
        assert row["low"] <= row["repair"] <= row["high"]


def test_removing_the_answer_repairs_what_has_the_truth_second(sample):
    second = np.argsort(-sample.probabilities, axis=3)[..., 1]
    rows = knockout_any.FINDING.table(sample).rows
    assert [row["repaired"] for row in rows] == (second == sample.labels).sum(axis=2)[:, 0].tolist()
    assert [row["n"] for row in rows] == (~sample.right).sum(axis=2)[:, 0].tolist()


def test_a_class_without_errors_has_no_repair():
    sample = worlds.sample(range(4), np.eye(4)[None, None], NAMES)
    assert {row["repair"] for row in knockout.FINDING.table(sample).rows} == {None}
    assert {row["repair"] for row in pair_repair.FINDING.table(sample).rows} == {0}


def test_the_pair_that_repairs_most_is_first():
    labels = np.repeat(np.arange(4), 100)
    predicted, second = labels.copy(), labels.copy()
    wrong = np.arange(400) % 100 < 40
    predicted[wrong & (labels == 0)], predicted[wrong & (labels == 1)] = 1, 0
    predicted[wrong & (labels == 2)], second[wrong & (labels == 2)] = 3, 0
    probabilities = np.full((400, 4), 0.01)
    probabilities[np.arange(400), second] = 0.3
    probabilities[np.arange(400), predicted] = 0.6
    first, *others = pair_repair.FINDING.table(worlds.sample(labels, probabilities[None, None], NAMES)).rows
    assert (first["class_a"], first["class_b"], first["repair"], first["rank"]) == ("bird", "cat", 1, 1)
    assert (first["p_first"], first["n"]) == (1, 80)
    assert [row["rank"] for row in others] == [2] * 5


def test_the_repair_of_a_pair_is_the_mean_over_the_seeds(sample):
    two = replace(sample.grid, networks=("nicknet1",), seeds=(0, 1))
    seeds = np.swapaxes(sample.probabilities, 0, 1)
    table = pair_repair.FINDING.table(
        replace(sample, networks=two.networks, seeds=two.seeds, grid=two, probabilities=seeds)
    )
    (row,) = table.where(class_a="cat", class_b="truck")
    alone = pair_repair.FINDING.table(sample).where(class_a="cat", class_b="truck")
    assert row["repair"] == pytest.approx(np.mean([each["repair"] for each in alone]))
    assert row["n"] == sum(each["n"] for each in alone)


@pytest.mark.parametrize("finding", [knockout.FINDING, knockout_any.FINDING, pair_repair.FINDING])
def test_a_network_that_answers_one_class_only_is_refused(finding, sample):
    constant = replace(sample, probabilities=np.broadcast_to([0.7, 0.1, 0.1, 0.1], sample.probabilities.shape))
    assert finding.needs(sample) == ""
    assert "nicknet1, seed 0 predicts 'bird' for every image" in finding.needs(constant)
