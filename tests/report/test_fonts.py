"""Class names in any script: in a font that has the characters, or else as numbers that the page explains."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager

from stages.report import fonts, pictures, style, tiles
from stages.report.__main__ import main
from tests import worlds
from tests.report import reports

CAT, DOG = "\U000f0000", "\U000f0001"
"""Of private use, which no font has, unless a test makes one."""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that installs a font, of this name, in which each of these characters is a square."""
    installed = []
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: installed)

    def made(family, characters):
        pen = TTGlyphPen(None)
        pen.moveTo((100, 0))
        for corner in ((100, 700), (800, 700), (800, 0)):
            pen.lineTo(corner)
        pen.closePath()
        square = pen.glyph()
        names = {ord(character): f"u{ord(character):x}" for character in characters}
        glyphs = [".notdef", *names.values()]
        builder = FontBuilder(1000)
        builder.setupGlyphOrder(glyphs)
        builder.setupCharacterMap(names)
        builder.setupGlyf(dict.fromkeys(glyphs, square))
        builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (900, 100)))
        builder.setupHorizontalHeader(ascent=800, descent=-200)
        builder.setupNameTable({"familyName": family, "styleName": "Regular"})
        builder.setupOS2()
        builder.setupPost()
        installed.append(str(tmp_path / f"{family}.ttf"))
        builder.save(installed[-1])

    yield made
    font_manager.fontManager._findfont_cached.cache_clear()


def test_what_the_default_font_has_needs_no_other(install):
    install("Beside", "Ωж")
    assert fonts.lettering(["dog", "Ω", "ж", "naïve"]) == ([fonts.DEFAULT], frozenset())


def test_the_font_that_has_most_of_what_is_lacking_comes_first_then_the_alphabet_decides(install):
    for family, characters in (("C", CAT + DOG), ("B", CAT + DOG), ("A", CAT), ("D", "x")):
        install(family, characters)
    assert fonts.lettering([CAT, f"a {DOG}"]) == ([fonts.DEFAULT, "B"], frozenset())


def test_a_file_that_is_no_font_is_passed_over(install, tmp_path):
    install("A", CAT)
    (tmp_path / "A.ttf").write_bytes(b"no font")
    assert fonts.lettering([CAT]).lacking == {CAT}


def test_names_are_written_in_an_installed_font(install, caplog):
    def drawn():
        lettering = fonts.lettering([CAT])
        with style.applied(lettering.families):
            return pictures.png(
                tiles.draw("title", [tiles.Tile(np.zeros((8, 8, 3), "uint8"), [tiles.label(CAT)])]), photos=True
            )

    install("A", DOG)
    with pytest.warns(UserWarning, match="missing from font"):
        boxes = drawn()
    install("B", CAT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with_font = drawn()
        assert drawn() == with_font != boxes
    assert caplog.text == ""


@pytest.mark.filterwarnings("error")
def test_names_that_no_font_can_write_are_numbers_in_the_pictures_and_explained_once(
    install, tmp_path, monkeypatch, capsys, caplog
):
    monkeypatch.chdir(tmp_path)
    reports.write(reports.sample(worlds.CELLS[:2], names=("day", CAT, f"a {DOG}"), images=40, votes=True))
    main()
    printed = capsys.readouterr().err
    assert printed.startswith("report: No installed font has all characters of these classes, so")
    assert f"number them: #1 {CAT}, #2 a {DOG}. Install a font" in printed
    assert (printed.count("\n"), caplog.text) == (1, "")
    text = Path("plots/report.html").read_text(encoding="utf-8")
    assert f"number them: #1 {CAT}, #2 a {DOG}</li>" in text
    assert f'<span class="true">{CAT}</span>' in text
