"""Every picture stays within its borders and is the same each time; names and legends stay readable."""

import contextlib
import io
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stages.findings.registry import FINDINGS
from stages.report import galleries, pictures, remains, results, style, tiles
from tests import worlds
from tests.report import reports

LONG = tuple(f"{('a rather long class name with', 'short', 'middling name')[i % 3]} {i}" for i in range(20))
GRIDS = {
    "published": {},
    "four cells, three seeds, votes": {"cells": worlds.CELLS, "seeds": 3, "votes": True},
    "one network, two classes": {"cells": worlds.CELLS[:1], "names": ("no", "yes"), "images": 100},
    "twenty classes with long names": {"names": LONG, "seeds": 2},
}


@pytest.fixture(scope="module", params=GRIDS.values(), ids=GRIDS)
def shown(request, tmp_path_factory):
    with contextlib.chdir(tmp_path_factory.mktemp("shown")):
        sample = reports.sample(**request.param)
        reports.write(sample)
        return results.read(sample.networks, sample.seeds, FINDINGS)


def test_nothing_leaves_its_figure(shown):
    with style.applied():
        figures = galleries.figures(shown)
        of_causes = any(name.startswith("gallery_cause_") for name in figures)
        assert of_causes == any(row["cause"] for row in shown.rows("galleries"))
        assert not any(network in name for name in figures for network in shown.settings)
        figures |= remains.figures(shown)
        assert ("gallery_what_remains" in figures) == bool(shown.rows("what_remains"))
        for name, figure in figures.items():
            figure.draw_without_rendering()
            width, height = figure.get_size_inches()
            used = figure.get_tightbbox()
            distance = min(used.x0, used.y0, width - used.x1, height - used.y1)
            assert distance > -0.01, f"{name}: {used.extents} of {width}, {height}"


@pytest.mark.parametrize("shown", [GRIDS["published"]], indirect=True, ids=["published"])
def test_a_picture_is_the_same_again_whatever_the_readers_own_style(shown):
    one_run = replace(shown, findings=[], answers=dict(list(shown.answers.items())[:1]))
    before = pictures.examples(one_run) | pictures.findings(one_run)
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "figure.dpi": 40}):
        assert pictures.examples(one_run) | pictures.findings(one_run) == before
        assert matplotlib.rcParams["font.size"] == 20


def test_charts_are_small_and_photos_exact():
    figure = style.figure(4.0)
    ramp = np.arange(256 * 3 * 32).reshape(32, -1, 3) % 256
    figure.subplots().imshow(ramp.astype(np.uint8), interpolation="bilinear")
    chart, photo = (Image.open(io.BytesIO(pictures.png(figure, photos))) for photos in (False, True))
    assert (chart.mode, photo.mode, chart.size) == ("P", "RGB", photo.size)
    assert round(photo.info["dpi"][0]) == round(chart.info["dpi"][0]) == style.DPI
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    assert np.array_equal(photo, Image.open(buffer).convert("RGB"))
    white = (np.asarray(photo) == 255).all(axis=2)
    assert white.any()
    assert (np.asarray(chart.convert("RGB"))[white] == 255).all()


@pytest.mark.parametrize(("word", "same"), [("right", True), ("wrong", False)])
def test_examples_are_what_they_are_called(shown, word, same):
    for run in shown.answers:
        title, *lines = [text.get_text() for text in pictures.example(run, word, shown).texts]
        assert title.startswith(f"{run}: random {word} predictions of held-out images ({len(lines) // 2} of ")
        for true, predicted in zip(lines[::2], lines[1::2], strict=True):
            names = true.removeprefix("true: "), predicted.removeprefix("predicted: ").rpartition(" ")[0]
            assert (names[0] == names[1]) == same or "…" in "".join(names)


def test_a_run_without_wrong_answers_has_an_empty_picture():
    figure = tiles.draw("nicknet1: wrong", [])
    assert [text.get_text() for text in figure.texts] == ["nicknet1: wrong", "none"]


def test_odd_names_are_text_and_long_ones_do_not_run_into_each_other():
    names = ["$a_{b$", "<html>&", *(f"a very long name that goes on and on, {end}" for end in "12")]
    with style.applied():
        lines = [[tiles.label(name, "true: "), tiles.answer(name, 1.0, True, "predicted: ")] for name in names]
        figure = tiles.draw("title", [tiles.Tile(np.zeros((8, 8, 3), "uint8"), of_one) for of_one in lines])
        figure.draw_without_rendering()
    assert figure.texts[1].get_text() == "true: $a_{b$"
    boxes = [text.get_window_extent() for text in figure.texts[1:]]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_wrong_answers_have_another_colour():
    right, wrong = (tiles.answer("a class with a long name", 0.5, answer, "nicknet1: ") for answer in (True, False))
    assert right.text == wrong.text == "nicknet1: a class…name 0.50"
    assert right.tint != wrong.tint


@pytest.mark.parametrize(
    ("text", "characters", "expected"),
    [("frog", 4, "frog"), ("abcdefgh", 5, "abc…h"), ("class number 12", 9, "class…12"), ("abc", 2, "a…")],
)
def test_long_names_are_cut_in_the_middle(text, characters, expected):
    assert style.short(text, characters) == expected


@given(st.text(st.characters(codec="ascii", exclude_categories=["Zs", "Cc"])), st.integers(2, 20))
def test_a_cut_name_is_never_longer_than_allowed(text, characters):
    assert len(style.short(text, characters)) <= characters


@pytest.mark.parametrize(("value", "expected"), [(0.12, "12"), (-0.005, "-0.5"), (0.015, "1.5"), (-0.0, "0")])
def test_places_on_an_axis_keep_their_digits(value, expected):
    assert style.percent_tick(value).replace(style.MINUS, "-") == expected


def test_a_legend_is_read_row_by_row():
    """Matplotlib fills the columns first: 5 items in 3 columns are two, two and one."""
    assert style.by_rows([1, 2, 3, 4, 5], 3) == [1, 4, 2, 5, 3]


@given(st.lists(st.integers()), st.integers(1, 6))
def test_a_legend_keeps_all_its_items(items, columns):
    assert sorted(style.by_rows(items, columns)) == sorted(items)


def test_networks_differ_in_colour_or_marker():
    assert len({(style.colour(i), style.marker(i)) for i in range(30)}) == 30
