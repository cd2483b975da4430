"""What the analysis says: tables of numbers, and refusals where the grid cannot support one."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["causal", "associated", "by row"]
"""Causal: a setting, the classes allowed or the pixels were changed, and the outcome compared. Associated: all else.
By row: the rows say it themselves, in a column `kind`; those of the refusals claim nothing."""


@dataclass(frozen=True)
class Table:
    """A table that becomes plots/errors/<name>.csv.

    rows: one dict a row, keys are `columns`; values are str, bool, int, float, or None where there is no number.
    """

    name: str
    caption: str
    kind: Kind
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]

    def labelled_columns(self) -> tuple[str, ...]:
        """The columns of the file: the table's own, and `kind` unless the rows have it."""
        return self.columns if self.kind == "by row" else (*self.columns, "kind")

    def labelled_rows(self) -> list[dict[str, Any]]:
        """The rows of the file: `kind` in each, floats rounded to 9 significant digits.

        The order in which a processor sums moves the last digits; nine are more than any interval needs.
        """
        label = {} if self.kind == "by row" else {"kind": self.kind}
        return [{key: _rounded(value) for key, value in row.items()} | label for row in self.rows]


@dataclass(frozen=True)
class Refusal:
    """An analysis that the grid cannot support, and why."""

    analysis: str
    reason: str

    def __str__(self) -> str:
        return f"{self.analysis}: {self.reason}"


def _rounded(value: Any) -> Any:
    return float(f"{value:.9g}") if isinstance(value, float) else value
