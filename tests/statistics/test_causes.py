from dataclasses import replace

import numpy as np
import pytest

from stages.statistics.causes import CAUSES, causes
from tests import worlds

WORLD = worlds.World(label_noise=0.05, pair=0.05, optimizer=0.1, kernel=0.05, seed=0.3)


@pytest.fixture(scope="module")
def drawn():
    return worlds.draw(WORLD, np.random.default_rng(0), images=500)


def test_every_error_has_one_cause(drawn):
    counted = np.sum(list(causes(drawn.sample).values()), axis=0)
    np.testing.assert_array_equal(counted.T, (~drawn.sample.right).any(axis=1))


@pytest.mark.parametrize(
    ("cause", "kind", "share"),
    [
        ("label suspect", "label_noise", 1),
        ("always missed", "pair", 1),
        ("sensitive to the optimizer", "optimizer", 1),
        ("sensitive to the kernel size", "kernel", 1),
        ("luck of the run", "seed", 0.75),
    ],
)
def test_planted_causes_are_those_of_their_images(drawn, cause, kind, share):
    found = causes(drawn.sample)
    wrong = (~drawn.sample.right).any(axis=1).T & (drawn.kinds == kind)[:, None]
    assert (found[cause] & wrong).sum() >= share * wrong.sum() > 0
    assert found[cause][drawn.kinds == kind].sum() >= 0.9 * found[cause].sum()


def test_luck_of_an_image_that_a_setting_changes_is_not_the_settings():
    """Missed by sgd in every run, and by one run of adam: only sgd's errors are put down to the optimizer."""
    wrong = np.zeros((2, 4, 200), bool)
    wrong[1, :, :80] = True
    wrong[0, 0, 0] = True
    found = causes(worlds.right_in(~wrong, cells=(("adam", 15), ("sgd", 15))))
    assert found["sensitive to the optimizer"][0].tolist() == [False, True]
    assert found["luck of the run"][0].tolist() == [True, False]


def test_a_cause_is_asked_for_only_where_the_sample_can_show_it(drawn):
    sample, names = drawn.sample, [cause.name for cause in CAUSES]
    assert list(causes(sample)) == names
    assert list(causes(replace(sample, votes=None))) == names[2:]
    alone = worlds.draw(WORLD, np.random.default_rng(0), images=100, cells=worlds.CELLS[:1], seeds=1).sample
    assert list(causes(alone)) == names[:2]
    collapsed = sample.probabilities.copy()
    collapsed[0] = np.eye(10)[0]
    assert list(causes(replace(sample, probabilities=collapsed))) == names[:2] + names[4:]


def test_no_errors_have_no_cause():
    found = causes(worlds.right_in(np.ones((4, 3, 9), bool)))
    assert not any(fits.any() for fits in found.values())
