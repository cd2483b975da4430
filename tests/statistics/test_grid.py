import numpy as np
from tests.error_analysis.worlds import settings

from stages.error_analysis import grid


def made(*cells, seeds=(0, 1), **others):
    return grid.make({f"nicknet{i + 1}": settings(*cell, **others) for i, cell in enumerate(cells)}, seeds)


def refused(found):
    return {refusal.analysis: refusal.reason for refusal in found.refusals}


def test_four_cells_support_everything():
    found = made(("adam", 15), ("adam", 10), ("sgd", 15), ("sgd", 10))
    assert found.refusals == ()
    np.testing.assert_array_equal(found.optimizer_effect().weights, [0.5, 0.5, -0.5, -0.5])
    np.testing.assert_array_equal(found.kernel_effect().weights, [0.5, -0.5, 0.5, -0.5])
    np.testing.assert_array_equal(found.interaction().weights, [1, -1, -1, 1])


def test_the_published_three_cells_name_the_missing_one():
    found = made(("adam", 15), ("sgd", 15), ("sgd", 10), seeds=(0,))
    reasons = refused(found)
    assert reasons["interaction"] == reasons["Shapley split"] == "cell adam x 10 is not in the grid"
    assert reasons["new-seed intervals"] == "needs 2 or more seeds"
    assert found.interaction() is None
    (optimizer,), (kernel,) = found.simple_optimizer_effects(), found.simple_kernel_effects()
    assert (optimizer.effect, optimizer.levels) == ("optimizer at kernel size 15", "adam - sgd")
    np.testing.assert_array_equal(optimizer.weights, [1, -1, 0])
    np.testing.assert_array_equal(kernel.weights, [0, 1, -1])


def test_other_levels_work_alike():
    found = made(("adam", 15), ("sgd", 15), ("sgd", 5))
    assert found.kernel_sizes == [15, 5]
    assert refused(found)["interaction"] == "cell adam x 5 is not in the grid"


def test_a_single_optimizer_is_named():
    found = made(("sgd", 15), ("sgd", 15), ("sgd", 10))
    reasons = refused(found)
    assert reasons["effect of the optimizer"] == "every network that can be compared has sgd"
    assert "settings are the same" in reasons["nicknet1 against nicknet2"]
    assert found.networks == ("nicknet1", "nicknet3")
    assert found.same_as == {"nicknet2": "nicknet1"}
    np.testing.assert_array_equal(found.kernel_effect().weights, [1, -1])


def test_three_kernel_sizes_are_refused_by_name():
    found = made(("adam", 15), ("sgd", 15), ("sgd", 10), ("sgd", 5))
    assert "3 levels (15, 10, 5)" in refused(found)["effect of the kernel size"]
    assert found.kernel_effect() is None
    np.testing.assert_array_equal(found.optimizer_effect().weights, [1, -1, 0, 0])


def test_networks_that_differ_in_both_factors_cannot_be_compared():
    reasons = refused(made(("adam", 15), ("sgd", 10)))
    assert reasons["effect of the optimizer"] == "no two networks differ in the optimizer (adam, sgd) alone"
    assert reasons["interaction"] == "cells adam x 10 and sgd x 15 are not in the grid"


def test_a_network_with_other_filters_is_left_out_by_name():
    networks = {
        "a": settings("adam", 15),
        "b": settings("sgd", 15),
        "c": settings("sgd", 10, filters=[8, 8, 8, 8, 8]),
    }
    found = grid.make(networks, (0, 1))
    assert "filters" in refused(found)["effects of optimizer and kernel size on c"]
    assert found.networks == ("a", "b", "c")
    np.testing.assert_array_equal(found.optimizer_effect().weights, [1, -1, 0])
    assert found.kernel_effect() is None


def test_two_learning_rates_of_an_optimizer_are_not_an_effect():
    networks = {
        "a": settings("adam", 15),
        "b": settings("adam", 10, learning_rate=0.01),
        "c": settings("sgd", 15),
    }
    found = grid.make(networks, (0, 1))
    assert "adam is used with learning rates 0.001, 0.01" in refused(found)["effects of optimizer and kernel size"]
    assert found.optimizer_effect() is found.kernel_effect() is None


def test_one_network_alone():
    found = made(("adam", 15))
    assert set(refused(found)) == {
        "effect of the optimizer",
        "effect of the kernel size",
        "interaction",
        "Shapley split",
    }
