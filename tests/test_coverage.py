"""Every interval of the page holds the truth as often as it states; benchmarks/coverage.py has the worlds."""

import pytest

from benchmarks import coverage, report


def test_every_interval_has_a_truth():
    assert coverage.unlisted() == set()


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_state():
    found = coverage.measured()
    assert {one[:3] for one in found if one.short} <= coverage.SHORT
    written = (report.RESULTS / "coverage.md").read_text(encoding="utf-8")
    assert [line.split(" | ")[:3] for line in written.splitlines()] == [
        line.split(" | ")[:3] for line in (coverage.ABOUT + coverage.table(found)).splitlines()
    ]
