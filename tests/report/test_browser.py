"""The page in a real browser: Debian's chromium, headless."""

import contextlib

import pytest

from stages.report.__main__ import main
from tests.report import reports
from tests.report.browsing import DESKTOP, PHONE, opened


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    with contextlib.chdir(folder):
        reports.write(reports.sample(votes=True))
        main()
    return (folder / "plots/report.html").as_uri()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_every_picture_has_loaded_and_nothing_was_asked_from_anywhere(browser, address, width):
    asked = opened(browser, address, width)
    assert asked[0] == address
    assert [url for url in asked[1:] if not url.startswith("data:")] == []
    assert browser.get_log("browser") == []
    sizes = browser.execute_script("return [...document.images].map(i => [i.complete, i.naturalWidth, i.clientWidth])")
    assert len(sizes) > 50
    for complete, natural, shown in sizes:
        assert complete
        assert natural > 0
        assert shown >= 90  # big enough to be seen


@pytest.mark.parametrize("unfolded", [False, True], ids=["folded", "unfolded"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_nothing_overflows(browser, address, width, unfolded):
    opened(browser, address, width)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = arguments[0])", unfolded)
    extent, window = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert window == width
    assert extent <= width


def test_wide_tables_and_charts_scroll_in_boxes_of_their_own(browser, address):
    opened(browser, address, PHONE)
    boxes = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')].map(b => [b.scrollWidth > b.clientWidth, b.tabIndex,"
        " getComputedStyle(b).overflowX])"
    )
    assert any(wider for wider, _, _ in boxes)
    assert {(index, overflow) for _, index, overflow in boxes} == {(0, "auto")}


def test_the_style_is_applied(browser, address):
    """A style that does not match the policy's hash would be dropped in silence."""
    opened(browser, address, DESKTOP)
    style = "return getComputedStyle(document.querySelector('.tiles img')).imageRendering"
    assert browser.execute_script(style) == "pixelated"


def test_the_policy_stops_a_picture_from_elsewhere(browser, address):
    opened(browser, address, DESKTOP)
    browser.get_log("browser")
    browser.execute_script("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}))")
    (refused,) = browser.get_log("browser")
    assert "Content Security Policy" in refused["message"]


def test_paper_needs_no_scrolling(browser, address):
    opened(browser, address, 700)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    wider = browser.execute_script(
        "return [...document.querySelectorAll('.sheet, img')].filter(b => b.getBoundingClientRect().right > 701).length"
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert wider == 0
