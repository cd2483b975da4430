import numpy as np

from stages.statistics import grid
from tests.worlds import settings


def made(*cells, seeds=(0, 1), **others):
    return grid.make({f"nicknet{i + 1}": settings(*cell, **others) for i, cell in enumerate(cells)}, seeds)


def refused(made_grid):
    return {refusal.analysis: refusal.reason for refusal in made_grid.refusals}


def test_four_cells_support_everything():
    crossed = made(("adam", 15), ("adam", 10), ("sgd", 15), ("sgd", 10))
    assert crossed.crossed
    assert crossed.refusals == ()
    np.testing.assert_array_equal(crossed.optimizer_effect().weights, [0.5, 0.5, -0.5, -0.5])
    np.testing.assert_array_equal(crossed.kernel_effect().weights, [0.5, -0.5, 0.5, -0.5])
    np.testing.assert_array_equal(crossed.interaction().weights, [1, -1, -1, 1])


def test_the_published_three_cells_name_the_missing_one():
    published = made(("adam", 15), ("sgd", 15), ("sgd", 10), seeds=(0,))
    reasons = refused(published)
    assert reasons["interaction"] == published.uncrossed == "cell adam x 10 is not in the grid"
    assert reasons["new-seed intervals"] == "needs 2 or more seeds"
    assert published.interaction() is None
    (optimizer,), (kernel,) = published.simple_optimizer_effects(), published.simple_kernel_effects()
    assert (optimizer.effect, optimizer.levels) == ("optimizer at kernel size 15", "adam - sgd")
    np.testing.assert_array_equal(optimizer.weights, [1, -1, 0])
    np.testing.assert_array_equal(kernel.weights, [0, 1, -1])


def test_other_levels_work_alike():
    other = made(("adam", 15), ("sgd", 15), ("sgd", 5))
    assert other.kernel_sizes == [15, 5]
    assert refused(other)["interaction"] == "cell adam x 5 is not in the grid"


def test_equal_networks_count_once_and_keep_their_settings():
    equal = made(("sgd", 15), ("sgd", 15), ("sgd", 10))
    reasons = refused(equal)
    assert reasons["effect of the optimizer"] == "every network that can be compared has sgd"
    assert "settings are the same" in reasons["nicknet1 against nicknet2"]
    assert equal.networks == ("nicknet1", "nicknet3")
    assert equal.same_as == {"nicknet2": "nicknet1"}
    assert [equal.cell(network) for network in equal.settings] == [("sgd", 15), ("sgd", 15), ("sgd", 10)]
    np.testing.assert_array_equal(equal.kernel_effect().weights, [1, -1])


def test_three_kernel_sizes_are_refused_by_name():
    three = made(("adam", 15), ("sgd", 15), ("sgd", 10), ("sgd", 5))
    assert "3 levels (15, 10, 5)" in refused(three)["effect of the kernel size"]
    assert three.kernel_effect() is None
    np.testing.assert_array_equal(three.optimizer_effect().weights, [1, -1, 0, 0])


def test_networks_that_differ_in_both_settings_cannot_be_compared():
    reasons = refused(made(("adam", 15), ("sgd", 10)))
    assert reasons["effect of the optimizer"] == "no two networks differ in the optimizer (adam, sgd) alone"
    assert reasons["interaction"] == "cells adam x 10 and sgd x 15 are not in the grid"


def test_a_network_with_other_filters_is_left_out_by_name():
    networks = {"a": settings("adam", 15), "b": settings("sgd", 15), "c": settings("sgd", 10, filters=[8, 8, 8, 8, 8])}
    with_another = grid.make(networks, (0, 1))
    assert "filters" in refused(with_another)["effects of optimizer and kernel size on c"]
    assert with_another.networks == ("a", "b", "c")
    assert with_another.cell("c") == ("sgd", 10)
    np.testing.assert_array_equal(with_another.optimizer_effect().weights, [1, -1, 0])
    assert with_another.kernel_effect() is None


def test_of_several_learning_rates_the_default_one_is_compared():
    networks = {"a": settings("adam", 15), "b": settings("adam", 10, learning_rate=0.01), "c": settings("sgd", 15)}
    ladder = grid.make(networks, (0, 1))
    assert refused(ladder)["effects of optimizer and kernel size on b"].startswith("its learning rate is no default")
    np.testing.assert_array_equal(ladder.optimizer_effect().weights, [1, 0, -1])
    assert ladder.kernel_effect() is None


def test_two_learning_rates_of_an_optimizer_are_not_an_effect():
    networks = {name: settings("adam", size, learning_rate=rate) for name, size, rate in (("a", 15, 0.1), ("b", 10, 1))}
    mixed = grid.make(networks | {"c": settings("sgd", 15)}, (0, 1))
    assert "adam is used with learning rates 0.1, 1.0" in mixed.problem
    assert mixed.uncrossed == mixed.problem
    assert [mixed.cell(network) for network in "abc"] == [("adam", 15), ("adam", 10), ("sgd", 15)]
    assert mixed.optimizer_effect() is mixed.kernel_effect() is None


def test_one_network_alone():
    assert set(refused(made(("adam", 15)))) == {"effect of the optimizer", "effect of the kernel size", "interaction"}


def test_settings_of_any_name_are_kept_and_networks_of_which_nothing_is_known_stay_apart():
    settings = {"a": {"depth": 18}, "b": {"depth": 34}, "c": {}, "d": {}}
    made = grid.make(settings, (0, 1))
    assert made.networks == ("a", "b", "c", "d")
    assert made.problem == made.uncrossed == grid.NOT_STATED
    assert made.refusals == ()
    assert [made.cell(network) for network in "ac"] == [None, None]


def test_networks_of_equal_stated_settings_count_once():
    made = grid.make({"a": {"depth": 18}, "b": {"depth": 18}}, (0,))
    assert made.networks == ("a",)
    assert made.same_as == {"b": "a"}
