"""The page is whole, self-contained, and says where each number comes from."""

import base64
import dataclasses
import hashlib
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from markupsafe import escape
from PIL import Image
from tests.error_analysis import reports, worlds

from stages.error_analysis import figures, gallery, occlusion, page


def render(pieces):
    """The page with a small grey picture for every chart."""
    grey = io.BytesIO()
    Image.new("L", (150, 75)).save(grey, "PNG")
    pictures = {chart.name: grey.getvalue() for section in page.SECTIONS for chart in section.charts}
    return page.render(pieces.analysis, pieces.images, pieces.galleries, pieces.cases, pictures, pieces.settings)


class Elements(HTMLParser):
    """Every start tag with its attributes, in order; the tags left open."""

    VOID = ("meta", "link", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def pieces():
    return reports.pieces(votes=True)


@pytest.fixture(scope="module")
def text(pieces):
    return render(pieces)


@pytest.fixture(scope="module")
def elements(text):
    return Elements(text)


def test_every_element_is_closed(elements):
    assert elements.open == []


def test_the_parts_are_in_order_with_the_verdicts_first(elements):
    assert [section["id"] for section in elements.all("section")] == [
        *("verdicts", "effects", "shares", "budget", "limits", "networks"),
        *("confusions", "edits", "galleries", "cases", "files"),
    ]


def test_the_contents_lead_somewhere(elements):
    ids = {attributes["id"] for _, attributes in elements.found if "id" in attributes}
    anchors = [link["href"][1:] for link in elements.all("a") if link["href"].startswith("#")]
    assert len(anchors) == 11
    assert set(anchors) <= ids


def test_nothing_is_loaded_or_run(elements, text):
    assert not {"script", "iframe", "object", "embed", "video", "audio", "form"} & {tag for tag, _ in elements.found}
    assert all(image["src"].startswith("data:image/png;base64,") for image in elements.all("img"))
    assert [link["href"] for link in elements.all("link")] == ["data:,"]
    assert "url(" not in text
    assert not any(name.startswith("on") or name == "style" for _, attributes in elements.found for name in attributes)


def test_the_policy_allows_the_pages_own_style_and_pictures_only(elements, text):
    (policy,) = (
        meta["content"] for meta in elements.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    )
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_every_picture_has_words_and_a_size(elements):
    images = elements.all("img")
    assert len(images) > 50
    for image in images:
        assert len(image["alt"]) > 20
        assert int(image["width"]) > 0
        assert int(image["height"]) > 0


def test_every_file_named_is_a_table_and_every_table_is_named(elements, pieces):
    named = {link["href"] for link in elements.all("a") if not link["href"].startswith("#")}
    assert named == {f"{name}.csv" for name in pieces.analysis.tables} | {"../curves.csv"}


def test_verdicts_refusals_and_kinds_are_spelled_out(text, pieces):
    for row in pieces.analysis.tables["verdicts"].rows:
        assert row["verdict"] in text
        assert f'<span class="claim">{row["claim"]}</span>' in text
    assert pieces.analysis.refusals
    for refusal in pieces.analysis.refusals:
        assert f"<strong>{escape(refusal.analysis)}</strong>: {escape(refusal.reason)}" in text
    assert '<span class="kind causal">causal</span>' in text
    assert '<span class="kind associated">associated</span>' in text


def test_a_grid_that_supports_everything_refuses_nothing():
    whole = reports.pieces(worlds.CELLS[:1], names=("no", "yes"), images=60)
    whole = dataclasses.replace(whole, analysis=dataclasses.replace(whole.analysis, refusals=[]))
    assert "Nothing: the grid supports every analysis." in render(whole)


def test_notes_come_before_the_verdicts(pieces):
    noted = dataclasses.replace(pieces.analysis, notes=["nicknet1, seed 0 predicts 'frog' for every image"])
    text = page.render(noted, pieces.images, [], [], {}, pieces.settings)
    assert text.index("predicts &#39;frog&#39; for every image") < text.index('id="verdicts"')


def test_the_page_is_the_same_again(text, pieces):
    assert render(pieces) == text


def test_names_cannot_break_the_page():
    hostile = ("<script>alert(1)</script>", 'a"b', "c&d")
    text = render(reports.pieces(names=hostile, images=60))
    elements = Elements(text)
    assert not elements.all("script")
    assert "<script>alert(1)</script>" in "".join(elements.text)
    assert any('labelled a"b' in image["alt"] for image in elements.all("img"))


def test_the_pixels_on_the_page_are_the_images_own(elements, pieces):
    tile = pieces.galleries[0].tiles[0]
    start = f"Image {pieces.analysis.ids[tile.index]}, "
    source = next(image["src"] for image in elements.all("img") if image["alt"].startswith(start))
    shown = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))
    np.testing.assert_array_equal(np.asarray(shown), pieces.images[tile.index])


