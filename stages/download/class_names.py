"""Names of classes from names of folders: those that mislead a reader or a program are refused."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from stages.errors import InputError
from stages.images.picture import shown

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
"""Characters that show nothing or turn the direction of the others; no script needs them to spell a word."""

_JOINING = re.compile("[\u200c\u200d\ufe00-\ufe0f\U000e0000-\U000e0fff]")
"""Characters that show nothing themselves, but that scripts and pictographs need."""

_FORMULA = re.compile(r"[=+\-@\uff1d\uff0b\uff0d\uff20].")
"""What begins so is computed by spreadsheets that open a table (OWASP, CSV injection); a sign alone is not."""

_NUMBER = re.compile(r"[+-]\d*\.?\d+")


def checked(folders: Sequence[str]) -> list[str]:
    """The names of the classes, in Unicode's normal form NFC, in the order of the folders.

    Raises InputError for names that look alike; for a name with a blank at an end or with characters that cannot be
    seen or shown; and for one that a spreadsheet would run, such as =1+1: it stands in every table, and an escape there
    would be part of the name for all other programs.
    """
    _check_alike(folders)
    for folder in folders:
        problem = _problem(folder)
        if problem:
            raise InputError(f"data.folder: the class folder {spelled(folder)} {problem}. Rename it.")
    return [unicodedata.normalize("NFC", folder) for folder in folders]


def spelled(name: str) -> str:
    """A name in quotes, its unseen characters and its accents that are characters of their own as escapes.

    >>> print(spelled("Zoe\\u0308"), spelled("caf\\u00e9\\u200b"))
    'Zoe\\u0308' 'café\\u200b'
    """
    return f"'{''.join(map(_escaped, name))}'"


def _escaped(letter: str) -> str:
    category = unicodedata.category(letter)
    odd = (category[0] in "CMZ" and letter != " ") or _UNSEEN.match(letter)
    return ascii(letter)[1:-1] if odd else letter


def _check_alike(folders: Iterable[str]) -> None:
    alike: dict[str, list[str]] = {}
    for folder in folders:
        alike.setdefault(_as_read(folder), []).append(folder)
    for names in alike.values():
        if len(names) > 1:
            raise InputError(
                f"data.folder: {len(names)} class folders read alike: {', '.join(map(spelled, names))}. "
                "Rename or merge them."
            )


def _as_read(name: str) -> str:
    """What a reader sees of a name: no unseen characters, every blank the same, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", _JOINING.sub("", _UNSEEN.sub("", name))).split())


def _problem(name: str) -> str | None:
    if shown(name) != name:
        return "has a name that cannot be shown"
    if name != name.strip():
        return "has a blank at an end"
    if _UNSEEN.search(name):
        return "has characters that cannot be seen"
    if _FORMULA.match(name) and not _NUMBER.fullmatch(name):
        return "has a name that spreadsheets take for a formula"
    return None
