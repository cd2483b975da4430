"""A Keras metric that Keras does not have: macro-averaged precision of single-label classes."""

import keras
from keras import ops


class MacroPrecision(keras.metrics.Metric):
    """Mean over classes of the share of right ones among the images predicted as the class.

    A class that is never predicted counts 0, as in sklearn.metrics.precision_score(average="macro", zero_division=0).
    Labels are int (n,), predictions logits or probabilities (n, classes), weights (n,).
    """

    def __init__(self, classes, name="precision", **kwargs):
        super().__init__(name=name, **kwargs)
        self._classes = classes
        self._right = self.add_variable((classes,), "zeros", name="right")
        self._predicted = self.add_variable((classes,), "zeros", name="predicted")

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        chosen = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
        weights = ops.ones_like(labels, "float32") if sample_weight is None else ops.cast(sample_weight, "float32")
        predicted = ops.one_hot(chosen, self._classes) * weights[:, None]
        right = predicted * ops.cast(labels == chosen, "float32")[:, None]
        self._predicted.assign_add(ops.sum(predicted, axis=0))
        self._right.assign_add(ops.sum(right, axis=0))

    def result(self):
        # Both counts are exact: whole numbers below 2**24 in float32.
        return ops.mean(self._right / ops.maximum(self._predicted, 1))
