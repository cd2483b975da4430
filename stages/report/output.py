"""Page and pictures of the results, as files."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from stages.files import write_bytes, write_text
from stages.report import fonts, page, pictures
from stages.report.results import Results


def write(results: Results, folder: Path) -> str:
    """report.html, pictures and predictions; which classes' names are numbers in pictures, since no font has them."""
    lettering = fonts.lettering(results.class_names)
    numbered = lettering.numbered(results.class_names)
    named = results.renamed(numbered)
    drawn = pictures.findings(named, lettering.families)
    examples = pictures.examples(named, lettering.families)
    text = page.render(results, drawn, numbered)
    replace(folder / "pictures", drawn)
    replace(folder / "predictions", examples)
    write_text(folder / "report.html", text)
    return fonts.legend(numbered) if numbered else ""


def replace(folder: Path, pngs: Mapping[str, bytes]) -> None:
    """The folder holds these pictures and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in pngs.items():
        write_bytes(folder / f"{name}.png", content)
