"""What the analysis found -> the page, its pictures, and the charts of `dvc plots`.

python -m stages.report
"""

import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from stages import dataset, params
from stages.errors import reported
from stages.files import write_bytes, write_text
from stages.findings.finding import Finding
from stages.findings.registry import FINDINGS
from stages.report import charts, explorer, fonts, neighbours, page, pictures, results

FOLDER = Path("plots")


def main(findings: Sequence[Finding] = FINDINGS) -> None:
    given = params.read()
    shown = results.read(list(given.networks), given.seeds, findings)
    lettering = fonts.lettering(shown.class_names)
    numbered = lettering.numbered(shown.class_names)
    named = shown.renamed(numbered)
    drawn = pictures.findings(named, lettering.families)
    examples = pictures.examples(named, lettering.families)
    text = page.render(shown, drawn, numbered)
    explored = explorer.explored(shown, nearest(shown))
    charts.write(shown, FOLDER)
    replace(FOLDER / "pictures", ((f"{name}.png", content) for name, content in drawn.items()))
    replace(FOLDER / "predictions", ((f"{name}.png", content) for name, content in examples.items()))
    replace(FOLDER / "explorer", explorer.files(explored))
    write_text(FOLDER / "report.html", text)
    if numbered:
        fix = "Install a font that has them, then: dvc repro --single-item --force report"
        print(f"report: {fonts.legend(numbered)}. {fix}", file=sys.stderr)


def nearest(shown: results.Results) -> neighbours.Neighbours:
    """The training images most like each held-out one."""
    ids = next(iter(shown.answers.values())).ids
    return neighbours.nearest(shown.images, dataset.read_labels("train"), ids, dataset.read_indices("training"))


def replace(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """The folder holds these files, each a name and its content, and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files:
        write_bytes(folder / name, content)


if __name__ == "__main__":
    with reported("report"):
        main()
