"""The page is whole, self-contained, and says where each number comes from."""

import base64
import contextlib
import hashlib
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from markupsafe import escape
from PIL import Image

from stages import run
from stages.findings.registry import FINDINGS
from stages.images.occlusion import overlay
from stages.predictions import Predictions
from stages.report import cases, galleries, page, remains, results
from tests import worlds
from tests.report import reports

HOSTILE = (
    "<script>alert(1)</script>",
    "\u732b and a name that goes on and on until nobody reads it, with a tail",
    "$a_b$ {{ x }} %s",
    'a"b & \u0413\u0420',
)


def read(folder, **world):
    with contextlib.chdir(folder):
        sample = reports.sample(**world)
        reports.write(sample)
        return results.read(sample.networks, sample.seeds, FINDINGS)


def render(shown):
    """The page with a small grey picture for every picture of a finding."""
    grey = io.BytesIO()
    Image.new("L", (150, 75)).save(grey, "PNG")
    names = [picture.name or finding.name for finding in FINDINGS for picture in finding.pictures]
    return page.render(shown, dict.fromkeys(names, grey.getvalue()))


class Elements(HTMLParser):
    """Every start tag with its attributes, in order; the tags left open; the text."""

    VOID = ("meta", "link", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    return read(tmp_path_factory.mktemp("shown"), votes=True)


@pytest.fixture(scope="module")
def text(shown):
    return render(shown)


@pytest.fixture(scope="module")
def elements(text):
    return Elements(text)


@pytest.fixture(scope="module")
def own_images(tmp_path_factory):
    """Results of a folder of pictures with odd names, two seeds a network."""
    return read(
        tmp_path_factory.mktemp("own"), cells=worlds.PUBLISHED[:2], seeds=2, names=HOSTILE, images=120, files=True
    )


def test_every_element_is_closed_and_every_anchor_leads_somewhere(elements, shown):
    assert elements.open == []
    ids = [attributes["id"] for _, attributes in elements.elements if "id" in attributes]
    anchors = [link["href"][1:] for link in elements.all("a") if link["href"].startswith("#")]
    sections = [section["id"] for section in elements.all("section")]
    assert anchors == [*(row["finding"] for row in shown.tables["answers"].rows), *sections]
    assert len(ids) == len(set(ids))


def test_the_sections_are_those_of_the_findings_in_order_with_the_verdicts_first(elements, shown):
    titles = dict.fromkeys(finding.section for finding in FINDINGS if finding.name in shown.tables)
    anchors = [re.sub("[^a-z]+", "-", title.lower()) for title in titles]
    assert [section["id"] for section in elements.all("section")] == ["verdicts", "runs", *anchors, "limits", "files"]


def test_nothing_is_loaded_or_run(elements, text):
    assert not {"script", "iframe", "object", "embed", "video", "audio", "form"} & {tag for tag, _ in elements.elements}
    assert all(image["src"].startswith("data:image/png;base64,") for image in elements.all("img"))
    assert [link["href"] for link in elements.all("link")] == ["data:,"]
    assert "url(" not in text
    assert not any(name.startswith("on") or name == "style" for _, given in elements.elements for name in given)


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


def test_a_chart_is_as_wide_as_it_was_drawn(elements):
    """A figure has 150 dots an inch, CSS 96 pixels."""
    charts = [image for image in elements.all("img") if image["alt"].startswith("Learning curves.")]
    assert [(image["width"], image["height"]) for image in charts] == [("96", "48")]


def test_every_file_named_is_a_table_and_every_table_is_named(elements, shown):
    named = {link["href"] for link in elements.all("a") if not link["href"].startswith("#")}
    assert named == {f"../data/analysis/{name}.csv" for name in shown.tables}


def test_every_verdict_and_refusal_and_finding_is_spelled_out(text, shown):
    for row in shown.rows("verdicts"):
        assert f'<span class="claim">{row["claim"]}</span>' in text
        assert row["verdict"] in text
        assert str(escape(row["rule"])) in text
    assert shown.rows("refusals")
    for row in shown.rows("refusals"):
        assert f"<br>{escape(row['analysis'])}" in text
        assert f"<strong>{escape(row['reason'])}</strong>" in text
    for finding in FINDINGS:
        assert str(escape(finding.question)) in text


def test_runs_that_support_everything_have_no_limits(shown):
    refusals = replace(shown.tables["refusals"], rows=[])
    assert "Nothing: these runs support every analysis." in render(
        replace(shown, tables={**shown.tables, "refusals": refusals})
    )


def test_a_run_that_answers_one_class_only_is_named_before_the_verdicts(shown):
    answers = shown.answers[run.Run("nicknet2", 0)]
    frog = np.zeros_like(answers.probabilities)
    frog[:, worlds.NAMES.index("frog")] = 1
    collapsed = Predictions(answers.ids, answers.labels, frog)
    text = render(replace(shown, answers={**shown.answers, run.Run("nicknet2", 0): collapsed}))
    note = "nicknet2, seed 0 predicts &#39;frog&#39; for every held-out image"
    assert text.count("for every held-out image") == 1
    assert 0 < text.index(note) < text.index('id="verdicts"')


def test_the_page_is_the_same_again(text, shown):
    assert render(shown) == text


def test_the_pixels_on_the_page_are_the_images_own(elements, shown):
    first = galleries.read(shown)[0].images[0]
    source = next(image["src"] for image in elements.all("img") if image["alt"].startswith(f"Image {first.id}, "))
    pixels = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))
    np.testing.assert_array_equal(np.asarray(pixels), shown.images[first.id])


