"""Numbers and verdicts as text, beside the examples in the docstrings."""

import pytest

from stages.templates.text import clauses, interval, markdown, number, percent

MINUS = "\N{MINUS SIGN}"
ROW = {"claim": "C1", "quantity": "accuracy", "network": "a", "seed": 0, "value": 0.5, "low": 0.4, "high": 0.6, "n": 9}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "\N{EN DASH}"),
        ("", "\N{EN DASH}"),
        (-0.5, f"{MINUS}0.500"),
        (-0.0, "0.000"),
        (0.00012, f"1.2e{MINUS}04"),
        (False, "no"),
    ],
)
def test_a_tables_value(value, expected):
    assert number(value) == expected


def test_an_interval_has_both_ends_or_none():
    assert interval(-1.0, 0.25) == f"[{MINUS}1.000, 0.250]"
    assert interval(None, 0.25) == ""


@pytest.mark.parametrize(
    ("value", "digits", "expected"), [(0.123, 0, "12"), (-0.051, 1, f"{MINUS}5.1"), (-0.0001, 0, "0"), (1, 0, "100")]
)
def test_percent(value, digits, expected):
    assert percent(value, digits) == expected


def test_few_numbers_are_named_each_with_its_interval():
    (clause,) = clauses([ROW, ROW | {"network": "b", "value": 0.75, "low": None, "high": None, "n": 1200}])
    assert clause.quantity == "accuracy"
    assert clause.parts == [("a 0.500", "[0.400, 0.600]"), ("b 0.750", "")]
    assert clause.n == "9 to 1,200"


def test_seeds_are_named_where_runs_differ_in_them():
    (clause,) = clauses([ROW, ROW | {"seed": 1}])
    assert [part.value for part in clause.parts] == ["a seed 0 0.500", "a seed 1 0.500"]


def test_of_many_runs_the_range_is_given():
    (clause,) = clauses([ROW | {"seed": seed, "value": seed / 10, "low": seed / 10 - 0.5} for seed in range(5)])
    assert clause.parts == [("0.000 to 0.400 over 5 runs", f"within [{MINUS}0.500, 0.600]")]


def test_ranks_have_no_decimals_and_verdicts_without_numbers_no_clause():
    rank = ROW | {"quantity": "rank", "value": 1.0, "low": 1.0, "high": 12.0, "n": None}
    assert clauses([rank, ROW | {"quantity": "order", "value": None}]) == [("rank", [("a 1", "[1, 12]")], "")]


def test_cells_cannot_break_a_markdown_table():
    assert markdown([["a|b\nc"]], ["x"]).splitlines()[2] == r"| a\|b<br>c |"
