"""What the analysis found -> the page, its pictures, and the charts of `dvc plots`.

python -m stages.report
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from stages import dataset, params
from stages.errors import reported
from stages.findings.finding import Finding
from stages.findings.registry import FINDINGS
from stages.report import charts, neighbours, output, results

FOLDER = Path("plots")


def main(findings: Sequence[Finding] = FINDINGS) -> None:
    given = params.read()
    shown = results.read(list(given.networks), given.seeds, findings)
    legend = output.write(shown, FOLDER, nearest(shown))
    charts.write(shown, FOLDER)
    if legend:
        fix = "Install a font that has them, then: dvc repro --single-item --force report"
        print(f"report: {legend}. {fix}", file=sys.stderr)


def nearest(shown: results.Results) -> neighbours.Neighbours:
    """The training images most like each held-out one."""
    ids = next(iter(shown.answers.values())).ids
    images, labels = dataset.read_images("train"), dataset.read_labels("train")
    return neighbours.nearest(images, labels, ids, dataset.read_indices("training"))


if __name__ == "__main__":
    with reported("report"):
        main()
