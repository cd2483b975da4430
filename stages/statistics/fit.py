"""Runs when they first reach the same training loss (docs/analysis.md, sections 3 and 5)."""

from collections.abc import Sequence

import numpy as np

from stages import history

LEVELS = 5
"""Training losses at which two networks are compared, evenly spaced over those that both went through."""


def curves(epochs: Sequence[history.Row]) -> tuple[np.ndarray, np.ndarray]:
    """Training loss and held-out error of every epoch, float (epochs,) each."""
    losses = [float(row["loss"]) for row in epochs if row["part"] == "training"]
    errors = [1 - float(row["accuracy"]) for row in epochs if row["part"] == "held-out"]
    return np.array(losses), np.array(errors)


def common_losses(losses_a: np.ndarray, losses_b: np.ndarray) -> np.ndarray:
    """Losses that both went through, from the highest to the lowest; empty where there are none.

    >>> common_losses(np.array([2.0, 0.5]), np.array([1.6, 0.8])).round(2).tolist()
    [1.6, 1.4, 1.2, 1.0, 0.8]
    """
    high, low = min(losses_a[0], losses_b[0]), max(losses_a.min(), losses_b.min())
    return np.linspace(high, low, LEVELS) if high > low else np.empty(0)


def reached(losses: np.ndarray, level: float) -> float:
    """Epoch, from 1, at which the loss first is at or below the level; linear between epochs.

    >>> reached(np.array([2.0, 1.0, 1.8, 0.5]), 1.75)
    1.25
    """
    after = int(np.argmax(losses <= level))
    if after == 0:
        return 1.0
    return float(after + (losses[after - 1] - level) / (losses[after - 1] - losses[after]))


def between(values: np.ndarray, epoch: float) -> np.ndarray:
    """Values (epochs, ...) at a time between two epochs, from 1, linear.

    >>> float(between(np.array([0.8, 0.6, 0.7]), 1.25).round(3))
    0.75
    """
    before = int(epoch)
    if before == epoch:
        return values[before - 1] + 0.0
    part = epoch - before
    return values[before - 1] + part * (values[before].astype(float) - values[before - 1])


def levels(ladders: list[list[list[np.ndarray]]]) -> np.ndarray:
    """Losses from the highest to the lowest that networks of every ladder pass; empty where there are none.

    ladders: the training losses of every network and seed.

    >>> levels([[[np.array([2.0, 0.5])], [np.array([1.8, 1.0])]], [[np.array([1.6, 0.8])]]]).round(2).tolist()
    [1.6, 1.4, 1.2, 1.0, 0.8]
    """
    highs = [max(min(losses[0] for losses in network) for network in ladder) for ladder in ladders]
    lows = [min(max(losses.min() for losses in network) for network in ladder) for ladder in ladders]
    high, low = min(highs), max(lows)
    return np.linspace(high, low, LEVELS) if high > low else np.empty(0)
