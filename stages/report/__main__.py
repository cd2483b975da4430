"""What the analysis found -> the page, its pictures, and the charts of `dvc plots`.

python -m stages.report
"""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from stages import params
from stages.errors import reported
from stages.files import write_bytes, write_text
from stages.findings.finding import Finding
from stages.findings.registry import FINDINGS
from stages.report import charts, fonts, page, pictures, results

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
    charts.write(shown, FOLDER)
    replace(FOLDER / "pictures", drawn)
    replace(FOLDER / "predictions", examples)
    write_text(FOLDER / "report.html", text)
    if numbered:
        fix = "Install a font that has them, then: dvc repro --single-item --force report"
        print(f"report: {fonts.legend(numbered)}. {fix}", file=sys.stderr)


def replace(folder: Path, pngs: Mapping[str, bytes]) -> None:
    """The folder holds these pictures and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in pngs.items():
        write_bytes(folder / f"{name}.png", content)


if __name__ == "__main__":
    with reported("report"):
        main()
