"""The pictures of the findings show the numbers of their tables, within their borders."""

from dataclasses import replace
from itertools import combinations, product

import matplotlib
import numpy as np
import pytest

from stages.findings.causes import error_mass, sensitive_images
from stages.findings.images import pixel_edits
from stages.findings.networks import classes, confusions, consistency, curves, missed_by, pair_repair
from stages.findings.registry import FINDINGS
from stages.findings.settings import effects
from stages.findings.sources import errors_by_votes, variance_shares
from stages.report import style
from stages.statistics.table import Table
from tests import worlds

PICTURES = [(finding, picture) for finding in FINDINGS for picture in finding.pictures]
LONG = tuple(f"{('a rather long class name with', 'short', 'middling name')[i % 3]} {i}" for i in range(20))
WORLDS = {
    "published": (
        {"cells": worlds.PUBLISHED, "seeds": 1},
        {"shapley", "equivalence", "sobol_indices", "error_mass", "sensitive_images"}
        | {"remedies_by_class", "remedies_by_chance", "dose_response"},
    ),
    "one network, two classes": (
        {"cells": worlds.CELLS[:1], "names": ("no", "yes")},
        {"remedies", "remedies_by_class", "dose_response", "effects", "shapley", "equivalence", "sensitive_images"},
    ),
    "seven networks": ({"cells": [("adam", 15), *(("sgd", size) for size in range(10, 16))]}, {"shapley"}),
    "twenty classes with long names": ({"seeds": 2, "names": LONG}, {"error_mass", "dose_response"}),
}


@pytest.fixture(scope="module", params=WORLDS.values(), ids=WORLDS)
def pictured(request):
    """A sample, and the names of the findings that it does not support."""
    arguments, refused = request.param
    world = worlds.World(label_noise=0.05, optimizer=0.15, kernel=0.1, seed=0.1, bad_runs=0.3)
    drawn = worlds.draw(world, np.random.default_rng(7), images=400, resamples=100, **arguments).sample
    sample = worlds.asked(drawn, np.random.default_rng(8))
    sample = worlds.watched(sample, np.repeat(sample.right[:, :, None], 4, axis=2))
    sample = replace(sample, others={"training": replace(sample, part="training")})
    return replace(sample, histories=dict.fromkeys(sample.runs, worlds.history([1.0, 0.5]))), refused


@pytest.mark.parametrize(("finding", "picture"), PICTURES, ids=lambda part: part.name)
def test_nothing_leaves_its_picture(finding, picture, pictured):
    sample, refused = pictured
    assert (finding.needs(sample) != "") == (finding.name in refused)
    if finding.name in refused:
        return
    with style.applied():
        figure = picture.draw(finding.table(sample), style)
        figure.draw_without_rendering()
        width, height = figure.get_size_inches()
        used = figure.get_tightbbox()
    assert min(used.x0, used.y0, width - used.x1, height - used.y1) > -0.01, f"{used.extents} of {width, height}"


def drawn(module, rows, picture=0):
    finding = module.FINDING
    return finding.pictures[picture].draw(Table(finding.name, finding.kind, finding.columns, rows), style)


def texts(artists):
    return [artist.get_text() for artist in artists]


EFFECT = {"effect": "optimizer", "contrast": "adam - sgd", "value": 0.1, "n": 1000}
EFFECT |= {
    "low_images": 0.08,
    "high_images": 0.12,
    "low_seeds": 0.05,
    "high_seeds": 0.15,
    "seeds": 3,
    "last_epoch": 0.13,
}


def intervals(axes):
    """The horizontal intervals of a picture, by colour."""
    return {
        matplotlib.colors.to_hex(lines.get_color()[0]).upper(): [
            tuple(map(float, line[:, 0])) for line in lines.get_segments()
        ]
        for lines in axes.collections
    }


def test_both_intervals_of_an_effect_are_drawn_side_by_side():
    figure = drawn(effects, [EFFECT])
    axes = figure.axes[0]
    assert intervals(axes) == {style.BLUE: [(0.08, 0.12)], style.ORANGE: [(0.05, 0.15)]}
    assert texts(axes.texts) == ["+10.0"]
    assert texts(figure.legends[0].get_texts()) == [
        *("over new images (n = 1,000)", "over new seeds (n = 3)", "after the last epoch")
    ]
    assert [0.13, 0] in [line.get_xydata()[0].tolist() for line in axes.get_lines()]


