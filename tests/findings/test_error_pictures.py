"""The pictures of what errors are put down to, and of what undoes them, show the numbers of their tables."""

import numpy as np
import pytest

from stages.findings import budget, knockout, pair_repair, pixel_edits
from stages.report import style
from stages.statistics.table import Table
from tests import worlds

PICTURES = [
    (module.FINDING, picture)
    for module in (budget, knockout, pair_repair, pixel_edits)
    for picture in module.FINDING.pictures
]
LONG = tuple(f"{('a rather long class name with', 'short', 'middling name')[i % 3]} {i}" for i in range(20))
WORLDS = {
    "published": {"cells": worlds.PUBLISHED, "seeds": 1},
    "one network, two classes": {"cells": worlds.CELLS[:1], "seeds": 1, "names": ("no", "yes")},
    "seven networks, three seeds": {"cells": [("adam", size) for size in range(9, 16)], "seeds": 3},
    "twenty classes with long names": {"cells": worlds.PUBLISHED, "seeds": 2, "names": LONG},
}


@pytest.fixture(scope="module", params=WORLDS.values(), ids=WORLDS)
def sample(request):
    world = worlds.World(label_noise=0.05, optimizer=0.15, kernel=0.1, seed=0.1, bad_runs=0.3)
    drawn = worlds.draw(world, np.random.default_rng(7), images=400, resamples=100, **request.param)
    return worlds.asked(drawn.sample, np.random.default_rng(8))


@pytest.mark.parametrize(("finding", "picture"), PICTURES, ids=lambda part: part.name)
def test_nothing_leaves_its_picture(finding, picture, sample):
    with style.applied():
        figure = picture.draw(finding.table(sample), style)
        if figure is None:
            assert not sample.grid.optimizer_effect()
            return
        figure.draw_without_rendering()
        width, height = figure.get_size_inches()
        used = figure.get_tightbbox()
    assert min(used.x0, used.y0, width - used.x1, height - used.y1) > -0.01, f"{used.extents} of {width, height}"


def drawn(finding, rows, picture=0):
    return finding.pictures[picture].draw(Table(finding.name, finding.kind, finding.columns, rows), style)


def shares(order, *pairs, network="net", expected=None):
    row = {"network": network, "order": order, "low": 0, "high": 1, "n": 1200, "expected_share": expected}
    row |= {"expected_low": 0, "expected_high": 0.5}
    return [row | {"cause": cause, "share": share, "errors": int(1200 * share)} for cause, share in pairs]


def test_the_bars_of_the_budget_lie_one_after_the_other_in_the_colour_of_the_cause():
    rows = shares("first to last", ("universally hard", 0.75), ("seed-unstable", 0), ("unexplained", 0.25))
    rows += shares("last to first", ("universally hard", 0.5), ("seed-unstable", 0), ("unexplained", 0.5))
    figure = drawn(budget.FINDING, rows)
    bars = [[(bar.get_x(), bar.get_width()) for bar in axes.patches] for axes in figure.axes]
    assert bars == [[(0, 0.75), (0.75, 0.25)], [(0, 0.5), (0.5, 0.5)]]
    assert [text.get_text() for text in figure.axes[0].texts] == ["75", "25"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["net (1,200)"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["universally hard", "unexplained"]
    for bar, patch in zip(figure.axes[0].patches, figure.legends[0].get_patches(), strict=True):
        assert bar.get_facecolor() == patch.get_facecolor()


def test_a_budget_without_errors_can_be_drawn():
    rows = [row | {"share": None, "n": 0} for row in shares("first to last", ("unexplained", 0))]
    assert not drawn(budget.FINDING, rows).axes[0].patches


def test_chance_is_drawn_below_what_was_observed():
    rows = shares("first to last", ("optimizer-sensitive", 0.75), expected=0.25)
    observed, expected = drawn(budget.FINDING, rows, 1).axes[0].get_lines()[:2]
    assert (observed.get_xdata().tolist(), expected.get_xdata().tolist()) == ([0.75], [0.25])
    assert observed.get_ydata()[0] < expected.get_ydata()[0]
    assert drawn(budget.FINDING, shares("first to last", ("unexplained", 1)), 1) is None


def labels(names):
    """Of the pairs of these classes, all as good, each with its weight."""
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    rows = [
        {"network": "net", "class_a": a, "class_b": b, "repair": 0.5, "low": 0.4, "high": 0.6, "rank": rank}
        for rank, (a, b) in enumerate(pairs, 1)
    ]
    axes = drawn(pair_repair.FINDING, rows).axes[0]
    return {label.get_text(): label.get_fontweight() for label in axes.get_yticklabels()}


def test_of_cifar10_the_blamed_pair_is_shown_whatever_its_rank():
    shown = labels(worlds.NAMES)
    assert len(shown) == 11
    assert [label for label, weight in shown.items() if weight == "bold"] == ["18. bird / cat"]


@pytest.mark.parametrize(("names", "count"), [(("bird", "cat", "dog"), 3), ((*worlds.NAMES, "lion"), 10)])
def test_of_other_classes_no_pair_stands_out(names, count):
    shown = labels(names)
    assert len(shown) == count
    assert set(shown.values()) == {"normal"}


def test_the_edits_of_each_networks_first_seed_are_drawn():
    row = {"edit": "flip", "direction": "repair", "n": 30, "low": -0.1, "high": 0.6}
    rows = [
        row | {"network": network, "seed": seed, "direction": direction, "difference": difference}
        for network, seed, difference in (("a", 3, 0.25), ("a", 4, 0.75), ("b", 3, None), ("b", 4, 0.75))
        for direction in ("repair", "break")
    ]
    for axes in drawn(pixel_edits.FINDING, rows).axes:
        drawn_values = [line.get_xdata().tolist() for line in axes.get_lines() if line.get_linestyle() == "None"]
        assert drawn_values == [[0.25], []]
        assert axes.get_xlabel() == "n = 30 images"
