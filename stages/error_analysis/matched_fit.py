"""Optimizers compared where they fit the training images equally well: does one generalize better, or only fit faster?

Descriptive: training loss was not set, it came about, so this is associated, not causal.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from stages.error_analysis.grid import Grid, Run
from stages.error_analysis.table import Refusal, Table

LEVELS = 5
"""Training losses at which two networks are compared, evenly spaced over those that both went through."""

History = Sequence[Mapping[str, str]]


def matched_fit(histories: Mapping[Run, History], grid: Grid) -> tuple[Table | None, list[Refusal]]:
    """Held-out error of both optimizers at the same training loss, for each kernel size and seed.

    histories: the rows that training wrote: epoch, images ('training' or 'held-out'), accuracy, loss.
    """
    rows = []
    refusals = []
    if len(grid.optimizers) == 2:
        pairs = [
            (size, *(grid.cells.get((optimizer, size)) for optimizer in grid.optimizers)) for size in grid.kernel_sizes
        ]
        for size, a, b in [pair for pair in pairs if None not in pair]:
            for seed in grid.seeds:
                one, other = (curves(histories[Run(network, seed)]) for network in (a, b))
                levels = common_losses(one[0], other[0])
                if not len(levels):
                    reason = f"{a} and {b}, seed {seed}, never had the same training loss"
                    refusals.append(Refusal("optimizers at the same training loss", reason))
                for level in levels:
                    (epoch_a, error_a), (epoch_b, error_b) = reached(*one, level), reached(*other, level)
                    row = {"kernel_size": size, "seed": seed, "training_loss": float(level)}
                    row |= {"network_a": a, "error_a": error_a, "epoch_a": epoch_a}
                    row |= {"network_b": b, "error_b": error_b, "epoch_b": epoch_b}
                    rows.append(row | {"difference": error_a - error_b})
    if not rows:
        return None, refusals
    columns = (
        "kernel_size",
        "seed",
        "training_loss",
        "network_a",
        "error_a",
        "epoch_a",
        "network_b",
        "error_b",
        "epoch_b",
    )
    caption = (
        "Held-out error of both optimizers when they first reach the same training loss, interpolated between epochs. "
        "Descriptive, without intervals."
    )
    return Table("matched_fit", caption, "associated", (*columns, "difference"), rows), refusals


def curves(history: History) -> tuple[np.ndarray, np.ndarray]:
    """Training loss and held-out error of every epoch, float (epochs,) each."""
    losses = [float(row["loss"]) for row in history if row["images"] == "training"]
    errors = [1 - float(row["accuracy"]) for row in history if row["images"] == "held-out"]
    return np.array(losses), np.array(errors)


def common_losses(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Losses that both went through, from the highest to the lowest; empty where there are none."""
    high, low = min(one[0], other[0]), max(one.min(), other.min())
    return np.linspace(high, low, LEVELS) if high > low else np.empty(0)


def reached(losses: np.ndarray, errors: np.ndarray, level: float) -> tuple[float, float]:
    """Epoch, from 1, at which the loss first is at or below the level, and the error then; linear between epochs."""
    after = int(np.argmax(losses <= level))
    if after == 0:
        return 1.0, float(errors[0])
    part = (losses[after - 1] - level) / (losses[after - 1] - losses[after])
    return float(after + part), float(errors[after - 1] + part * (errors[after] - errors[after - 1]))
