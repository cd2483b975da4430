"""Every figure shows the numbers of its table, within its borders, the same way each time."""

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stages.error_analysis.budget import CAUSES
from stages.error_analysis.table import Table
from tests.error_analysis import reports, worlds

from stages.error_analysis import figures, figures_charts, figures_matrices, figures_style, gallery

LONG = tuple(f"{('a rather long class name with', 'short', 'middling name')[i % 3]} {i}" for i in range(20))
GRIDS = {
    "published": {},
    "four cells, three seeds, votes": {"cells": worlds.CELLS, "seeds": 3, "votes": True},
    "one network, two classes": {"cells": worlds.CELLS[:1], "names": ("no", "yes"), "images": 100},
    "twenty classes with long names": {"names": LONG, "seeds": 2},
}


@pytest.fixture(scope="module", params=GRIDS.values(), ids=GRIDS)
def drawn(request):
    pieces = reports.pieces(**request.param)
    return pieces, figures.draw_all(pieces.analysis, pieces.images, pieces.galleries, pieces.curves)


def test_nothing_leaves_its_figure(drawn):
    for name, figure in drawn[1].items():
        figure.draw_without_rendering()
        width, height = figure.get_size_inches()
        used = figure.get_tightbbox()
        assert min(used.x0, used.y0, width - used.x1, height - used.y1) > -0.01, (
            f"{name}: {used.extents} of {width, height}"
        )


def test_every_table_that_has_a_picture_gets_one(drawn):
    pieces, pictures = drawn
    tables = pieces.analysis.tables
    pictured = {
        *("effects", "shapley", "variance_shares", "budget", "confusions"),
        *("knockout", "pair_repair", "missed_by", "pixel_edits", "errors_by_votes"),
    }
    assert {name for name in pictured if name in tables} <= set(pictures)
    assert ("agreement" in pictures) == ("consistency" in tables)
    assert {"recall", "curves"} <= set(pictures)
    assert {name for name in pictures if name.startswith("gallery_")} == {
        f"gallery_{one.name}" for one in pieces.galleries if one.group != "network"
    }


def test_a_picture_is_the_same_again_whatever_the_readers_own_style():
    pieces = reports.pieces(images=100)
    names = ["nicknet1", "nicknet2", "nicknet3"]

    def draw():
        return [
            reports.png(figures_charts.budget(pieces.analysis.tables["budget"], CAUSES)),
            reports.png(figures_matrices.confusions(pieces.analysis.tables["confusions"], names, worlds.NAMES)),
            reports.png(gallery.draw(pieces.galleries[0], pieces.images, pieces.analysis)),
        ]

    before = draw()
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "figure.dpi": 40}):
        assert draw() == before
        assert matplotlib.rcParams["font.size"] == 20


def test_without_curves_there_is_no_picture_of_them():
    pieces = reports.pieces(worlds.CELLS[:1], names=("no", "yes"), images=60)
    assert "curves" not in figures.draw_all(pieces.analysis, pieces.images, [], [])


def table(name, rows):
    return Table(name, "", "associated", tuple(rows[0]), rows)


def cells(counts, part, whole, axes):
    names = ("cat", "dog")
    return [
        {"network": "net", "seed": 0, axes[0]: names[i], axes[1]: names[j], part: counts[i][j], whole: sum(counts[i])}
        for i in range(2)
        for j in range(2)
    ]


def test_confusions_are_shown_in_percent_of_the_true_class_over_all_seeds():
    rows = cells([[3, 1], [0, 4]], "count", "n", ("true", "predicted"))
    rows += [row | {"seed": 1} for row in cells([[4, 0], [1, 3]], "count", "n", ("true", "predicted"))]
    figure = figures_matrices.confusions(table("confusions", rows), ["net"], ["cat", "dog"])
    panel = figure.axes[0]
    np.testing.assert_array_equal(panel.get_images()[0].get_array(), [[7 / 8, 1 / 8], [1 / 8, 7 / 8]])
    assert [text.get_text() for text in panel.texts] == ["88", "12", "12", "88"]
    assert panel.get_images()[0].get_clim() == (0, 1)


