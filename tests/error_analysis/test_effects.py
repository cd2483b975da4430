import numpy as np
import pytest

from stages.error_analysis import effects
from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.grid import make
from tests.error_analysis import worlds


def grid_of(cells=worlds.CELLS, seeds=(0, 1)):
    return make({f"nicknet{i + 1}": worlds.settings(*cell) for i, cell in enumerate(cells)}, seeds)


def right_in(counts, images=10):
    """bool (networks, seeds, images): the first `count` images right; counts: (networks, seeds)."""
    return np.arange(images) < np.asarray(counts)[..., None]


def by_name(table, column):
    return {row[column]: row for row in table.rows}


def test_effects_by_hand():
    """Accuracies adam 15: 0.9, adam 10: 0.7, sgd 15: 0.6, sgd 10: 0.5."""
    right = right_in([[9, 9], [7, 7], [6, 6], [5, 5]])
    found = by_name(effects.effects(right, grid_of(), Resamples(10, 100, np.random.default_rng(0)), 0.95), "effect")
    values = {name: pytest.approx(row["value"]) for name, row in found.items()}
    assert values == {
        "optimizer": (0.3 + 0.2) / 2,
        "kernel size": (0.2 + 0.1) / 2,
        "interaction": 0.1,
        "optimizer at kernel size 15": 0.3,
        "optimizer at kernel size 10": 0.2,
        "kernel size with adam": 0.2,
        "kernel size with sgd": 0.1,
    }


def test_interval_over_seeds_is_of_the_seeds_contrasts():
    right = right_in([[9, 8, 9], [7, 7, 7], [6, 5, 5], [5, 5, 5]])
    row = effects.effects(right, grid_of(seeds=(0, 1, 2)), Resamples(10, 100, np.random.default_rng(0)), 0.95).rows[0]
    contrasts = np.array([(0.3 + 0.2), (0.3 + 0.2), (0.4 + 0.2)]) / 2
    half = 4.302652729911275 * contrasts.std(ddof=1) / np.sqrt(3)
    assert (row["low_seeds"], row["high_seeds"]) == pytest.approx((contrasts.mean() - half, contrasts.mean() + half))
    assert row["seeds"] == 3


def test_one_seed_has_no_interval_over_seeds():
    right = right_in([[9], [6], [5]])
    table = effects.effects(right, grid_of(worlds.PUBLISHED, (0,)), Resamples(10, 100, np.random.default_rng(0)), 0.95)
    assert [row["effect"] for row in table.rows] == ["optimizer at kernel size 15", "kernel size with sgd"]
    assert {row["low_seeds"] for row in table.rows} == {None}


def test_shapley_by_hand_and_its_parts_sum_to_the_whole():
    right = right_in([[9, 9], [7, 7], [6, 6], [5, 5]])
    found = by_name(effects.shapley(right, grid_of(), Resamples(10, 100, np.random.default_rng(0)), 0.95), "part")
    assert found["optimizer"]["value"] == pytest.approx(0.25)
    assert found["kernel size"]["value"] == pytest.approx(0.15)
    assert found["total"]["value"] == pytest.approx(0.4)
    assert found["optimizer"]["share_of_total"] == pytest.approx(0.625)


def test_no_split_without_all_cells():
    right = right_in([[9], [6], [5]])
    assert effects.shapley(right, grid_of(worlds.PUBLISHED, (0,)), None, 0.95) is None


def test_no_shares_of_a_difference_that_may_be_none():
    right = np.random.default_rng(1).random((4, 2, 200)) < 0.7
    table = effects.shapley(right, grid_of(), Resamples(200, 200, np.random.default_rng(0)), 0.95)
    assert {row["share_of_total"] for row in table.rows} == {None}


def test_permuted_optimizer_labels_leave_no_effect():
    rng = np.random.default_rng(2)
    draw = worlds.draw(worlds.World(optimizer=0.2, seed=0.3), rng, images=1500)
    right = draw.runs.right.reshape(4, 3, -1)
    for image in range(right.shape[2]):  # within each image and seed, the optimizers change places at random
        for seed in range(3):
            if rng.random() < 0.5:
                right[:, seed, image] = right[[2, 3, 0, 1], seed, image]
    row = effects.effects(right, draw.grid, Resamples(1500, 400, rng), 0.95).rows[0]
    assert row["low_images"] < 0 < row["high_images"]
    assert row["low_seeds"] < 0 < row["high_seeds"]


@pytest.mark.parametrize("planted", [0.12, 0.0])
def test_planted_effects_lie_in_both_intervals(planted):
    world = worlds.World(optimizer=planted, kernel=planted / 2, seed=0.2, bad_runs=0.1)
    covered = dict.fromkeys([(name, over) for name in ("optimizer", "kernel size") for over in ("images", "seeds")], 0)
    for number in range(20):
        rng = np.random.default_rng(number)
        draw = worlds.draw(world, rng, images=800)
        right = draw.runs.right.reshape(4, 3, -1)
        found = by_name(effects.effects(right, draw.grid, Resamples(800, 200, rng), 0.95), "effect")
        for name, kind, share in (("optimizer", "optimizer", planted), ("kernel size", "kernel", planted / 2)):
            row = found[name]
            of_these_images = np.mean(draw.kinds == kind)  # what new seeds would give on the same images
            covered[name, "seeds"] += row["low_seeds"] <= of_these_images <= row["high_seeds"]
            of_these_runs = share + row["value"] - of_these_images  # what new images would give these runs
            covered[name, "images"] += row["low_images"] <= of_these_runs <= row["high_images"]
    assert min(covered.values()) >= 16, covered
