"""Scores of one network's predictions; labels are uint8 (n,), probabilities float32 (n, classes)."""

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import accuracy_score, log_loss, precision_recall_fscore_support

from stages.errors import InputError


def scores(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float | int]:
    """Dict of floats in 0..1, loss in nats an image from 0, the number of images, and that of predicted classes.

    Precision and recall are means over the classes that occur in labels or predictions; a class that is never
    predicted has precision 0. Loss is the cross entropy of the probabilities. A network that predicts one class
    only has learned nothing, however the scores look.

    Raises InputError where a probability is NaN or infinite.
    """
    broken = int((~np.isfinite(probabilities).all(axis=1)).sum())
    if broken:
        raise InputError(
            f"the network's output is NaN or infinite for {broken} of {len(labels)} images: its weights are too large. "
            "Set a smaller learning_rate in params.yaml; of a pretrained network, check its scaling."
        )
    classes = np.arange(probabilities.shape[1])
    normalised = probabilities / probabilities.sum(axis=1, keepdims=True, dtype="float64")
    predicted = probabilities.argmax(axis=1)
    precision, recall, _, _ = precision_recall_fscore_support(labels, predicted, average="macro", zero_division=0)
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "precision": float(precision),
        "recall": float(recall),
        "loss": float(log_loss(labels, normalised, labels=classes)),
        "n": len(labels),
        "predicted_classes": len(np.unique(predicted)),
    }


def doubted(measured: Mapping[str, float | int], classes: int, scaling: str) -> str:
    """Why a pretrained network may not see what it learned to see; '' for no reason. measured: its scores.

    >>> doubted({"accuracy": 0.08, "predicted_classes": 7}, 10, "unit")[:41]
    'an accuracy of 8.0%, not above chance, 10'
    >>> doubted({"accuracy": 0.6, "predicted_classes": 10}, 10, "unit")
    ''
    """
    if measured["predicted_classes"] > 1 and measured["accuracy"] > 1 / classes:
        return ""
    return (
        f"an accuracy of {measured['accuracy']:.1%}, not above chance, {1 / classes:.1%}: does it expect pixels of "
        f"`scaling: {scaling}`, and the classes in this order?"
    )
