import numpy as np

from stages.statistics.knockout import repairing_class, without


def test_the_predicted_class_repairs_where_the_truth_is_second_and_no_other_does():
    rng = np.random.default_rng(0)
    labels, probabilities = rng.integers(0, 4, 300), rng.dirichlet(np.ones(4), (2, 300))
    answers = np.stack([without(probabilities, removed) for removed in range(4)])
    wrong = probabilities.argmax(axis=2) != labels
    assert ((answers == labels) & wrong).sum(axis=0).max() == 1
    repairs = ((answers == labels) & wrong).any(axis=0)
    expected = np.where(repairs, ((answers == labels) & wrong).argmax(axis=0), -1)
    np.testing.assert_array_equal(repairing_class(labels, probabilities), expected)


def test_equal_probabilities_go_to_the_lower_class_before_and_after():
    found = repairing_class(np.array([1, 2], np.uint8), np.full((1, 2, 4), 0.25, np.float32))
    np.testing.assert_array_equal(found, [[0, -1]])
