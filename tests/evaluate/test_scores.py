import numpy as np
import pytest

from stages.errors import InputError
from stages.evaluate import figures, scores

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
    assert measured["images"] == 5
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


def test_classes_by_hand():
    rows = scores.class_rows(LABELS, PROBABILITIES, ["a", "b", "c"])
    assert [row["images"] for row in rows] == [2, 2, 1]
    assert [row["predicted"] for row in rows] == [2, 3, 0]
    assert [row["precision"] for row in rows] == pytest.approx([1 / 2, 2 / 3, 0])
    assert [row["recall"] for row in rows] == pytest.approx([1 / 2, 1, 0])


def test_confusions_by_hand():
    rows = scores.confusion_rows(LABELS, PROBABILITIES, ["a", "b", "c"])
    assert len(rows) == 9
    assert rows[1] == {"actual": "a", "predicted": "b", "images": 1, "share": 0.5}
    assert rows[6] == {"actual": "c", "predicted": "a", "images": 1, "share": 1.0}
    assert sum(row["images"] for row in rows) == 5


def test_a_class_without_images_has_no_share():
    rows = scores.confusion_rows(LABELS[:4], PROBABILITIES[:4], ["a", "b", "c"])
    assert {row["share"] for row in rows if row["actual"] == "c"} == {0.0}


def test_drawn_predictions_are_what_they_are_called():
    right = scores.draw(LABELS, PROBABILITIES, True, 12, seed=0)
    wrong = scores.draw(LABELS, PROBABILITIES, False, 12, seed=0)
    assert sorted(right) == [0, 2, 3]
    assert sorted(wrong) == [1, 4]
    assert len(scores.draw(LABELS, PROBABILITIES, True, 2, seed=0)) == 2


def test_the_picture_says_truth_prediction_and_probability():
    images = np.zeros((2, 4, 4, 3), "uint8")
    figure = figures.examples(images, LABELS[:2], PROBABILITIES[:2], ["cat", "dog", "ship"], "title")
    texts = [axes.get_xlabel() for axes in figure.axes]
    assert texts[:2] == ["true: cat\npredicted: cat (50%)", "true: cat\npredicted: dog (50%)"]


def test_the_picture_of_no_predictions_says_so():
    figure = figures.examples(np.zeros((0, 4, 4, 3), "uint8"), LABELS[:0], PROBABILITIES[:0], ["a", "b", "c"], "title")
    assert figure.axes[0].texts[0].get_text() == "none"
