"""What the pictures are lettered with: the default font, and installed ones that have the characters it lacks.

Which fonts are installed decides how such characters look, and with that the bytes of the pictures.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties, get_font

DEFAULT = "DejaVu Sans"
"""Comes with Matplotlib."""
BOXES = "Last Resort High-Efficiency"
"""Comes with Matplotlib too, and has a box for every character."""
WEIGHTS = ("normal", "bold")
"""Those that the pictures use."""

# Of a family without the one or the other it warns, and takes what there is, as it should.
logging.getLogger(font_manager.__name__).setLevel(logging.ERROR)


class Lettering(NamedTuple):
    """families: fonts by name, the default first, each for what those before it lack. lacking: what they all lack."""

    families: Sequence[str]
    lacking: frozenset[str]

    def numbered(self, names: Sequence[str]) -> dict[str, str]:
        """Numbers to show in place of those names that cannot be written, by name.

        >>> Lettering([DEFAULT], frozenset("猫")).numbered(["dog", "猫"])
        {'猫': '#1'}
        """
        return {name: f"#{place}" for place, name in enumerate(names) if self.lacking & set(name)}

    def escaped(self, text: str) -> str:
        """The text, with numbers of Unicode in place of what cannot be written.

        >>> Lettering([DEFAULT], frozenset("猫")).escaped("a 猫")
        'a <732b>'
        """
        return "".join(f"<{ord(each):x}>" if each in self.lacking else each for each in text)


def lettering(texts: Iterable[str]) -> Lettering:
    """Of these texts' characters. Of several fonts that have some, the one that has most, or the first by its name."""
    families, lacking = [DEFAULT], frozenset("".join(texts)) - _characters(DEFAULT)
    if lacking:
        installed = {name: _characters(name) for name in _installed()}
        while helpful := [name for name in installed if lacking & installed[name]]:
            families.append(min(helpful, key=lambda name: (-len(lacking & installed[name]), name)))
            lacking -= installed[families[-1]]
    return Lettering(families, lacking)


def legend(numbered: Mapping[str, str]) -> str:
    """What the numbers stand for.

    >>> legend({"猫": "#0", "狗": "#1"})
    'No installed font has all characters of these classes, so the pictures number them: #0 猫, #1 狗'
    """
    shown = ", ".join(f"{number} {name}" for name, number in numbered.items())
    return f"No installed font has all characters of these classes, so the pictures number them: {shown}"


def _installed() -> Iterator[str]:
    """The families of all fonts that can be drawn with, those installed after Matplotlib last looked among them."""
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        with suppress(Exception):  # a file that is no font, or one of bitmaps, fails in many ways
            font_manager.fontManager.addfont(path)
    yield from sorted({font.name for font in font_manager.fontManager.ttflist} - {BOXES})


def _characters(family: str) -> frozenset[str]:
    """What a family has in all weights that the pictures use."""
    paths = [font_manager.findfont(FontProperties(family=family, weight=weight)) for weight in WEIGHTS]
    charmaps = [frozenset(map(chr, get_font(path).get_charmap())) for path in paths]
    return frozenset.intersection(*charmaps)
