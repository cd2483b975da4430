"""What luck gives, written out for small grids."""

from itertools import permutations

import numpy as np
import pytest

from stages.statistics.sensitivity import beyond_luck, by_luck, compared, sensitive

TWO, FOUR = np.array([1.0, -1.0]), np.array([0.5, 0.5, -0.5, -0.5])


@pytest.mark.parametrize(("weights", "seeds"), [(TWO, 2), (TWO, 3), (FOUR, 1)])
def test_luck_agrees_with_every_permutation_of_an_images_runs(weights, seeds):
    runs = len(weights) * seeds
    for total in range(runs + 1):
        deals = np.array(list(permutations(np.arange(runs) < total))).T.reshape(len(weights), seeds, -1)
        images = compared(deals, weights)
        assert by_luck(images)[0] == pytest.approx(sensitive(images).mean())


def test_sensitive_by_hand():
    """Wrong runs of adam 15, adam 10, sgd 15, sgd 10, of three each; a contrast may leave networks out."""
    counts = np.array([[3, 3, 3, 3], [0, 0, 3, 3], [0, 0, 0, 3], [1, 0, 0, 2], [3, 0, 0, 3]]).T
    wrong = np.arange(3)[None, :, None] < counts[:, None]
    assert sensitive(compared(wrong, FOUR)).tolist() == [False, True, True, False, False]
    assert sensitive(compared(wrong[:3], np.array([1.0, 0.0, -1.0]))).tolist() == [False, True, False, False, True]


def draw(rng, chances):
    """chances: float (networks, N)."""
    return rng.random((len(chances), 6, chances.shape[1])) < chances[:, None]


def test_no_image_is_beyond_luck_where_the_setting_does_nothing():
    rng = np.random.default_rng(0)
    found = [beyond_luck(compared(draw(rng, np.tile(rng.random(800), (2, 1))), TWO)).sum() for _ in range(20)]
    assert np.mean(found) < 1


def test_images_beyond_luck_are_the_planted_ones_except_a_tenth():
    rng = np.random.default_rng(1)
    false = total = 0
    for _ in range(10):
        chances = np.tile(rng.beta(0.5, 0.5, 800), (2, 1))
        chances[:, :100] = [[0.05], [0.9]]
        found = beyond_luck(compared(draw(rng, chances), TWO))
        assert found[:100].mean() > 0.6
        false += found[100:].sum()
        total += found.sum()
    assert false / total < 0.13
