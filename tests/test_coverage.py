"""Every interval of the page holds the truth as often as it states; benchmarks/coverage.py has the worlds."""

import pytest

from benchmarks import coverage, report

DRAWS = 100
"""Half of those of benchmarks/results/coverage.md: minutes less, and what is called short allows for it."""


def test_every_interval_has_a_truth():
    assert coverage.unlisted() == set()


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_state_and_what_is_planted_is_found():
    found, recovered = coverage.measured(draws=DRAWS)
    assert [one[:3] for one in found if one.short] == []
    for words, planted, estimate in recovered:
        assert estimate == pytest.approx(planted, abs=0.01), words
    written = (report.RESULTS / "coverage.md").read_text(encoding="utf-8")
    assert named(written) == named(coverage.text(found, recovered))


def named(text):
    """The intervals, and the parts planted, of the file."""
    intervals, _, parts = text.partition("## What is planted")
    return [
        *(line.split(" | ")[:3] for line in intervals.splitlines()),
        *(line.split(" | ")[0] for line in parts.splitlines()),
    ]
