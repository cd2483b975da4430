import numpy as np
import pytest

from stages.errors import InputError
from stages.evaluate import scores

LABELS = np.array([0, 0, 1, 1, 2], "uint8")
PROBABILITIES = np.array(
    [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.0, 1.0, 0.0], [0.25, 0.5, 0.25], [0.5, 0.25, 0.25]], "float32"
)


def test_scores_by_hand():
    measured = scores.scores(LABELS, PROBABILITIES)
    assert measured["accuracy"] == pytest.approx(3 / 5)
    assert measured["precision"] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert measured["recall"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert measured["loss"] == pytest.approx(-np.log([0.5, 0.25, 1, 0.5, 0.25]).mean())
    assert measured["n"] == 5
    assert measured["predicted_classes"] == 2


def test_a_network_that_predicts_one_class_shows_it():
    one = np.tile(np.array([[0.2, 0.5, 0.3]], "float32"), (5, 1))
    assert scores.scores(LABELS, one)["predicted_classes"] == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_probabilities_that_are_not_finite_are_refused(value):
    probabilities = PROBABILITIES.copy()
    probabilities[3, 1] = value
    with pytest.raises(InputError, match=r"NaN or infinite for 1 of 5 images.*smaller learning_rate"):
        scores.scores(LABELS, probabilities)
