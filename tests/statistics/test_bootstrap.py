import numpy as np
from scipy import sparse, stats

from stages.statistics.bootstrap import Resamples, indicators


def test_each_resample_draws_as_many_images_as_there_are():
    counts = Resamples(30, 301, np.random.default_rng(0)).counts
    assert counts.shape == (30, 301)
    assert np.all(counts.sum(axis=0) == 30)


def test_means_are_those_of_the_images_drawn():
    rng = np.random.default_rng(1)
    resamples = Resamples(20, 7, rng)
    values = rng.normal(size=(20, 3))
    drawn = np.repeat(np.arange(20), resamples.counts[:, 4])
    np.testing.assert_allclose(resamples.means(values)[4], values[drawn].mean(axis=0))


def test_sparse_and_dense_values_have_equal_means():
    resamples = Resamples(20, 600, np.random.default_rng(2))
    dense = np.random.default_rng(3).integers(0, 2, (20, 4))
    np.testing.assert_allclose(resamples.means(sparse.csr_array(dense)), resamples.means(dense))


def test_equal_generators_give_equal_resamples():
    one, other = (Resamples(20, 9, np.random.default_rng(4)).counts for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_paired_interval_agrees_with_scipy():
    rng = np.random.default_rng(5)
    a, b = rng.random(300) < 0.7, rng.random(300) < 0.6
    means = Resamples(300, 4000, rng).means(np.column_stack([a, b]))
    interval = np.quantile(means[:, 0] - means[:, 1], [0.025, 0.975])
    reference = stats.bootstrap(
        (a, b),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        paired=True,
        n_resamples=4000,
        method="percentile",
        rng=rng,
    )
    np.testing.assert_allclose(interval, reference.confidence_interval, atol=0.01)


def test_negative_codes_belong_to_no_category():
    np.testing.assert_array_equal(indicators(np.array([1, -1, 0]), 2).toarray(), [[0, 1], [0, 0], [1, 0]])
