"""What the analysis found -> the page, its pictures, and the charts of `dvc plots`.

python -m stages.report
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from stages import params
from stages.errors import reported
from stages.files import write_bytes, write_text
from stages.findings.finding import Finding
from stages.findings.registry import FINDINGS
from stages.report import charts, page, pictures, results, style

FOLDER = Path("plots")


def main(findings: Sequence[Finding] = FINDINGS) -> None:
    given = params.read()
    shown = results.read(list(given.networks), given.seeds, findings)
    with style.applied():
        drawn, examples = pictures.findings(shown), pictures.examples(shown)
    text = page.render(shown, drawn)
    charts.write(shown, FOLDER)
    replace(FOLDER / "pictures", drawn)
    replace(FOLDER / "examples", examples)
    write_text(FOLDER / "report.html", text)


def replace(folder: Path, pngs: Mapping[str, bytes]) -> None:
    """The folder holds these pictures and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in pngs.items():
        write_bytes(folder / f"{name}.png", content)


if __name__ == "__main__":
    with reported("report"):
        main()
