"""The explorer in a real browser: what it counts is what the tables count, and names are shown as text."""

import contextlib
import io
import re
from collections import Counter
from dataclasses import replace
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from stages import dataset
from stages.findings.changes import remedies
from stages.findings.images import galleries, images
from stages.findings.networks import confusions, missed_by
from stages.findings.sources import errors_by_votes
from stages.report import explorer, neighbours, results
from stages.report.output import replace as write
from tests import worlds
from tests.report import reports
from tests.report.browsing import DESKTOP, PHONE, opened

HOSTILE = (
    "<img src=x onerror=document.title=1>",
    "\u202egnp.tac & \u05d0",
    "\"quo\" 'ted'; $&",
    "\u732b " * 12 + "end",
)
FILE = '<img src="x" onerror="document.title=1">/\u202egnp.{}'
FINDINGS = [module.FINDING for module in (images, confusions, missed_by, remedies, galleries, errors_by_votes)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Four networks of three seeds: the folder, the sample, and what is explored."""
    folder = tmp_path_factory.mktemp("explorer")
    sample = reports.sample(worlds.CELLS, seeds=3, names=HOSTILE, votes=True, images=200)
    sample = replace(sample, files=[FILE.format(place) for place in range(200)], ids=np.arange(7, 207))
    with contextlib.chdir(folder):
        reports.write(sample, FINDINGS)
        shown = results.read(sample.networks, sample.seeds, FINDINGS)
        like = neighbours.nearest(shown.images, dataset.read_labels("train"), sample.ids, np.arange(7))
    explored = explorer.explored(shown, like)
    write(folder / "whole", explorer.files(explored))
    write(folder / "bare", explorer.files(replace(explored, images=None, neighbours=None)))
    return folder, sample, shown


@pytest.fixture
def page(browser, world):
    address = (world[0] / "whole/index.html").as_uri()
    if browser.current_url.partition("#")[0] != address:
        opened(browser, address, DESKTOP)
    choose(browser)
    return browser


def choose(browser, **chosen):
    """Go to the address of this view; return how many images, and answers, it has."""
    browser.execute_async_script(
        "const [wanted, done] = arguments;"
        "if (location.hash.slice(1) === wanted) done();"
        "else { addEventListener('hashchange', () => done(), {once: true}); location.hash = wanted; }",
        urlencode(chosen),
    )
    return counts(browser)


def counts(browser):
    of_images, of_answers = texts(browser, "#count span")
    return tuple(int(re.search(r"[\d,]+", text)[0].replace(",", "")) for text in (of_images, of_answers))


def texts(browser, selector):
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map(one => one.textContent)", selector
    )


def press(browser, *keys):
    from selenium.webdriver import ActionChains, Keys

    for key in keys:
        ActionChains(browser).send_keys(getattr(Keys, key) if len(key) > 1 else key).perform()


def await_that(browser, condition):
    """Fails the test unless the condition holds soon."""
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 30, 0.02).until(lambda _: condition())


def test_every_image_is_there_and_only_sheets_were_loaded(browser, world):
    asked = opened(browser, (world[0] / "whole/index.html").as_uri(), DESKTOP)
    assert counts(browser) == (200, 200 * 12)
    assert {url.rpartition("/")[2] for url in asked[1:] if not url.startswith("data:")} == {"sheet-0.png"}
    assert browser.get_log("browser") == []
    assert len(texts(browser, ".tile")) == 60
    assert texts(browser, "#page") == ["page 1 of 4"]


def test_the_filters_count_what_the_confusion_matrices_count(page, world):
    rows = world[2].rows("confusions", network="nicknet2", seed=1)
    assert len(rows) == 16
    for row in rows:
        chosen = {name: row[name] for name in ("network", "seed", "true", "predicted")}
        assert choose(page, **chosen) == (row["count"], row["count"])
    wrong = sum(row["count"] for row in rows if row["true"] != row["predicted"])
    assert choose(page, network="nicknet2", seed=1, answer="wrong") == (wrong, wrong)
    assert choose(page, network="nicknet2", seed=1, answer="right") == (200 - wrong, 200 - wrong)
    of_all = sum(row["count"] for row in world[2].rows("confusions") if row["true"] != row["predicted"])
    assert choose(page, answer="wrong")[1] == of_all


def test_the_filters_count_what_the_table_of_missed_images_counts(page, world):
    rows = world[2].rows("missed_by")
    assert len(rows) == 13
    for row in rows:
        assert choose(page, **{"from": row["wrong_runs"], "to": row["wrong_runs"]})[0] == row["count"]


def test_the_filters_count_what_galleries_and_votes_count(page, world):
    sizes = {row["gallery"]: row["n"] for row in world[2].rows("galleries") if row["gallery"].startswith("cause_")}
    assert len(sizes) > 2
    for gallery, size in sizes.items():
        assert choose(page, cause=galleries.described(gallery)[0].lower())[0] == size
    for row in world[2].rows("errors_by_votes", network=errors_by_votes.ALL):
        assert choose(page, votes=row["dissenting_votes"])[0] == row["n"]


def test_a_change_makes_right_what_most_runs_get_wrong_without_it_and_right_with_it(page, world):
    sample = world[1]
    mostly_wrong = dict(zip(sample.networks, (~sample.right).sum(axis=1) >= 2, strict=True))
    rows = world[2].rows("remedies")
    labels = page.execute_script("return [...document.querySelector('[name=change]').options].map(one => one.value)")
    assert len(labels) == 1 + 2 * len(rows)
    for row in rows:
        label = next(label for label in labels if f"({row['base']} \u2192 {row['network']})" in label)
        before, after = mostly_wrong[row["base"]], mostly_wrong[row["network"]]
        change = label.removeprefix("right ")
        assert choose(page, change=f"right {change}")[0] == (before & ~after).sum()
        assert choose(page, change=f"wrong {change}")[0] == (~before & after).sum()


def test_what_cannot_be_chosen_is_passed_over(page):
    assert choose(page, network="nicknet9", true="zebra", cause="magic", order="up", page="99") == (200, 2400)
    assert texts(page, "#page") == ["page 4 of 4"]


def test_hostile_names_are_text(page, world):
    assert page.execute_script("return document.images.length") == 0
    options = page.execute_script("return [...document.querySelector('[name=true]').options].map(one => one.text)")
    assert options[1:] == [" ".join(name.split()) for name in HOSTILE]
    assert set(texts(page, ".tile .true")) == set(HOSTILE)
    choose(page, image=9)
    assert FILE.format(2) in texts(page, "dialog dd")
    assert page.execute_script("return [document.images.length, document.title]") == [
        0,
        "Explorer: the images, one by one",
    ]
    assert page.execute_script("return getComputedStyle(document.querySelector('dd.text')).unicodeBidi") == "isolate"
    assert page.get_log("browser") == []


def test_the_address_restores_the_view(page, world):
    chosen = {"true": HOSTILE[1], "network": "nicknet3", "answer": "wrong", "order": "random", "draw": 5, "image": 9}
    count = choose(page, **chosen)
    tiles, address = texts(page, ".tile"), page.current_url
    choose(page)
    opened(page, "about:blank", DESKTOP)
    opened(page, address, DESKTOP)
    assert counts(page) == count
    assert texts(page, ".tile") == tiles
    values = page.execute_script(
        "return Object.fromEntries([...document.querySelectorAll('#form [name]')].map(one => [one.name, one.value]))"
    )
    assert {name: value for name, value in values.items() if value} == {
        name: str(value) for name, value in chosen.items() if name not in ("draw", "image")
    }
    assert texts(page, "dialog[open] h2") == ["image 9"]


def test_what_is_chosen_in_the_form_goes_into_the_address(page):
    page.execute_script(
        "const one = document.querySelector('[name=network]'); one.value = 'nicknet2';"
        "one.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    await_that(page, lambda: counts(page) == (200, 600))
    assert page.current_url.endswith("#network=nicknet2")


def test_a_key_draws_other_random_predictions_of_the_network(page):
    choose(page, network="nicknet2", seed=0)
    shown = []

    def others_are_drawn():
        wrong, labels = texts(page, ".tile > .wrong"), texts(page, ".tile .true")
        return len(wrong) == len(labels) > 10 and labels not in shown

    for draw in (1, 2):
        press(page, "w")
        await_that(page, others_are_drawn)
        assert page.current_url.endswith(f"#network=nicknet2&seed=0&answer=wrong&order=random&draw={draw}")
        shown.append(texts(page, ".tile .true"))
    press(page, "r")
    await_that(page, lambda: len(texts(page, ".tile > .right")) == 60)
    press(page, "c")
    await_that(page, lambda: "network=nicknet3" in page.current_url)
    press(page, "x")
    await_that(page, lambda: counts(page) == (200, 2400))


def test_keys_go_through_the_images_and_back(page):
    choose(page, order="missed")
    press(page, "n")
    await_that(page, lambda: texts(page, "#page") == ["page 2 of 4"])
    press(page, "ARROW_RIGHT", "ARROW_DOWN", "ARROW_LEFT", "ENTER")
    await_that(page, lambda: texts(page, "dialog[open] h2"))
    first = texts(page, "dialog[open] h2")
    press(page, "ARROW_RIGHT")
    await_that(page, lambda: texts(page, "dialog[open] h2") != first)
    press(page, "ARROW_LEFT")
    await_that(page, lambda: texts(page, "dialog[open] h2") == first)
    press(page, "ESCAPE")
    await_that(page, lambda: page.current_url.endswith("#order=missed&page=2"))
    assert texts(page, "dialog[open]") == []
    columns = page.execute_script("return getComputedStyle(document.getElementById('tiles')).gridTemplateColumns")
    focused = "return [...document.querySelectorAll('.tile')].indexOf(document.activeElement)"
    assert page.execute_script(focused) == len(columns.split()) - 1  # right to the first, down, left


def test_an_image_is_shown_enlarged_with_what_every_run_answers(page, world):
    _, sample, shown = world
    choose(page, image=30)
    (zoomed,) = page.find_elements("css selector", ".zoomed")
    assert (zoomed.size["width"], zoomed.size["height"]) == (256, 256)
    times = 256 // reports.SIDE

    def drawn():
        pixels = np.asarray(Image.open(io.BytesIO(zoomed.screenshot_as_png)).convert("RGB"))
        return (pixels[times // 2 :: times, times // 2 :: times] == shown.images[30]).all()

    await_that(page, drawn)
    place = 30 - 7
    rows = page.execute_script(
        "return [...document.querySelectorAll('dialog tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    for run, probabilities, (head, *cells) in zip(
        sample.runs, sample.by_run(sample.probabilities)[:, place], rows, strict=True
    ):
        assert head == str(run)
        for cell, answer in zip(cells, np.argsort(-probabilities)[:3], strict=True):
            name, percent = cell.rsplit(" ", 1)
            assert name == HOSTILE[answer]
            assert abs(float(percent.strip("<>%")) - 100 * probabilities[answer]) <= 1
    votes = Counter(sample.class_names[vote] for vote in sample.votes[place])
    assert ", ".join(f"{count}\u00d7 {name}" for name, count in votes.items()) in texts(page, "dialog dd")
    assert len(texts(page, "dialog figure")) == 3
    assert page.execute_script("return document.querySelectorAll('.lost').length") == 0


@pytest.mark.parametrize("image", [{}, {"image": 30}], ids=["tiles", "one image"])
@pytest.mark.parametrize("folder", ["whole", "bare"])
def test_a_phone_needs_no_scrolling_to_the_side(browser, world, folder, image):
    opened(browser, f"{(world[0] / folder / 'index.html').as_uri()}#{urlencode(image)}", PHONE)
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    widths = "return [document.documentElement, document.getElementById('one')].map(b => b.scrollWidth - b.clientWidth)"
    assert browser.execute_script(widths) == [0, 0]
    assert browser.execute_script("return window.innerWidth") == PHONE


def test_without_images_tiles_have_names(browser, world):
    opened(browser, (world[0] / "bare/index.html").as_uri(), DESKTOP)
    assert texts(browser, ".tile .name")[:2] == [FILE.format(0), FILE.format(1)]
    assert browser.execute_script("return document.querySelectorAll('canvas').length") == 0
    choose(browser, name="GNP.17", image=7 + 17)
    assert counts(browser) == (11, 132)  # 17 and 170 to 179
    assert FILE.format(17) in texts(browser, "dialog dd")
