from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from stages.settings import NetworkSettings
from stages.statistics.causes import CAUSES, ORDERS, Images, asked, by_chance, causes, first_that_fits, too_many_deals
from stages.statistics.grid import Grid, make
from tests import worlds

FIRST, LAST = ORDERS


def grid_of(*networks: NetworkSettings, seeds: int) -> Grid:
    return make({f"net{i}": network for i, network in enumerate(networks)}, tuple(range(seeds)))


FOUR = grid_of(*(worlds.settings(*cell) for cell in worlds.CELLS), seeds=3)


def cause(wrong, order=FIRST, suspect=False, ambiguous=False):
    """Names of the causes in each cell of one image."""
    images = Images(FOUR, np.array([wrong]), np.array([suspect]), np.array([ambiguous]))
    errors = first_that_fits(images, ORDERS[order])
    return [next((name for name, cells in errors.items() if cells[0, cell]), "right") for cell in range(4)]


def test_causes_by_hand():
    """Wrong runs of adam 15, adam 10, sgd 15, sgd 10, of three each."""
    assert cause([3, 3, 3, 3]) == ["universally hard"] * 4
    assert cause([3, 3, 3, 2]) == ["universally hard"] * 4
    assert cause([0, 0, 3, 3]) == ["right", "right", "optimizer-sensitive", "optimizer-sensitive"]
    assert cause([0, 3, 0, 3]) == ["right", "kernel-sensitive", "right", "kernel-sensitive"]
    assert cause([0, 0, 0, 3]) == ["right", "right", "right", "optimizer-sensitive"]
    assert cause([1, 0, 0, 0]) == ["seed-unstable", "right", "right", "right"]
    assert cause([3, 0, 0, 3]) == ["unexplained", "right", "right", "unexplained"]


def test_the_first_cause_in_the_order_wins():
    assert cause([3, 3, 3, 2], suspect=True, ambiguous=True) == ["label suspect"] * 4
    assert cause([3, 3, 3, 2], ambiguous=True) == ["ambiguous"] * 4
    assert cause([3, 3, 3, 2], LAST, suspect=True) == ["universally hard"] * 3 + ["seed-unstable"]
    assert cause([0, 0, 0, 3], LAST) == ["right"] * 3 + ["kernel-sensitive"]


def test_both_orders_ask_everything_and_leave_the_unexplained_for_the_end():
    assert [cause.name for cause in ORDERS[LAST][:2]] == ["seed-unstable", "kernel-sensitive"]
    assert set(ORDERS[LAST]) == set(CAUSES)
    assert {order[-1].name for order in ORDERS.values()} == {"unexplained"}


@pytest.mark.parametrize("order", ORDERS)
def test_every_error_of_a_cell_has_one_cause(order):
    world = worlds.World(label_noise=0.05, pair=0.05, optimizer=0.1, kernel=0.05, seed=0.3, unlucky=0.5)
    sample = worlds.draw(world, np.random.default_rng(0), images=500).sample
    counted = np.sum(list(causes(sample, order).values()), axis=0)
    np.testing.assert_array_equal(counted.T, (~sample.right).any(axis=1))


def names(sample):
    return [cause.name for cause in asked(sample, FIRST)]


def test_a_cause_is_asked_for_only_where_the_sample_can_show_it():
    rng = np.random.default_rng(0)
    sample = worlds.draw(worlds.World(pair=0.1), rng, images=100).sample
    assert names(sample) == [cause.name for cause in CAUSES]
    assert names(replace(sample, votes=None)) == names(sample)[2:]
    alone = worlds.draw(worlds.World(pair=0.1), rng, images=100, cells=worlds.CELLS[:1], seeds=1).sample
    assert names(alone) == ["label suspect", "ambiguous", "unexplained"]
    collapsed = sample.probabilities.copy()
    collapsed[0] = np.eye(10)[0]
    assert {"optimizer-sensitive", "kernel-sensitive"}.isdisjoint(names(replace(sample, probabilities=collapsed)))


@pytest.mark.parametrize("order", ORDERS)
def test_chance_agrees_with_every_permutation(order):
    """Two networks of two runs: all 24 permutations of the runs of an image, written out."""
    grid = grid_of(worlds.settings("adam", 15), worlds.settings("sgd", 15), seeds=2)
    causes = [cause for cause in ORDERS[order] if cause.name != "kernel-sensitive"]
    rng = np.random.default_rng(2)
    wrong = rng.random((40, 2, 2)) < 0.5
    suspect, ambiguous = rng.random((2, 40)) < 0.1
    counts = []
    for image in range(40):
        dealt = np.array([np.reshape(runs, (2, 2)).sum(axis=1) for runs in permutations(wrong[image].ravel())])
        flags = np.full(24, suspect[image]), np.full(24, ambiguous[image])
        errors = first_that_fits(Images(grid, dealt, *flags), causes)["optimizer-sensitive"]
        counts.append((dealt * errors).sum(axis=1))
    expected = by_chance(Images(grid, wrong.sum(axis=2), suspect, ambiguous), causes)
    assert list(expected) == ["optimizer-sensitive"]
    mean, deviation = expected["optimizer-sensitive"]
    assert mean == pytest.approx(np.mean(counts, axis=1).sum())
    assert deviation == pytest.approx(np.sqrt(np.var(counts, axis=1).sum()))


def test_cells_outside_the_comparison_stay_as_they_are():
    """The third network has other filters: only the first two are dealt anew."""
    other = worlds.settings("sgd", 10, filters=[8, 8, 8, 8, 8])
    grid = grid_of(worlds.settings("adam", 15), worlds.settings("sgd", 15), other, seeds=1)
    causes = [cause for cause in CAUSES if cause.name not in ("kernel-sensitive", "seed-unstable")]
    none = np.zeros(3, dtype=bool)
    images = Images(grid, np.array([[1, 0, 0], [1, 0, 1], [0, 0, 1]]), none, none)
    assert by_chance(images, causes) == {"optimizer-sensitive": (pytest.approx(1 + 2), pytest.approx(0))}


def test_what_cannot_be_counted_out_is_refused():
    many = replace(FOUR, seeds=tuple(range(18)))
    none = np.zeros(1, dtype=bool)
    assert by_chance(Images(many, np.array([[18, 0, 0, 0]]), none, none), CAUSES) == {}
    (refusal,) = too_many_deals(many, CAUSES)
    assert tuple(refusal) == (
        "causes expected by chance",
        "4 networks with 18 seeds have too many arrangements to count",
    )
    assert too_many_deals(FOUR, CAUSES) == []
