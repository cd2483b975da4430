"""The pictures of the networks show the numbers of their tables, within their borders."""

from dataclasses import replace

import numpy as np
import pytest

from stages.findings import classes, confusions, consistency, curves, missed_by
from stages.report import style
from stages.statistics.table import Table
from tests import worlds

FINDINGS = [module.FINDING for module in (curves, classes, confusions, consistency, missed_by)]
LONG = tuple(f"{('a rather long class name with', 'short', 'middling name')[i % 3]} {i}" for i in range(20))
WORLDS = {
    "published": {"cells": worlds.PUBLISHED, "seeds": 1},
    "one network, two classes": {"cells": worlds.CELLS[:1], "seeds": 3, "names": ("no", "yes")},
    "seven networks, three seeds": {"cells": [("adam", size) for size in range(9, 16)], "seeds": 3},
    "twenty classes with long names": {"cells": worlds.PUBLISHED, "seeds": 2, "names": LONG},
}


@pytest.fixture(scope="module", params=WORLDS.values(), ids=WORLDS)
def sample(request):
    world = worlds.World(label_noise=0.05, optimizer=0.15, kernel=0.1, seed=0.1, bad_runs=0.3)
    sample = worlds.draw(world, np.random.default_rng(7), images=400, resamples=100, **request.param).sample
    return replace(sample, histories=dict.fromkeys(sample.runs, history()))


def history():
    return [
        {"epoch": epoch, "part": part, "accuracy": value, "loss": 1.0, "precision": value}
        for epoch in (1, 2)
        for part, value in (("training", 0.9), ("held-out", 0.6))
    ]


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.name)
def test_nothing_leaves_its_picture(finding, sample):
    (picture,) = finding.pictures
    with style.applied():
        figure = picture.draw(finding.table(sample), style)
        figure.draw_without_rendering()
        width, height = figure.get_size_inches()
        used = figure.get_tightbbox()
    assert min(used.x0, used.y0, width - used.x1, height - used.y1) > -0.01, f"{used.extents} of {width, height}"


def drawn(finding, rows):
    return finding.pictures[0].draw(Table(finding.name, finding.kind, finding.columns, rows), style)


def test_confusions_are_shown_in_percent_of_the_true_class_over_all_seeds():
    rows = [
        {"network": "net", "seed": seed, "true": true, "predicted": predicted, "count": count, "n": 4}
        for seed, counts in enumerate(((3, 1, 0, 4), (4, 0, 1, 3)))
        for (true, predicted), count in zip(
            (("cat", "cat"), ("cat", "dog"), ("dog", "cat"), ("dog", "dog")), counts, strict=True
        )
    ]
    panel = drawn(confusions.FINDING, rows).axes[0]
    np.testing.assert_array_equal(panel.get_images()[0].get_array(), [[7 / 8, 1 / 8], [1 / 8, 7 / 8]])
    assert [text.get_text() for text in panel.texts] == ["88", "12", "12", "88"]
    assert panel.get_images()[0].get_clim() == (0, 1)


def test_matrices_share_one_scale_and_are_blank_where_there_is_nothing():
    rows = [
        {"network": network, "true": a, "removed": b, "repaired": repaired, "n": n}
        for network, repaired in (("net", 1), ("other", 2))
        for a, b, n in (("cat", "dog", 2), ("dog", "cat", 0))
    ]
    matrices = style.class_matrices(rows, "removed", "repaired", "n", label="", scale="", colours="Greens").axes[:2]
    for axes, text in zip(matrices, ("50", "100"), strict=True):
        (image,) = axes.get_images()
        assert image.get_clim() == (0, 1)
        np.testing.assert_array_equal(np.ma.getmaskarray(image.get_array()), [[True, False], [True, True]])
        assert [text.get_text() for text in axes.texts] == [text]


def test_recall_runs_from_none_to_all_with_its_interval():
    row = {"network": "net", "seed": 0, "class": "cat", "score": "recall", "value": 0.6, "low": 0.5, "high": 0.7}
    axes = drawn(classes.FINDING, [row | {"n": 9}, row | {"score": "precision", "value": 0.1, "n": 8}]).axes[0]
    assert axes.get_xlim() == (0, 1)
    assert [line[:, 0].tolist() for line in axes.collections[0].get_segments()] == [[0.5, 0.7]]
    assert axes.get_lines()[0].get_xydata().tolist() == [[0.6, 0]]
    assert axes.get_xlabel() == "recall (n = 9 images a class)"


def test_training_is_dashed_and_held_out_is_solid():
    accuracy = drawn(curves.FINDING, [{"network": "net", "seed": 0} | row for row in history()]).axes[0]
    lines = {tuple(line.get_ydata()): line.get_linestyle() for line in accuracy.get_lines()}
    assert lines == {(0.9, 0.9): "--", (0.6, 0.6): "-"}
    assert accuracy.get_ylim() == (0, 1)


def test_agreement_is_written_with_its_interval_and_left_blank_where_it_is_undefined():
    pairs = [("a", "b", 0.5, 0.25, 0.75), ("a", "c", -0.125, -0.25, 0.0), ("b", "c", None, None, None)]
    rows = [
        {"network_a": a, "seed_a": 0, "network_b": b, "seed_b": 0, "kappa": kappa, "low": low, "high": high}
        for a, b, kappa, low, high in pairs
    ]
    axes = drawn(consistency.FINDING, rows).axes[0]
    assert [text.get_text().replace(style.MINUS, "-") for text in axes.texts] == [
        "0.50\n0.25 to 0.75",
        "-0.12\n-0.25 to 0.00",
    ]
    assert [[label.get_text() for label in labels] for labels in (axes.get_xticklabels(), axes.get_yticklabels())] == [
        ["a", "b"],
        ["b", "c"],
    ]


def test_missed_by_draws_bars_beside_the_marks_of_independent_errors():
    rows = [
        {
            "wrong_runs": k,
            "share": share,
            "low": share - 0.1,
            "high": share + 0.1,
            "expected_share": expected,
            "n": 1200,
        }
        for k, (share, expected) in enumerate([(0.7, 0.6), (0.3, 0.4)])
    ]
    axes = drawn(missed_by.FINDING, rows).axes[0]
    assert [bar.get_height() for bar in axes.patches] == [0.7, 0.3]
    assert axes.get_lines()[0].get_ydata().tolist() == [0.6, 0.4]
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "runs that get an image wrong, of 1",
        "share of the images (n = 1,200)",
    )