def test_an_interval_that_the_grid_cannot_give_is_named_not_drawn():
    figure = drawn(effects, [EFFECT | {"low_seeds": None, "high_seeds": None, "seeds": 1}])
    assert list(intervals(figure.axes[0])) == [style.BLUE]
    assert texts(figure.legends[0].get_texts())[1] == "over new seeds: none, see the refusals"


def test_errors_are_drawn_at_the_number_of_dissenting_votes_beside_their_n():
    row = {"network": "net", "part": "held-out", "low": 0.1, "high": 0.4, "n": 1200}
    rows = [row | {"dissenting_votes": 0, "error_rate": 0.2}, row | {"dissenting_votes": 1, "error_rate": None, "n": 0}]
    rows += [each | {"network": "all networks", "error_rate": 0.3} for each in rows]
    axes = drawn(errors_by_votes, rows).axes[0]
    assert [line.get_xydata().tolist() for line in axes.get_lines()] == [[[0, 0.2]]]
    assert texts(axes.get_xticklabels()) == ["0\n(n = 1,200)", "1\n(n = 0)"]
    assert axes.get_ylim() == (0, 1)


def test_a_negative_share_is_drawn_left_of_zero():
    rows = [
        {"component": "image", "share": 1.2, "low": 1.1, "high": 1.3, "kind": "associated"},
        {"component": "image x optimizer", "share": -0.2, "low": -0.3, "high": -0.1, "kind": "associated"},
    ]
    figure = drawn(variance_shares, rows)
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == [1.2, -0.2]
    assert axes.get_xlim()[0] < -0.3
    assert texts(axes.texts) == ["120.0%", f"{style.MINUS}20.0%"]
    assert texts(figure.legends[0].get_texts()) == [
        "ASSOCIATED: the images",
        "interval over images",
    ]


def test_confusions_are_shown_in_percent_of_the_true_class_over_all_seeds():
    rows = [
        {"network": "net", "seed": seed, "true": true, "predicted": predicted, "count": count, "n": 4}
        for seed, counts in enumerate(((3, 1, 0, 4), (4, 0, 1, 3)))
        for (true, predicted), count in zip(product(("cat", "dog"), repeat=2), counts, strict=True)
    ]
    panel = drawn(confusions, rows).axes[0]
    np.testing.assert_array_equal(panel.get_images()[0].get_array(), [[7 / 8, 1 / 8], [1 / 8, 7 / 8]])
    assert texts(panel.texts) == ["88", "12", "12", "88"]
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
        assert texts(axes.texts) == [text]


def test_recall_runs_from_none_to_all_with_its_interval():
    row = {"network": "net", "seed": 0, "class": "cat", "score": "recall", "value": 0.6, "low": 0.5, "high": 0.7}
    axes = drawn(classes, [row | {"n": 9}, row | {"score": "precision", "value": 0.1, "n": 8}]).axes[0]
    assert axes.get_xlim() == (0, 1)
    assert [line[:, 0].tolist() for line in axes.collections[0].get_segments()] == [[0.5, 0.7]]
    assert axes.get_lines()[0].get_xydata().tolist() == [[0.6, 0]]
    assert axes.get_xlabel() == "recall (n = 9 images a class)"


def test_training_is_dashed_and_held_out_is_solid():
    rows = [{"network": "net", "seed": 0} | row for row in worlds.history([1.0, 1.0], [0.6, 0.6])]
    accuracy = drawn(curves, rows).axes[0]
    lines = {tuple(line.get_ydata()): line.get_linestyle() for line in accuracy.get_lines()}
    assert lines == {(0.1, 0.2): "--", (0.6, 0.6): "-"}
    assert accuracy.get_ylim() == (0, 1)


def test_agreement_is_written_with_its_interval_and_left_blank_where_it_is_undefined():
    pairs = [("a", "b", 0.5, 0.25, 0.75), ("a", "c", -0.125, -0.25, 0.0), ("b", "c", None, None, None)]
    rows = [
        {"network_a": a, "seed_a": 0, "network_b": b, "seed_b": 0, "kappa": kappa, "low": low, "high": high}
        for a, b, kappa, low, high in pairs
    ]
    axes = drawn(consistency, rows).axes[0]
    assert texts(axes.texts) == [
        "0.50\n0.25 to 0.75",
        f"{style.MINUS}0.12\n{style.MINUS}0.25 to 0.00",
    ]
    assert [texts(labels) for labels in (axes.get_xticklabels(), axes.get_yticklabels())] == [
        ["a", "b"],
        ["b", "c"],
    ]


