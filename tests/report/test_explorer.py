"""The explorer's files hold what the runs answered, whatever the names are, and hold it again the next time."""

import base64
import hashlib
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from stages.report import explorer, sheets
from stages.report.explorer import Change, Explored
from stages.report.neighbours import nearest
from stages.run import Run
from stages.templates import environment

HOSTILE = ("</script><script>alert(1)</script>", '"a" & <!--', "\u202egnp.tac", "a; b")
RUNS = [Run("a", 0), Run("a", 1), Run("b</script>", 0)]
IMAGES = 40


@pytest.fixture(autouse=True)
def small_sheets(monkeypatch):
    monkeypatch.setattr(sheets, "SIDE", 64)


@pytest.fixture(scope="module")
def explored():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2 * IMAGES, 20, 12, 3), np.uint8)
    labels = rng.integers(0, 4, 2 * IMAGES)
    square = images[:, :8, :8]
    like = nearest(square, labels.astype(np.uint8), np.arange(IMAGES), np.arange(IMAGES, 2 * IMAGES))
    return Explored(
        class_names=HOSTILE,
        ids=list(range(100, 100 + IMAGES)),
        labels=labels[:IMAGES],
        answers={run: rng.dirichlet(np.ones(4), IMAGES).astype(np.float32) for run in RUNS},
        images=images[:IMAGES],
        paths=[f"<img src=x onerror=alert(1)>/{place}.png" for place in range(IMAGES)],
        votes=rng.choice([0, 1, 2, 3, 255], (IMAGES, 3)).astype(np.uint8),
        causes={"luck": labels[:IMAGES] == 0},
        values={"similarity": np.append(np.nan, rng.random(IMAGES - 1))},
        changes=[Change("more", "a", "b</script>", ["a; b"])],
        neighbours=replace(like, images=images[like.ids]),
    )


def held(explored):
    """The data in the page's own script element, read as a browser would."""
    page = explorer.page(explored)
    (text,) = re.findall('<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


def unpacked(array, *shape):
    dtype = {"Uint8Array": "<u1", "Uint16Array": "<u2", "Uint32Array": "<u4"}[array["type"]]
    return np.frombuffer(base64.b64decode(array["base64"]), dtype).reshape(shape)


def test_the_page_holds_every_runs_first_classes_and_their_probabilities(explored):
    data = held(explored)
    classes, chances = (unpacked(data[name], 3, IMAGES, explorer.DEPTH) for name in ("answers", "chances"))
    of_true = unpacked(data["true_chances"], 3, IMAGES)
    rows = np.arange(IMAGES)
    for run, probabilities in enumerate(explored.answers.values()):
        order = np.argsort(-probabilities, axis=1)[:, : explorer.DEPTH]
        assert (classes[run] == order).all()
        assert np.abs(chances[run] / 255 - probabilities[rows[:, None], order]).max() <= 1 / 510 + 1e-6
        assert np.abs(of_true[run] / 255 - probabilities[rows, explored.labels]).max() <= 1 / 510 + 1e-6
    assert (unpacked(data["labels"], IMAGES) == explored.labels).all()


def test_the_page_holds_names_votes_causes_and_numbers_as_they_are(explored):
    data = held(explored)
    assert data["classes"] == list(HOSTILE)
    assert data["runs"] == [["a", 0], ["a", 1], ["b</script>", 0]]
    assert data["ids"] == explored.ids
    assert data["paths"] == explored.paths
    assert (unpacked(data["votes"]["given"], IMAGES, data["votes"]["each"]) == explored.votes).all()
    assert (unpacked(data["causes"]["luck"], IMAGES) == explored.causes["luck"]).all()
    assert data["values"]["similarity"][0] is None
    assert np.allclose(data["values"]["similarity"][1:], explored.values["similarity"][1:], atol=1e-4)
    assert data["changes"] == [{"label": "more", "base": "a", "network": "b</script>", "left_out": ["a; b"]}]


def test_the_sheets_hold_every_image_and_every_neighbour_in_its_place(explored):
    files = dict(explorer.files(explored))
    data, near = held(explored), explored.neighbours
    places = np.append(np.arange(IMAGES), IMAGES + unpacked(data["neighbours"]["places"], IMAGES, 3)[:, 0])
    expected = np.concatenate([explored.images, near.images[near.places[:, 0]]])
    height, width, rows, columns = (data["sheets"][name] for name in ("height", "width", "rows", "columns"))
    assert (height, width, rows, columns) == (20, 12, 3, 5)
    pixels = {name: np.asarray(Image.open(io.BytesIO(content))) for name, content in files.items() if "sheet" in name}
    assert list(pixels) == [f"sheet-{number}.png" for number in range(-(-(IMAGES + len(near.ids)) // 15))]
    for place, image in zip(places, expected, strict=True):
        number, within = divmod(int(place), rows * columns)
        top, left = height * (within // columns), width * (within % columns)
        assert (pixels[f"sheet-{number}.png"][top : top + height, left : left + width] == image).all()
    assert data["neighbours"]["ids"] == near.ids.tolist()


def test_the_last_sheet_is_no_higher_than_its_images():
    (png,) = sheets.drawn([np.zeros((3, 25, 25, 3), np.uint8)])
    assert Image.open(io.BytesIO(png)).size == (50, 50)


def test_equal_arguments_give_equal_bytes(explored):
    assert list(explorer.files(explored)) == list(explorer.files(replace(explored)))


def test_without_images_there_is_a_page_alone(explored):
    bare = replace(explored, images=None, neighbours=None, votes=None, paths=None)
    ((name, _),) = explorer.files(bare)
    data = held(bare)
    assert name == "index.html"
    assert data["sheets"] is data["votes"] is data["paths"] is data["neighbours"] is None


def test_predicted_classes_alone_are_told_from_probabilities(explored):
    first, *others = explored.answers.values()
    answers = dict(zip(RUNS, [first.argmax(axis=1), *others], strict=True))
    data = held(replace(explored, answers=answers))
    assert data["probable"] == [False, True, True]
    assert (unpacked(data["answers"], 3, IMAGES, explorer.DEPTH)[0, :, 0] == first.argmax(axis=1)).all()


def test_of_equal_probabilities_the_lower_class_comes_first():
    classes, chances, of_true = explorer.top(np.array([[0.0, 0.5, 0.5, 0.0]]), np.array([2]))
    assert classes.tolist() == [[1, 2, 0]]
    assert chances.tolist() == [[128, 128, 0]]
    assert of_true.tolist() == [128]


def test_the_numbers_of_a_thousand_classes_fit():
    assert unpacked(explorer.packed(np.array([3, 999])), 2).tolist() == [3, 999]


def test_names_cannot_end_the_element_that_holds_them(explored):
    page = explorer.page(explored)
    assert page.count("</script>") == 2
    assert "<img" not in page
    assert "\u202e" not in page


def test_the_policy_allows_the_pages_own_script_and_style_alone(explored):
    page = explorer.page(explored)
    (policy,) = re.findall('http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    (script,), (style,) = (re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("script", "style"))
    for kind, text in (("script-src", script), ("style-src", style)):
        digest = hashlib.sha256(text.encode()).digest()
        assert allowed[kind] == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert allowed["default-src"] == "'none'"
    assert allowed["img-src"] == "'self' file: data:"


@pytest.mark.parametrize("maker", ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("])
def test_the_script_makes_no_markup_and_no_code_of_text(maker):
    assert all(maker not in environment.source(name) for name in explorer.SCRIPTS)
