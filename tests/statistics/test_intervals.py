import numpy as np
import pytest
from scipy import stats

from stages.statistics.intervals import (
    holm,
    mcnemar_p,
    over_seeds,
    over_unpaired_seeds,
    percentile,
    seeds_needed,
    simultaneous,
    simultaneous_bootstrap,
    wilson,
)


def test_wilson_by_hand():
    z, p, n = stats.norm.ppf(0.975), 0.8, 10
    centre, half = (p + z**2 / 2 / n) / (1 + z**2 / n), z / (1 + z**2 / n) * np.sqrt(p * 0.2 / n + z**2 / 4 / n**2)
    expected = {"share": 0.8, "low": pytest.approx(centre - half), "high": pytest.approx(centre + half), "n": 10}
    assert wilson(8, 10, 0.95, "share") == expected


def test_wilson_of_nothing_has_no_number():
    assert wilson(0, 0, 0.95) == {"value": None, "low": None, "high": None, "n": 0}


def test_holm_never_exceeds_one_and_keeps_the_order():
    p_values = np.random.default_rng(0).random(50)
    adjusted = holm(p_values)
    assert adjusted.max() <= 1
    assert np.all(np.diff(adjusted[np.argsort(p_values)]) >= 0)


def test_simultaneous_intervals_agree_with_scipy_and_hold_together():
    rng, totals, truth = np.random.default_rng(1), np.full(24, 150), np.linspace(0.02, 0.9, 24)
    missed = 0
    for _ in range(400):
        hits = rng.binomial(totals, truth)
        low, high = simultaneous(hits, totals, 0.95)
        missed += ((truth < low) | (truth > high)).any()
    alone = [stats.binomtest(k, 150).proportion_ci(1 - 0.05 / 24, method="exact") for k in hits]
    np.testing.assert_allclose([low, high], np.transpose([(each.low, each.high) for each in alone]), atol=1e-12)
    assert missed <= 0.05 * 400


def test_simultaneous_bootstrap_intervals_hold_together():
    rng, missed = np.random.default_rng(2), 0
    for _ in range(200):
        images = rng.normal(size=(100, 20)) + rng.normal(size=(100, 1))
        samples = rng.multinomial(100, [0.01] * 100, size=500) @ images / 100
        low, high = simultaneous_bootstrap(images.mean(axis=0), samples, 0.95)
        missed += ((low > 0) | (high < 0)).any()
    assert missed <= 0.05 * 200 + 2 * np.sqrt(200 * 0.05 * 0.95)


def test_what_does_not_vary_has_no_bounds():
    samples = np.array([[1.0, 5.0], [3.0, 5.0]])
    assert simultaneous_bootstrap(np.array([2.0, 5.0]), samples, 0.95)[0].tolist() == [1, -np.inf]
    assert simultaneous_bootstrap(np.array([5.0]), samples[:, 1:], 0.95)[1].tolist() == [np.inf]


def test_t_interval_over_seeds_agrees_with_scipy():
    contrasts = np.array([0.11, 0.09, 0.14])
    expected = stats.ttest_1samp(contrasts, 0).confidence_interval(0.9)
    np.testing.assert_allclose(over_seeds(contrasts, 0.9), expected)


def test_one_contrast_and_equal_ones_have_no_interval():
    assert over_seeds(np.array([0.1 + 0.2, 0.3]), 0.95) is None
    assert over_seeds(np.array([0.1]), 0.95) is None
    cells = np.array([[0.5, 0.5], [0.3, 0.6]])
    assert over_unpaired_seeds(cells, np.array([1, 0]), 0.95) is None
    assert over_unpaired_seeds(cells, np.array([1, -1]), 0.95) is not None


def test_welch_interval_agrees_with_scipy():
    cells = np.array([[0.11, 0.09, 0.14], [0.3, 0.32, 0.31]])
    expected = stats.ttest_ind(*cells, equal_var=False)
    low, high, freedom = over_unpaired_seeds(cells, np.array([1, -1]), 0.9)
    np.testing.assert_allclose((low, high), expected.confidence_interval(0.9))
    assert freedom == pytest.approx(expected.df)


def test_seeds_needed_agree_with_published_tables():
    """Paired t test, two-sided, level 0.05, power 0.8: Cohen 1988, and G*Power."""
    assert [seeds_needed(effect, 0.8, 0.95) for effect in (0.2, 0.5, 0.8, 1.0)] == [199, 34, 15, 10]
    assert seeds_needed(50, 0.8, 0.95) == 2


def test_percentile_leaves_undefined_samples_out():
    samples = np.append(np.arange(101.0), np.nan)
    np.testing.assert_allclose(percentile(samples, 0.9), (5, 95))


def test_mcnemar_by_hand():
    assert mcnemar_p(2, 10) == mcnemar_p(10, 2) == pytest.approx(2 * (1 + 12 + 66) / 2**12)
    assert mcnemar_p(0, 0) == 1
