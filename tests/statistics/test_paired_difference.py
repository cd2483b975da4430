import numpy as np
import pytest

from stages.statistics.intervals import mcnemar_p, paired_difference


def test_the_published_example():
    """statpsych::ci.prop.ps(.05, 12, 4, 26, 6), by the formula's authors, gives 0.2548067 to 0.6251933."""
    first = np.repeat([False, False, True, True], [12, 4, 26, 6])
    second = np.repeat([False, True, False, True], [12, 4, 26, 6])
    result = paired_difference(first, second, 0.95)
    assert (result["low"], result["high"]) == (pytest.approx(0.2548067, abs=1e-7), pytest.approx(0.6251933, abs=1e-7))
    assert result["difference"] == pytest.approx(22 / 48)
    assert result["p"] == mcnemar_p(26, 4)
    assert mcnemar_p(26, 4) == pytest.approx(2 * sum(c / 2**30 for c in (1, 30, 435, 4060, 27405)))  # at most 4 of 30


def test_equal_outcomes_differ_by_zero_with_a_width():
    same = np.arange(50) % 2 == 0
    result = paired_difference(same, same, 0.95)
    assert (result["difference"], result["p"]) == (0, 1)
    assert result["low"] < 0 < result["high"]


def test_no_cases_have_no_number():
    none = np.zeros(0, bool)
    assert set(paired_difference(none, none, 0.95).values()) == {None}
