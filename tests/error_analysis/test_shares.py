import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.error_analysis import shares
from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.grid import make
from tests.error_analysis import worlds


def grid_of(cells, seeds):
    return make({f"nicknet{i + 1}": worlds.settings(*cell) for i, cell in enumerate(cells)}, tuple(range(seeds)))


def components_of(wrong, grid):
    parts = shares.sources(grid)
    moments = shares.image_moments(wrong, parts).mean(axis=0)
    return {name: float(value) for name, value in shares.components(moments, parts, *wrong.shape[:2]).items()}


@settings(max_examples=40, deadline=None)
@given(
    cells=st.sampled_from([worlds.CELLS, worlds.PUBLISHED, worlds.CELLS[:2], worlds.CELLS[:1]]),
    seeds=st.integers(1, 4),
    images=st.integers(1, 30),
    seed=st.integers(0, 1000),
)
def test_components_sum_to_the_variance(cells, seeds, images, seed):
    if len(cells) == seeds == 1:
        return
    wrong = np.random.default_rng(seed).random((len(cells), seeds, images)) < 0.4
    mean = wrong.mean()
    assert sum(components_of(wrong, grid_of(cells, seeds)).values()) == pytest.approx(mean * (1 - mean), abs=1e-9)


def test_components_follow_the_published_formulas():
    """Written out for two by two cells, as in the specification of the analysis."""
    wrong = np.random.default_rng(3).random((4, 3, 50)) < np.array([0.2, 0.3, 0.5, 0.6])[:, None, None]
    p = wrong.mean(axis=1)
    within = np.mean(3 / 2 * p * (1 - p))
    signs = {
        "image": [1, 1, 1, 1],
        "optimizer": [1, 1, -1, -1],
        "kernel size": [1, -1, 1, -1],
        "interaction": [1, -1, -1, 1],
    }
    contrasts = {name: np.array(sign) @ p / 4 for name, sign in signs.items()}
    expected = {"image": np.var(contrasts.pop("image")) - within / 12, "seed": within}
    expected |= {name: np.mean(contrast) ** 2 for name, contrast in contrasts.items()}
    expected |= {f"image x {name}": np.var(contrast) - within / 12 for name, contrast in contrasts.items()}
    assert components_of(wrong, grid_of(worlds.CELLS, 3)) == pytest.approx(expected)


def test_one_seed_agrees_with_a_two_way_analysis_of_variance():
    wrong = np.random.default_rng(4).random((3, 1, 80)) < 0.4
    x = wrong[:, 0].T.astype(float)
    n, k = x.shape
    residual = x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + x.mean()
    rest = (residual**2).sum() / (n * (k - 1))  # per image, as all components here
    found = components_of(wrong, grid_of(worlds.PUBLISHED, 1))
    assert found["image x network and seed"] == pytest.approx(rest)
    assert found["image"] == pytest.approx(x.mean(axis=1).var() - rest / k)
    assert found["network"] == pytest.approx(x.mean(axis=0).var())


def expected_shares(world, cells):
    """Shares of the variance that follow from the types of images, without any sample."""
    types = worlds.error_rates(world, cells).values()
    weights, rates = np.array([share for share, _ in types]), np.array([rate for _, rate in types])
    mean = weights @ rates.mean(axis=1)
    total = mean * (1 - mean)

    def variance(values):
        return weights @ values**2 - (weights @ values) ** 2

    sgd, small = ([1 if cell[axis] in ("sgd", 10) else -1 for cell in cells] for axis in (0, 1))
    contrasts = {"optimizer": rates @ sgd / 4, "kernel size": rates @ small / 4}
    result = {"image": variance(rates.mean(axis=1)), "seed": weights @ (rates * (1 - rates)).mean(axis=1)}
    result |= {name: (weights @ contrast) ** 2 for name, contrast in contrasts.items()}
    result |= {f"image x {name}": variance(contrast) for name, contrast in contrasts.items()}
    return {name: value / total for name, value in result.items()}


def shares_of(world, rng, images=1500, seeds=3):
    draw = worlds.draw(world, rng, images, seeds=seeds)
    right = draw.runs.right.reshape(4, seeds, images)
    table, _, refusals = shares.variance_shares(right, draw.grid, Resamples(images, 200, rng), 0.95)
    assert refusals == []
    return {row["component"]: row for row in table.rows}


def test_planted_shares_are_recovered():
    world = worlds.World(label_noise=0.02, pair=0.05, optimizer=0.12, kernel=0.06, seed=0.3)
    expected = expected_shares(world, worlds.CELLS)
    draws = [shares_of(world, np.random.default_rng(seed)) for seed in range(20)]
    for name, value in expected.items():
        covered = sum(draw[name]["low"] <= value <= draw[name]["high"] for draw in draws)
        assert covered >= 16, (name, value, covered)  # 95% intervals: fewer than 16 of 20 in 1 of 400
        assert np.mean([draw[name]["share"] for draw in draws]) == pytest.approx(value, abs=0.02)


def test_what_was_not_planted_has_no_share():
    world = worlds.World(pair=0.1, seed=0.3)
    for seed in range(5):
        found = shares_of(world, np.random.default_rng(100 + seed))
        for name in ("optimizer", "kernel size", "interaction"):
            assert abs(found[name]["share"]) < 0.002, (name, found[name])
            assert found[f"image x {name}"]["low"] < 0.01
            assert abs(found[f"image x {name}"]["share"]) < 0.02


def test_pure_chance_is_all_seed():
    found = shares_of(worlds.World(seed=1.0, unlucky=0.4), np.random.default_rng(7))
    assert found["seed"]["share"] == pytest.approx(1, abs=0.02)
    assert found["image"]["low"] < 0.01


def test_what_three_cells_and_one_seed_cannot_tell_is_named():
    right = np.random.default_rng(0).random((3, 1, 50)) < 0.6
    grid = grid_of(worlds.PUBLISHED, 1)
    table, _, refusals = shares.variance_shares(right, grid, Resamples(50, 100, np.random.default_rng(0)), 0.95)
    assert [row["component"] for row in table.rows] == ["image", "network", "image x network and seed"]
    assert sum(row["share"] for row in table.rows) == pytest.approx(1)
    assert [refusal.analysis for refusal in refusals] == [
        "shares of optimizer, kernel size and interaction",
        "share of the seed",
    ]


@pytest.mark.parametrize(
    ("right", "reason"),
    [
        (np.zeros((1, 1, 9), bool), "need 2 or more networks or seeds"),
        (np.ones((2, 2, 9), bool), "every prediction is right, or every one is wrong"),
    ],
)
def test_nothing_to_share(right, reason):
    grid = grid_of(worlds.CELLS[: len(right)], right.shape[1])
    table, _, (refusal,) = shares.variance_shares(right, grid, Resamples(9, 100, np.random.default_rng(0)), 0.95)
    assert table is None
    assert refusal.reason == reason