def test_a_class_removed_from_itself_is_blank_in_the_knockout_matrix():
    rows = [
        {"network": "net", "seed": 0, "true": a, "removed": b, "repaired": 1, "n": n}
        for a, b, n in (("cat", "dog", 2), ("dog", "cat", 0))
    ]
    figure = figures_matrices.knockout(table("knockout", rows), ["net"], ["cat", "dog"])
    np.testing.assert_array_equal(
        np.isnan(np.ma.filled(figure.axes[0].get_images()[0].get_array(), np.nan)), [[True, False], [True, True]]
    )
    assert [text.get_text() for text in figure.axes[0].texts] == ["50"]


def test_networks_share_one_scale():
    pieces = reports.pieces(images=200)
    names = ["nicknet1", "nicknet2", "nicknet3"]
    for draw, name in ((figures_matrices.confusions, "confusions"), (figures_matrices.knockout, "knockout")):
        figure = draw(pieces.analysis.tables[name], names, pieces.analysis.class_names)
        assert len({axes.get_images()[0].get_clim() for axes in figure.axes[:3]}) == 1


EFFECT = {
    "effect": "optimizer",
    "contrast": "adam - sgd",
    "value": 0.1,
    "low_images": 0.08,
    "high_images": 0.12,
    "images": 1000,
    "low_seeds": 0.05,
    "high_seeds": 0.15,
    "seeds": 3,
}


def intervals(axes):
    """The horizontal intervals of a chart, by colour."""
    return {
        matplotlib.colors.to_hex(lines.get_color()[0]).upper(): [
            tuple(map(float, line[:, 0])) for line in lines.get_segments()
        ]
        for lines in axes.collections
    }


