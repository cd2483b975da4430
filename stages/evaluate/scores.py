"""Scores of one network's predictions; labels are uint8 (n,), probabilities float32 (n, classes)."""

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support

from stages.errors import InputError
from stages.streams import stream

CLASS_COLUMNS = ("class", "images", "predicted", "precision", "recall", "f1")
CONFUSION_COLUMNS = ("actual", "predicted", "images", "share")


def scores(labels, probabilities):
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
            "Set a smaller learning_rate in params.yaml."
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
        "images": len(labels),
        "predicted_classes": len(np.unique(predicted)),
    }


def class_rows(labels, probabilities, names):
    """One row a class with CLASS_COLUMNS: images of the class, how often it is predicted, scores in 0..1.

    A class never predicted has precision 0, a class without images recall 0.
    """
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, images = precision_recall_fscore_support(
        labels, predicted, labels=np.arange(len(names)), zero_division=0
    )
    chosen = np.bincount(predicted, minlength=len(names))
    columns = (names, images.tolist(), chosen.tolist(), precision.tolist(), recall.tolist(), f1.tolist())
    return [dict(zip(CLASS_COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]


def confusion_rows(labels, probabilities, names):
    """One row a pair of classes with CONFUSION_COLUMNS; share is of the images of the actual class, 0..1."""
    counts = confusion_matrix(labels, probabilities.argmax(axis=1), labels=np.arange(len(names)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return [
        dict(zip(CONFUSION_COLUMNS, (actual, predicted, int(counts[i, j]), float(shares[i, j])), strict=True))
        for i, actual in enumerate(names)
        for j, predicted in enumerate(names)
    ]


def draw(labels, probabilities, right, images, seed):
    """Positions (k,) of at most `images` random predictions that are right (or wrong), in random order."""
    found = np.flatnonzero((probabilities.argmax(axis=1) == labels) == right)
    return stream("examples", seed, int(right)).permutation(found)[:images]
