"""The tables that `dvc plots` draws, with the templates in .dvc/plots."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from stages.files import write_csv
from stages.history import COLUMNS
from stages.report.results import Results
from stages.statistics.confusions import REST
from stages.statistics.table import Row

CHARTS: Mapping[str, Sequence[str]] = {
    "curves": ("network", "seed", *COLUMNS),
    "confusion": ("network", "seed", "true", "predicted", "count"),
    "verdicts": ("claim", "verdict", "reason"),
}
"""Columns of plots/<name>.csv."""


def write(results: Results, folder: Path) -> None:
    rows = {
        "curves": results.rows("curves"),
        "confusion": short_matrix([row for row in results.rows("confusions") if row["true"] != REST]),
        "verdicts": results.rows("verdicts"),
    }
    for name, columns in CHARTS.items():
        shown = [{column: row[column] for column in columns} for row in rows[name]]
        write_csv(folder / f"{name}.csv", shown, columns)


def short_matrix(rows: Sequence[Row]) -> list[Row]:
    """The cells of confusion matrices that hold images; the diagonals come whole and first, to order the classes."""
    diagonal = [row for row in rows if row["true"] == row["predicted"]]
    return diagonal + [row for row in rows if row["true"] != row["predicted"] and row["count"]]
