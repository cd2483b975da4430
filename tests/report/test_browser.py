"""The page in a real browser: Debian's chromium, headless."""

import contextlib
import json
import os
import shutil

import pytest

from stages.report.__main__ import main
from tests.report import reports

PHONE, DESKTOP = 360, 1280
"""Pixels, widths of the window."""


@pytest.fixture(scope="module")
def browser():
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if not all(programs):
        reason = "chromium and chromedriver are not installed (Debian: apt-get install chromium chromium-driver)"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"{reason}; this check must run in CI.")
        pytest.skip(reason)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(programs[1]))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    with contextlib.chdir(folder):
        reports.write(reports.sample(votes=True))
        main()
    return (folder / "plots/report.html").as_uri()


def opened(browser, address, width):
    """Open the page in a window of this width; return the addresses of all requests that this made."""
    browser.get_log("performance")
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE},
    )
    browser.get(address)
    return requests(browser)


def requests(browser):
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    ]


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
