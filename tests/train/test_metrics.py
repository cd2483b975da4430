import numpy as np
import pytest
from sklearn.metrics import precision_score

from stages.train.metrics import MacroPrecision


def test_by_hand_over_two_batches_with_padding():
    metric = MacroPrecision(3)
    one_hot = np.eye(3, dtype="float32")
    metric.update_state([0, 1], one_hot[[0, 0]], sample_weight=[1, 1])
    metric.update_state([1, 0], one_hot[[1, 2]], sample_weight=[1, 0])
    assert float(metric.result()) == pytest.approx((1 / 2 + 1 + 0) / 3)
    metric.reset_state()
    assert float(metric.result()) == 0


def test_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    labels, logits = rng.integers(0, 5, 400), rng.normal(size=(400, 5)).astype("float32")
    metric = MacroPrecision(5)
    for part in np.split(np.arange(400), 4):
        metric.update_state(labels[part], logits[part])
    expected = precision_score(labels, logits.argmax(1), average="macro", zero_division=0)
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)
