"""Page, pictures and explorer of the results, as files."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from stages.files import write_bytes, write_text
from stages.report import explorer, fonts, page, pictures
from stages.report.neighbours import Neighbours
from stages.report.results import Results


def write(results: Results, folder: Path, neighbours: Neighbours | None = None) -> str:
    """report.html, pictures, predictions and explorer; which classes' names are numbers in pictures.

    neighbours: of the held-out images, for the explorer.
    """
    lettering = fonts.lettering(results.class_names)
    numbered = lettering.numbered(results.class_names)
    named = results.renamed(numbered)
    drawn = pictures.findings(named, lettering.families)
    examples = pictures.examples(named, lettering.families)
    text = page.render(results, drawn, numbered)
    explored = explorer.explored(results, neighbours)
    replace(folder / "pictures", ((f"{name}.png", content) for name, content in drawn.items()))
    replace(folder / "predictions", ((f"{name}.png", content) for name, content in examples.items()))
    replace(folder / "explorer", explorer.files(explored))
    write_text(folder / "report.html", text)
    return fonts.legend(numbered) if numbered else ""


def replace(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """The folder holds these files, each a name and its content, and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files:
        write_bytes(folder / name, content)