def test_both_intervals_of_an_effect_are_drawn_side_by_side():
    figure = figures_charts.effects(table("effects", [EFFECT]))
    found = intervals(figure.axes[0])
    assert found[figures_style.BLUE] == [(0.08, 0.12)]
    assert found[figures_style.ORANGE] == [(0.05, 0.15)]
    assert [text.get_text() for text in figure.axes[0].texts] == ["+10.0"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["over new images (n = 1,000)", "over new seeds (n = 3)"]


def test_an_interval_that_the_grid_cannot_give_is_named_not_drawn():
    row = EFFECT | {"low_seeds": None, "high_seeds": None, "seeds": 1}
    figure = figures_charts.effects(table("effects", [row]))
    assert not intervals(figure.axes[0]).get(figures_style.ORANGE)
    assert figure.legends[0].get_texts()[1].get_text() == "over new seeds: needs 2 or more seeds"


def test_a_negative_share_is_drawn_left_of_zero():
    rows = [
        {"component": "image", "share": 1.2, "low": 1.1, "high": 1.3, "kind": "associated"},
        {"component": "image x optimizer", "share": -0.2, "low": -0.3, "high": -0.1, "kind": "associated"},
    ]
    figure = figures_charts.variance_shares(table("variance_shares", rows))
    assert [bar.get_width() for bar in figure.axes[0].patches] == [1.2, -0.2]
    assert figure.axes[0].get_xlim()[0] < -0.3
    assert [text.get_text() for text in figure.axes[0].texts] == ["120.0%", "\N{MINUS SIGN}20.0%"]


def test_the_bars_of_the_budget_fill_all_errors_in_both_orders():
    pieces = reports.pieces(votes=True)
    figure = figures_charts.budget(pieces.analysis.tables["budget"], CAUSES)
    assert len(figure.axes) == 2
    for axes in figure.axes:
        ends = {}
        for bar in axes.patches:
            ends[bar.get_y()] = max(ends.get(bar.get_y(), 0), bar.get_x() + bar.get_width())
        assert list(ends.values()) == pytest.approx([1] * 4)  # three networks, and all of them


def test_recall_runs_from_none_to_all_with_its_interval():
    row = {
        "network": "net",
        "seed": 0,
        "class": "cat",
        "score": "recall",
        "value": 0.6,
        "low": 0.5,
        "high": 0.7,
        "n": 9,
    }
    axes = figures_charts.recall(table("classes", [row]), [("net", 0)], ["cat"]).axes[0]
    assert axes.get_xlim() == (0, 1)
    assert intervals(axes)[figures_style.colour(0)] == [(0.5, 0.7)]


def test_training_is_dashed_and_held_out_is_solid():
    rows = [
        {
            "network": "net",
            "seed": 0,
            "epoch": epoch,
            "images": images,
            "accuracy": value,
            "loss": 1,
            "precision": value,
        }
        for epoch in (1, 2)
        for images, value in (("training", 0.9), ("held-out", 0.6))
    ]
    accuracy = figures_charts.curves(rows, ["net"]).axes[0]
    styles = {tuple(line.get_ydata()): line.get_linestyle() for line in accuracy.get_lines()}
    assert styles == {(0.9, 0.9): "--", (0.6, 0.6): "-"}
    assert accuracy.get_ylim() == (0, 1)


def test_errors_are_drawn_at_the_number_of_dissenting_votes_beside_their_n():
    row = {"network": "net", "low": 0.1, "high": 0.4, "n": 1200}
    rows = [row | {"dissenting_votes": 0, "error_rate": 0.2}, row | {"dissenting_votes": 1, "error_rate": None, "n": 0}]
    axes = figures_charts.errors_by_votes(table("errors_by_votes", rows), ["net"]).axes[0]
    assert [line.get_xydata().tolist() for line in axes.get_lines()] == [[[0, 0.2]]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0\n(n = 1,200)", "1\n(n = 0)"]
    assert axes.get_ylim() == (0, 1)


def test_the_pair_of_the_claim_is_shown_whatever_its_rank():
    rows = [
        {"network": "net", "class_a": a, "class_b": b, "repair": repair, "low": repair, "high": repair, "rank": rank}
        for rank, (a, b, repair) in enumerate([("car", "truck", 0.5), ("cat", "dog", 0.4), ("bird", "cat", 0.1)], 1)
    ]
    axes = figures_charts.pair_repair(table("pair_repair", rows), ["net"], shown=1).axes[0]
    labels = {label.get_text(): label.get_fontweight() for label in axes.get_yticklabels()}
    assert labels == {"1. car / truck": "normal", "3. bird / cat": "bold"}


@pytest.mark.parametrize(
    ("text", "characters", "expected"),
    [("frog", 4, "frog"), ("abcdefgh", 5, "abc…h"), ("class number 12", 9, "class…12"), ("abc", 2, "a…")],
)
def test_long_names_are_cut_in_the_middle(text, characters, expected):
    assert figures_style.short(text, characters) == expected


@given(st.text(st.characters(codec="ascii", exclude_categories=["Zs", "Cc"])), st.integers(2, 20))
def test_a_cut_name_is_never_longer_than_allowed(text, characters):
    assert len(figures_style.short(text, characters)) <= characters


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(0.123, 0, "12"), (-0.051, 1, "\N{MINUS SIGN}5.1"), (-0.0001, 0, "0"), (1, 0, "100")],
)
def test_percent(value, digits, expected):
    assert figures_style.percent(value, digits) == expected


@pytest.mark.parametrize(("value", "expected"), [(0.12, "12"), (-0.005, "-0.5"), (0.015, "1.5"), (-0.0, "0")])
def test_places_on_an_axis_keep_their_digits(value, expected):
    assert figures_style.percent_tick(value).replace(figures_style.MINUS, "-") == expected


def test_a_legend_is_read_row_by_row():
    """Matplotlib fills the columns first: 5 items in 3 columns are two, two and one."""
    assert figures_style.by_rows([1, 2, 3, 4, 5], 3) == [1, 4, 2, 5, 3]


@given(st.lists(st.integers()), st.integers(1, 6))
def test_a_legend_keeps_all_its_items(items, columns):
    assert sorted(figures_style.by_rows(items, columns)) == sorted(items)


def test_networks_differ_in_colour_or_marker():
    looks = [(figures_style.colour(i), figures_style.marker(i)) for i in range(30)]
    assert len(set(looks)) == 30