def test_a_chart_is_as_wide_as_it_was_drawn(elements):
    """A figure has 150 dots an inch, CSS 96 pixels."""
    charts = [image for image in elements.all("img") if image["alt"].startswith("Learning curves.")]
    assert [(image["width"], image["height"]) for image in charts] == [("96", "48")]


def test_every_picture_that_is_drawn_has_its_place_on_the_page(pieces):
    drawn = figures.draw_all(pieces.analysis, pieces.images, [], pieces.curves)
    assert set(drawn) <= {chart.name for section in page.SECTIONS for chart in section.charts}


def test_the_page_names_the_number_of_images_in_a_gallery(text, pieces):
    for one in pieces.galleries:
        assert f"{len(one.tiles)} of {one.of:,}." in text


def test_a_map_is_orange_where_it_speaks_for_the_wrong_class_and_blue_for_the_true_one():
    evidence = np.array([[2.0, -2.0, 0.0]])
    wrong, true, neither = page.overlay(np.full((1, 3, 3), 255, np.uint8), evidence)[0].astype(int)
    assert wrong[0] > wrong[1] > wrong[2]
    assert true[2] > true[1] > true[0]
    assert neither.tolist() == [255, 255, 255]


def test_a_map_without_evidence_has_no_colour():
    shown = page.overlay(np.full((2, 2, 3), 7, np.uint8), np.zeros((2, 2)))
    assert (shown == shown[..., :1]).all()


@pytest.mark.parametrize(
    ("value", "column", "expected"),
    [
        (None, "p", "\N{EN DASH}"),
        ("", "network", "\N{EN DASH}"),
        (0.12345, "p", "0.123"),
        (-0.5, "difference", "\N{MINUS SIGN}0.500"),
        (0.0, "p", "0.000"),
        (0.00012, "p", "1.2e\N{MINUS SIGN}04"),
        (12345, "n", "12,345"),
        (12345, "seed", "12345"),
        ("cat", "true", "cat"),
    ],
)
def test_a_tables_value_as_text(value, column, expected):
    assert page.shown(value, column) == expected


def test_each_number_of_a_verdict_stands_beside_its_interval():
    row = {"numbers": "a: 1; b: 2", "interval": "[0, 2]; "}
    assert page.clauses(row) == [("a: 1", "[0, 2]"), ("b: 2", "")]
    assert page.clauses({"numbers": "a: 1; b: 2", "interval": "[0, 2]"}) == [("a: 1; b: 2", "[0, 2]")]


HOSTILE = (
    "<html>&\"'",
    "\u732b and a name that goes on and on until nobody reads it, with a tail",
    "$a_b$ {{ x }} %s",
    "\u0413\u0420",
)


@pytest.fixture(scope="module")
def own_images():
    """The analysis of a folder of pictures with odd names."""
    pieces = reports.pieces(cells=worlds.PUBLISHED[:2], names=HOSTILE, images=120)
    names = tuple(f"<b>{label}</b>/{index}.png" for index, label in enumerate(pieces.analysis.labels))
    analysis = dataclasses.replace(pieces.analysis, files=names)
    tables = (occlusion.table(pieces.cases, analysis), gallery.table(pieces.galleries, analysis))
    return dataclasses.replace(pieces, analysis=analysis.adding(*tables))


def test_images_that_come_from_files_are_shown_with_their_files(own_images):
    text = render(own_images)
    for one in own_images.galleries:
        for tile in one.tiles:
            file = own_images.analysis.files[tile.index]
            assert f"image {own_images.analysis.ids[tile.index]}: {escape(file)}" in text
    for name in ("galleries", "explained_images"):
        table = own_images.analysis.tables[name]
        assert table.columns.index("file") == table.columns.index("id") + 1
        assert all(row["file"] == own_images.analysis.files[row["id"]] for row in table.rows)


def test_odd_names_of_classes_and_files_stay_text(own_images):
    elements = Elements(render(own_images))
    assert elements.open == []
    assert not elements.all("b")
    for name in HOSTILE:
        assert any(name in text for text in elements.text)


def test_claims_about_other_classes_do_not_apply(own_images):
    rows = {row["claim"]: row["verdict"] for row in own_images.analysis.tables["verdicts"].rows}
    assert {rows[claim] for claim in ("C1 training", "C1 held-out", "C3", "C4", "C5", "C6")} == {"not applicable"}