def test_the_page_says_how_many_images_a_gallery_is_drawn_from(text, shown):
    assert galleries.read(shown)
    for gallery in galleries.read(shown):
        assert f"{len(gallery.images)} of {gallery.n:,}." in text


def test_a_case_shows_the_map_of_its_run_and_image(elements, shown):
    case = cases.read(shown)[0]
    outcomes = shown.outcomes[case.run]
    place = list(outcomes.error_ids).index(case.row["id"])
    np.testing.assert_array_equal(case.map, outcomes.maps[place])
    assert case.row["strongest_evidence"] == pytest.approx(case.map.max())
    edits = [str(name) for name in outcomes.edits[outcomes.error_edited[:, place]]]
    assert [name for name, _ in case.edits] == edits
    source = next(image["src"] for image in elements.all("img") if image["alt"].startswith("Occlusion map"))
    pixels = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))
    np.testing.assert_array_equal(np.asarray(pixels), overlay(shown.images[case.row["id"]], case.map))


def test_seeds_that_agree_are_counted(own_images):
    images = {image.id: image for image in galleries.read(own_images)[0].images}
    rows = own_images.rows("galleries", gallery="missed_by_all")
    for id, image in images.items():
        for answer in image.answers:
            said = [row for row in rows if (row["id"], row["network"]) == (id, answer.network)]
            agreeing = [row["probability"] for row in said if row["predicted"] == answer.predicted]
            assert (answer.runs, answer.agreeing, answer.right) == (2, len(agreeing), False)
            assert len(agreeing) * 2 >= len(said)
            assert answer.probability == pytest.approx(sum(agreeing) / len(agreeing))


def test_peoples_votes_are_counted_most_first(shown):
    votes = {row["id"]: row["votes"] for row in shown.rows("galleries")}
    for gallery in galleries.read(shown):
        for image in gallery.images:
            (name,) = set(votes[image.id].split("; "))  # in this world, all three agree
            assert image.votes == f"3\N{MULTIPLICATION SIGN} {name}"


def test_what_remains_is_shown_with_votes_and_how_many_runs_agree(elements, shown):
    (remaining,) = remains.read(shown)
    rows = shown.rows("what_remains")
    assert (remaining.number, remaining.n, len(remaining.rows)) == (len(rows), 300, min(len(rows), remains.SHOWN))
    named = [
        image["alt"] for image in elements.all("img") if image["alt"].endswith(".") and " runs say " in image["alt"]
    ]
    assert named == [
        f"Image {row['id']}, labelled {row['true']}; {row['agreeing']} of {row['runs']} runs say {row['predicted']}."
        for row in remaining.rows
    ]
    for row in remaining.rows:
        assert f"{row['votes_for_true']} of 3 people say {row['true']}, " in " ".join(elements.text)
    assert remains.read(replace(shown, tables={})) == []


def test_settings_in_which_networks_differ_stand_with_their_names():
    changes = {"base": {"augment": "flip_shift"}, "plain": {}, "half": {"augment": "flip_shift", "train_share": 0.5}}
    given = {
        name: worlds.settings("adam", 3, learning_rate=0.1, schedule="cosine", **change)
        for name, change in changes.items()
    }
    assert page.further(given) == {
        "base": ["augment: flip_shift"],
        "plain": [],
        "half": ["augment: flip_shift", "train_share: 0.5"],
    }


def test_images_to_look_at_first_come_first_with_their_files(own_images):
    text, rows = render(own_images), own_images.rows("look_first")
    assert text.index('id="what-to-look-at-first"') < text.index('id="having-learned-from-an-image"')
    section = text[text.index('id="look_first"') : text.index("</article>", text.index('id="look_first"'))]
    assert section.count("<figure>") == len(rows) > 0
    for why in {row["why"] for row in rows}:
        assert f"<h4>{why.capitalize()}</h4>" in section


def test_odd_names_of_classes_and_files_stay_text(own_images):
    text = render(own_images)
    elements = Elements(text)
    assert elements.open == []
    assert not elements.all("b")
    assert not elements.all("script")
    for name in HOSTILE:
        assert any(name in piece for piece in elements.text)
    for row in own_images.rows("galleries"):
        assert f"image {row['id']}: {escape(row['file'])}" in text
