"""Numbers and tables as text, the same wherever results are read: on the page, in Markdown, in pictures."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

MINUS, NONE = "\N{MINUS SIGN}", "\N{EN DASH}"

LISTED = 4
"""Numbers of one quantity that are named one by one; of more, the range is given."""


def number(value: Any, digits: int = 3) -> str:
    """A value of a table: a dash for none, thousands separators, true minus signs, small floats as powers of ten.

    >>> number(0.12345), number(12345), number(True), number("cat")
    ('0.123', '12,345', 'yes', 'cat')
    """
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace("-", MINUS)
    if isinstance(value, float):
        small = 0 < abs(value) < 10**-digits
        return (f"{value:.1e}" if small else f"{value + 0.0:.{digits}f}").replace("-", MINUS)
    return str(value)


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """Both ends in brackets, '' where there is no interval.

    >>> interval(0.5, 1.0), interval(None, None)
    ('[0.500, 1.000]', '')
    """
    return "" if low is None or high is None else f"[{number(low, digits)}, {number(high, digits)}]"


def percent(value: float, digits: int = 0) -> str:
    """A share as a percentage, without the sign; never '-0'.

    >>> percent(0.123), percent(0.051, 1), percent(-0.0001)
    ('12', '5.1', '0')
    """
    text = f"{100 * value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", MINUS)


def markdown(rows: Sequence[Sequence[str]], header: Sequence[str]) -> str:
    r"""A table in Markdown. Cells are not filled up, so that a changed one changes its row only.

    >>> print(markdown([["a|b", "1"]], ["x", "y"]))
    | x | y |
    | --- | --- |
    | a\|b | 1 |
    """
    cells = [[cell.replace("|", r"\|").replace("\n", "<br>") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, ["---"] * len(header), *cells))


class Part(NamedTuple):
    """A number and its interval, as text; '' where there is none."""

    value: str
    interval: str


class Clause(NamedTuple):
    """All numbers of one quantity; n: the sample sizes, '' where there are none."""

    quantity: str
    parts: list[Part]
    n: str


def clauses(rows: Sequence[Mapping[str, Any]]) -> list[Clause]:
    """What rows of the table claim_numbers say: one clause a quantity, each run where there are few, else the range.

    >>> row = {"quantity": "recall", "network": "a", "seed": 0, "value": 0.5, "low": 0.4, "high": 0.6, "n": 9}
    >>> clauses([row])
    [Clause(quantity='recall', parts=[Part(value='a 0.500', interval='[0.400, 0.600]')], n='9')]
    >>> clauses([row | {"value": place / 10} for place in range(5)])[0].parts
    [Part(value='0.000 to 0.400 over 5 runs', interval='within [0.400, 0.600]')]
    """
    seeds = len({row["seed"] for row in rows} - {None}) > 1
    by_quantity: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["value"] is not None:
            by_quantity.setdefault(row["quantity"], []).append(row)
    return [Clause(quantity, _parts(of, seeds), _sizes(of)) for quantity, of in by_quantity.items()]


def _parts(rows: Sequence[Mapping[str, Any]], seeds: bool) -> list[Part]:
    ends = [row[key] for row in rows for key in ("value", "low", "high") if row[key] is not None]
    digits = 0 if all(end == round(end) for end in ends) else 3  # ranks and counts
    if len(rows) <= LISTED:
        return [
            Part(
                f"{_run(row, seeds)} {number(row['value'], digits)}".strip(), interval(row["low"], row["high"], digits)
            )
            for row in rows
        ]
    values, lows, highs = ([row[key] for row in rows if row[key] is not None] for key in ("value", "low", "high"))
    of = "networks" if rows[0]["seed"] is None else "runs"
    text = f"{number(min(values), digits)} to {number(max(values), digits)} over {len(rows)} {of}"
    return [Part(text, f"within {interval(min(lows), max(highs), digits)}" if lows and highs else "")]


def _run(row: Mapping[str, Any], seeds: bool) -> str:
    return row["network"] + (f" seed {row['seed']}" if seeds and row["seed"] is not None else "")


def _sizes(rows: Sequence[Mapping[str, Any]]) -> str:
    sizes = sorted({row["n"] for row in rows} - {None})
    return " to ".join(map(number, [sizes[0], sizes[-1]] if len(sizes) > 1 else sizes))


def signed(value: float, digits: int = 3) -> str:
    """A difference, with its sign.

    >>> signed(0.008), signed(0.0)
    ('+0.008', '0.000')
    """
    return ("+" if value > 0 else "") + number(value, digits)