def test_missed_by_draws_bars_beside_the_marks_of_independent_errors():
    row = {"low": 0.2, "high": 0.8, "n": 1200}
    rows = [row | {"wrong_runs": 0, "share": 0.7, "expected_share": 0.6}]
    rows += [row | {"wrong_runs": 1, "share": 0.3, "expected_share": 0.4}]
    axes = drawn(missed_by, rows).axes[0]
    assert [bar.get_height() for bar in axes.patches] == [0.7, 0.3]
    assert axes.get_lines()[0].get_ydata().tolist() == [0.6, 0.4]
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "runs that get an image wrong, of 1",
        "share of the images (n = 1,200)",
    )


BOTH = {"low_images": 0.1, "high_images": 0.6, "low_seeds": None, "high_seeds": None, "n": 1200, "seeds": 2}


def test_error_mass_has_a_panel_a_band_and_no_dot_where_there_is_no_interval():
    bands = {"at least 0.9": 0.25, "0.5 to 0.9": 0.35, "below 0.5": 0.4}
    figure = drawn(error_mass, [{"network": "net", "chance": band, "share": bands[band]} | BOTH for band in bands])
    assert [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes] == list(bands)
    assert [[line.get_xdata().tolist() for line in axes.get_lines()] for axes in figure.axes] == [
        [[share]] for share in bands.values()
    ]
    assert texts(figure.axes[0].get_yticklabels()) == ["net (1,200)"]
    assert texts(figure.legends[0].get_texts()) == ["over new images"]


def test_sensitivity_is_drawn_as_what_exceeds_luck():
    row = {"setting": "optimizer", "network": "net", "share": 0.5, "by_luck": 0.2, "excess": 0.3, **BOTH}
    figure = drawn(sensitive_images, [row | {"low_seeds": -0.1, "high_seeds": 0.7}])
    images, seeds = (line for line in figure.axes[0].get_lines() if line.get_label().startswith("over new"))
    assert (list(images.get_xdata()), list(seeds.get_xdata())) == ([0.3], [0.3])
    assert texts(figure.axes[0].get_yticklabels()) == ["optimizer: net (1,200)"]


@pytest.mark.parametrize("module", [error_mass, sensitive_images])
def test_a_network_without_errors_can_be_drawn(module):
    row = {"network": "net", "chance": "below 0.5", "setting": "optimizer", "share": None, "excess": None}
    row |= dict.fromkeys(BOTH) | {"n": 0}
    assert not drawn(module, [row]).legends


def test_no_interval_of_a_pair_is_cut_off():
    row = {"class_a": "cat", "class_b": "dog", "repair": 0.3, "low": 0.1, "rank": 1}
    rows = [row | {"network": network, "high": high} for network, high in (("a", 0.4), ("b", 0.9))]
    assert all(axes.get_xlim()[1] > 0.9 for axes in drawn(pair_repair, rows).axes)


def labels(names):
    """Of the pairs of these classes, all as good."""
    rows = [
        {"network": "net", "class_a": a, "class_b": b, "repair": 0.5, "low": 0.4, "high": 0.6, "rank": rank}
        for rank, (a, b) in enumerate(combinations(names, 2), 1)
    ]
    axes = drawn(pair_repair, rows).axes[0]
    return [label.get_text() for label in axes.get_yticklabels()]


@pytest.mark.parametrize(("names", "count"), [(("bird", "cat", "dog"), 3), (worlds.NAMES, 10)])
def test_at_most_ten_pairs_are_shown(names, count):
    assert [int(label.split(".")[0]) for label in labels(names)] == list(range(1, count + 1))


def test_the_edits_of_each_networks_first_seed_are_drawn():
    row = {"edit": "flip", "direction": "repair", "n": 30, "low": -0.1, "high": 0.6}
    rows = [
        row | {"network": network, "seed": seed, "direction": direction, "difference": difference}
        for network, seed, difference in (("a", 3, 0.25), ("a", 4, 0.75), ("b", 3, None), ("b", 4, 0.75))
        for direction in ("repair", "break")
    ]
    for axes in drawn(pixel_edits, rows).axes:
        drawn_values = [line.get_xdata().tolist() for line in axes.get_lines() if line.get_linestyle() == "None"]
        assert drawn_values == [[0.25], []]
        assert axes.get_xlabel() == "n = 30 images"
