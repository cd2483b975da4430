"""Shares of variance: they sum to the whole, follow the published formulas, and show what was planted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.findings.sources import sobol_indices, variance_shares
from stages.statistics.grid import make
from stages.statistics.variance import components, factors, image_moments
from tests import worlds


def components_of(wrong, cells, labels=None):
    """Of wrong answers, bool (cells, seeds, N), to images of these labels, of one class if None."""
    networks = {f"nicknet{i + 1}": worlds.settings(*cell) for i, cell in enumerate(cells)}
    seeds, images = wrong.shape[1:]
    labels = np.zeros(images, int) if labels is None else labels
    classes = labels.max() + 1
    parts = factors(make(networks, tuple(range(seeds))))
    moments = image_moments(wrong, labels, classes, parts).mean(axis=0).reshape(classes, -1)
    return {name: float(value) for name, value in components(moments, parts, seeds, images).items()}


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
    mean, spread = wrong.mean(), 0.0
    if seeds > 1:  # then e owes part of its square to the luck of the runs
        spread = wrong.mean(axis=2).var(axis=1, ddof=1).mean()
    expected = mean * (1 - mean) + spread / (len(cells) * seeds)
    labels = np.arange(images) % 3
    assert sum(components_of(wrong, cells, labels).values()) == pytest.approx(expected, abs=1e-9)


def test_components_follow_the_published_formulas():
    """Written out for two by two cells and two classes, as in docs/analysis.md."""
    wrong = np.random.default_rng(3).random((4, 3, 50)) < np.array([0.2, 0.3, 0.5, 0.6])[:, None, None]
    labels = np.arange(50) % 5 // 4  # 40 and 10 images
    p = wrong.mean(axis=1)
    within = np.mean(3 / 2 * p * (1 - p))
    spread = np.mean([np.var(runs.mean(axis=1), ddof=1) for runs in wrong])
    signs = {
        "image": [1, 1, 1, 1],
        "optimizer": [1, 1, -1, -1],
        "kernel size": [1, -1, 1, -1],
        "interaction": [1, -1, -1, 1],
    }
    contrasts = {name: np.array(sign) @ p / 4 for name, sign in signs.items()}
    expected = {"image": np.var(contrasts.pop("image")) - (within - spread) / 12}
    expected |= {name: np.mean(contrast) ** 2 - spread / 12 for name, contrast in contrasts.items()}
    expected |= {f"image x {name}": np.var(contrast) - (within - spread) / 12 for name, contrast in contrasts.items()}
    residual = of_classes = 0
    for label, n in ((0, 40), (1, 10)):
        runs = wrong[:, :, labels == label].astype(float)
        means = runs.mean(axis=2, keepdims=True)
        rest = runs - means - runs.mean(axis=1, keepdims=True) + means.mean(axis=1, keepdims=True)
        variance = (rest**2).sum() / (4 * 2 * (n - 1))  # by their degrees of freedom
        residual += n / 50 * variance
        of_classes += n / 50 * (means.var(axis=1, ddof=1).mean() - variance / n)
    expected["run"] = spread - residual / 50
    expected |= {"run x class": of_classes - expected["run"], "image x run": residual}
    assert components_of(wrong, worlds.CELLS, labels) == pytest.approx(expected)


def test_one_seed_agrees_with_a_two_way_analysis_of_variance():
    wrong = np.random.default_rng(4).random((3, 1, 80)) < 0.4
    x = wrong[:, 0].T.astype(float)
    n, k = x.shape
    residual = x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + x.mean()
    rest = (residual**2).sum() / (n * (k - 1))  # per image, as all components here
    assert components_of(wrong, worlds.PUBLISHED) == {
        "image": pytest.approx(x.mean(axis=1).var() - rest / k),
        "network": pytest.approx(x.mean(axis=0).var()),
        "image x network and run": pytest.approx(rest),
    }


def expected_shares(world, cells, classes=10):
    """Shares of the variance that follow from the types of images, without any sample."""
    types = worlds.error_rates(world, cells)
    weights = np.array([share for share, _ in types.values()])
    rates = np.array([rate for _, rate in types.values()])
    mean = weights @ rates.mean(axis=1)
    total = mean * (1 - mean)

    def variance(values):
        return weights @ values**2 - (weights @ values) ** 2

    sgd, small = ([1 if cell[axis] in ("sgd", 10) else -1 for cell in cells] for axis in (0, 1))
    contrasts = {"optimizer": rates @ sgd / 4, "kernel size": rates @ small / 4}
    between_runs = weights @ (rates * (1 - rates)).mean(axis=1)
    right = types["right"][0]
    run = right**2 * (world.bad_runs**2 + world.bad_classes**2 / classes) / 12  # of even draws from 0 to these
    run_class = right**2 * world.bad_classes**2 / 12 * (1 - 1 / classes)
    result = {"image": variance(rates.mean(axis=1)), "run": run, "run x class": run_class}
    result["image x run"] = between_runs - run - run_class
    result |= {name: (weights @ contrast) ** 2 for name, contrast in contrasts.items()}
    result |= {f"image x {name}": variance(contrast) for name, contrast in contrasts.items()}
    return {name: value / total for name, value in result.items()}


def shares_of(world, seed, **others):
    sample = worlds.draw(world, np.random.default_rng(seed), images=1500, resamples=200, **others).sample
    assert variance_shares.FINDING.needs(sample) == ""
    assert variance_shares.FINDING.limits(sample) == []
    return {row["component"]: row for row in variance_shares.rows(sample)}


def covered(rows, value, over="images"):
    """How many of the intervals hold the value."""
    low, high = ("low", "high") if over == "images" else ("low_seeds", "high_seeds")
    return sum(row[low] <= value <= row[high] for row in rows)


def test_planted_shares_are_recovered():
    world = worlds.World(label_noise=0.02, pair=0.05, optimizer=0.12, kernel=0.06, seed=0.3)
    draws = [shares_of(world, seed) for seed in range(20)]
    for name, value in expected_shares(world, worlds.CELLS).items():
        rows = [draw[name] for draw in draws]
        if value > 0.0001:  # no difference between runs is planted here
            assert covered(rows, value) >= 16, (name, value)  # 95% intervals: fewer than 16 of 20 in 1 of 400
        assert np.mean([row["share"] for row in rows]) == pytest.approx(value, abs=0.02)


@pytest.mark.parametrize(("runs", "classes"), [(0.3, 0.0), (0.0, 0.5), (0.25, 0.4)])
def test_what_is_planted_between_runs_is_recovered_in_its_three_parts(runs, classes):
    world = worlds.World(pair=0.1, seed=0.2, unlucky=0.5, bad_runs=runs, bad_classes=classes)
    draws = [shares_of(world, seed, seeds=4) for seed in range(20)]
    for name in ("run", "run x class", "image x run"):
        value = expected_shares(world, worlds.CELLS)[name]
        rows = [draw[name] for draw in draws]
        error = np.std([row["share"] for row in rows], ddof=1) / np.sqrt(20)
        assert abs(np.mean([row["share"] for row in rows]) - value) < 3 * error + 0.0005, (name, value)
    # images of these runs; seeds of these images
    assert covered([draw["run"] for draw in draws], expected_shares(world, worlds.CELLS)["run"], "seeds") >= 16


def test_intervals_over_images_hold_what_these_runs_were_planted_with():
    world = worlds.World(pair=0.1, bad_runs=0.25, bad_classes=0.4)
    hits = {"run": 0, "run x class": 0}
    for number in range(20):
        draw = worlds.draw(world, np.random.default_rng(number), images=1500, resamples=200)
        rows = {row["component"]: row for row in variance_shares.rows(draw.sample)}
        chances = (1 - world.pair) * draw.bad
        run = chances.mean(axis=2).var(axis=1, ddof=1).mean()
        planted = {"run": run, "run x class": chances.var(axis=1, ddof=1).mean() - run}
        whole = sum(row["variance"] for row in rows.values())
        for name, value in planted.items():
            hits[name] += covered([rows[name]], value / whole)
    assert min(hits.values()) >= 16, hits


def test_shares_of_settings_hold_what_was_planted_over_seeds():
    world = worlds.World(optimizer=0.12, kernel=0.06, seed=0.3, bad_runs=0.3)
    expected, hits = expected_shares(world, worlds.CELLS), {"optimizer": 0, "kernel size": 0}
    for number in range(20):
        shares = shares_of(world, number)
        for name in hits:
            hits[name] += covered([shares[name]], expected[name], "seeds")
    assert min(hits.values()) >= 16, hits


def test_what_was_not_planted_has_no_share():
    for seed in range(5):
        shares = shares_of(worlds.World(pair=0.1, seed=0.3), 100 + seed)
        for name in ("optimizer", "kernel size", "interaction"):
            assert abs(shares[name]["share"]) < 0.002, (name, shares[name])
            assert shares[f"image x {name}"]["low"] < 0.01
            assert abs(shares[f"image x {name}"]["share"]) < 0.02


def test_pure_chance_is_the_residual():
    shares = shares_of(worlds.World(seed=1.0, unlucky=0.4), 7)
    assert shares["image x run"]["share"] == pytest.approx(1, abs=0.02)
    assert shares["image"]["low"] < 0.01
    assert abs(shares["run"]["share"]) < 0.001
    assert abs(shares["run x class"]["share"]) < 0.005


def test_shares_sum_to_one_and_only_what_was_set_is_causal():
    rows = variance_shares.rows(worlds.right_in(np.random.default_rng(5).random((4, 2, 60)) < 0.6))
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    causal = [row["component"] for row in rows if row["kind"] == "causal"]
    assert causal == ["optimizer", "kernel size", "interaction", "run"]


def test_sobol_indices_are_sums_of_shares():
    sample = worlds.right_in(np.random.default_rng(5).random((4, 2, 60)) < 0.6)
    share = {row["component"]: row["share"] for row in variance_shares.rows(sample)}
    index = {(row["source"], row["index"]): row["value"] for row in sobol_indices.rows(sample)}
    of_image = {name: value for name, value in share.items() if name.startswith("image") or name == "run x class"}
    assert index["image", "first-order"] == pytest.approx(share["image"])
    assert index["image", "total"] == pytest.approx(sum(of_image.values()))
    assert index["optimizer", "total"] == pytest.approx(sum(v for k, v in share.items() if "opt" in k or "inter" in k))
    settings = share["optimizer"] + share["kernel size"] + share["interaction"]
    assert index["optimizer and kernel size", "first-order"] == pytest.approx(settings)
    parts = [index[source, "Shapley"] for source in ("image", "optimizer and kernel size", "run")]
    assert sum(parts) == pytest.approx(1)
    expected = share["run"] + (share["run x class"] + share["image x run"]) / 2
    assert index["run", "Shapley"] == pytest.approx(expected)


def test_only_first_order_indices_of_what_was_set_are_causal():
    rows = sobol_indices.rows(worlds.right_in(np.random.default_rng(5).random((3, 2, 60)) < 0.6, worlds.PUBLISHED))
    assert [(row["source"], row["index"]) for row in rows if row["kind"] == "causal"] == [
        ("network", "first-order"),
        ("run", "first-order"),
    ]
    with_interval = {(row["source"], row["index"]) for row in rows if row["low_seeds"] is not None}
    assert with_interval == {("network", "first-order"), ("run", "first-order")}


def test_indices_need_two_seeds():
    sample = worlds.right_in(np.random.default_rng(0).random((4, 1, 50)) < 0.6)
    assert sobol_indices.FINDING.needs(sample) == "needs 2 or more seeds"


def test_no_interval_over_seeds_where_they_differ_in_nothing():
    right = np.repeat(np.random.default_rng(0).random((4, 1, 50)) < 0.6, 2, axis=1)
    rows = {row["component"]: row for row in variance_shares.rows(worlds.right_in(right))}
    assert rows["optimizer"]["low_seeds"] is rows["run"]["high_seeds"] is None


def test_what_three_cells_and_one_seed_cannot_show_is_named():
    sample = worlds.right_in(np.random.default_rng(0).random((3, 1, 50)) < 0.6, worlds.PUBLISHED)
    components = [row["component"] for row in variance_shares.rows(sample)]
    assert components == ["image", "network", "image x network and run"]
    assert [refusal.analysis for refusal in variance_shares.FINDING.limits(sample)] == [
        "shares of optimizer, kernel size and interaction",
        "share of the run",
    ]


def test_one_network_has_no_shares_of_settings():
    sample = worlds.right_in(np.random.default_rng(0).random((1, 3, 50)) < 0.6)
    assert [row["component"] for row in variance_shares.rows(sample)] == ["image", "run", "run x class", "image x run"]
    (refusal,) = variance_shares.FINDING.limits(sample)
    assert refusal == ("shares of optimizer, kernel size and interaction", "there is one network only")


@pytest.mark.parametrize(
    ("right", "reason"),
    [
        (np.arange(9)[None, None] < 4, "needs 2 or more networks or seeds"),
        (np.ones((2, 2, 9), bool), "every prediction is right, or every one is wrong"),
    ],
)
def test_nothing_to_share(right, reason):
    assert variance_shares.FINDING.needs(worlds.right_in(right)) == reason
