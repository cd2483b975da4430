"""Tables of numbers whose columns say what they hold, and refusals where a grid cannot support one."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from stages.errors import InputError
from stages.files import REMAKE, write_csv

FOLDER = Path("data/analysis")

Kind = Literal["causal", "associated", "by row"]
"""Causal: a setting, the classes allowed or the pixels were changed, and the outcome compared. Associated: all else.
By row: the rows say it themselves, in a column `kind`; those of the refusals claim nothing."""

Row = dict[str, Any]
"""Values are str, bool, int, float, or None where there is no number."""


class Column(NamedTuple):
    """What a column holds. type: str, int, float or bool. meaning: with unit and range, for the reader."""

    type: type
    meaning: str


def ends(low: str, high: str, interval: str, empty: str = "", type: type = float) -> dict[str, Column]:
    """The columns of an interval's ends. empty: of the lower one, when there is none."""
    return {low: Column(type, f"lower end of {interval}{empty}"), high: Column(type, f"upper end of {interval}")}


def both_ends(interval: str, name: str = "") -> dict[str, Column]:
    """The columns of the ends of two intervals, over new images and over new seeds."""
    return {
        **ends(f"{name}low_images", f"{name}high_images", f"{interval} over new images"),
        **ends(f"{name}low_seeds", f"{name}high_seeds", f"{interval} over new seeds"),
    }


@dataclass(frozen=True)
class Table:
    """Rows under described columns, which become <name>.csv. Every row has exactly these keys."""

    name: str
    kind: Kind
    columns: Mapping[str, Column]
    rows: list[Row]

    def where(self, **values: object) -> list[Row]:
        """The rows in which the columns have these values."""
        return [row for row in self.rows if all(row[column] == value for column, value in values.items())]

    def write(self, folder: Path | None = None) -> None:
        """As CSV in a folder, FOLDER if None, with `kind` in each row; floats rounded to 9 significant digits.

        The order in which a processor sums moves the last digits; nine are more than any interval needs.
        """
        kind = {} if self.kind == "by row" else {"kind": self.kind}
        rows = [{column: _rounded(row[column]) for column in self.columns} | kind for row in self.rows]
        write_csv((folder or FOLDER) / f"{self.name}.csv", rows, [*self.columns, *kind])


def read(name: str, kind: Kind, columns: Mapping[str, Column], folder: Path | None = None) -> Table | None:
    """The table as written, to FOLDER if None; None where there is no file, because the grid could not support it."""
    path = (folder or FOLDER) / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {key: _parsed(row[key], column.type) for key, column in columns.items()} for row in csv.DictReader(file)
            ]
    except FileNotFoundError:
        return None
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path} is not the table with the columns {', '.join(columns)} ({error}). {REMAKE}") from None
    return Table(name, kind, columns, rows)


class Refusal(NamedTuple):
    """An analysis that the grid cannot support, and why."""

    analysis: str
    reason: str


def _rounded(value: Any) -> Any:
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _parsed(text: str, kind: type) -> Any:
    if kind is str:
        return text
    if not text:
        return None
    return text == "True" if kind is bool else kind(text)
