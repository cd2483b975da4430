import numpy as np
import pytest
from scipy import stats
from stages.error_analysis.intervals import holm, holm_upper_bounds, over_seeds, percentile, wilson


def test_wilson_by_hand():
    z, p, n = stats.norm.ppf(0.975), 0.8, 10
    centre, half = (p + z**2 / 2 / n) / (1 + z**2 / n), z / (1 + z**2 / n) * np.sqrt(p * 0.2 / n + z**2 / 4 / n**2)
    found = wilson(8, 10, 0.95)
    assert found == {"value": 0.8, "low": pytest.approx(centre - half), "high": pytest.approx(centre + half)}


def test_wilson_of_nothing_has_no_number():
    assert wilson(0, 0, 0.95) == {"value": None, "low": None, "high": None}


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_holm_never_exceeds_one_and_keeps_the_order():
    p_values = np.random.default_rng(0).random(50)
    adjusted = holm(p_values)
    assert adjusted.max() <= 1
    assert np.all(np.diff(adjusted[np.argsort(p_values)]) >= 0)


def test_holm_bounds_say_what_the_adjusted_p_values_say():
    rng = np.random.default_rng(1)
    totals = rng.integers(5, 200, 60)
    successes = rng.binomial(totals, rng.uniform(0.2, 0.7, 60))
    p_values, adjusted, bounds = holm_upper_bounds(successes, totals, 0.5, 0.95)
    np.testing.assert_array_equal(bounds < 0.5, adjusted < 0.05)
    assert 0 < (adjusted < 0.05).sum() < (p_values < 0.05).sum()
    assert np.all(bounds > successes / totals)


def test_t_interval_over_seeds_agrees_with_scipy():
    contrasts = np.array([0.11, 0.09, 0.14])
    expected = stats.ttest_1samp(contrasts, 0).confidence_interval(0.9)
    np.testing.assert_allclose(over_seeds(contrasts, 0.9), expected)


def test_one_seed_has_no_interval_over_seeds():
    assert over_seeds(np.array([0.1]), 0.95) is None


def test_percentile_leaves_undefined_samples_out():
    samples = np.append(np.arange(101.0), np.nan)
    np.testing.assert_allclose(percentile(samples, 0.9), (5, 95))
