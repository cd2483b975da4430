"""What one saw while a network trained: its scores after every epoch."""

import csv
from collections.abc import Sequence
from pathlib import Path

from stages.errors import InputError
from stages.files import REMAKE, write_csv
from stages.run import Run

FOLDER = Path("data/history")
QUANTITIES = ("accuracy", "loss", "precision")
"""Shares 0..1; loss is the cross entropy in nats an image; precision is the mean over classes."""
COLUMNS = ("epoch", "part", *QUANTITIES)
"""Epochs count from 1; part is 'training' (a mean over the epoch, as the weights move) or 'held-out' (at its end)."""

Row = dict[str, int | str | float]
"""A mapping with the keys COLUMNS."""


def path(run: Run) -> Path:
    """CSV with COLUMNS, two rows an epoch."""
    return run.file(FOLDER, ".csv")


def write(run: Run, rows: Sequence[Row]) -> None:
    write_csv(path(run), rows, COLUMNS)


def read(run: Run) -> list[Row]:
    """The rows, in the order of the epochs; InputError where the file is missing or another."""
    try:
        with path(run).open(encoding="utf-8", newline="") as file:
            return [
                {"epoch": int(row["epoch"]), "part": row["part"], **{name: float(row[name]) for name in QUANTITIES}}
                for row in csv.DictReader(file)
            ]
    except FileNotFoundError:
        raise InputError(
            f"{path(run)} is missing. Run `dvc repro train@{run.network}-{run.seed}` to make it."
        ) from None
    except (KeyError, ValueError, TypeError):
        raise InputError(f"{path(run)} is no history with the columns {', '.join(COLUMNS)}. {REMAKE}") from None
