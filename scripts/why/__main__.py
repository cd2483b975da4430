"""Why are these images misclassified, of predictions that anyone's models made? See docs/own-predictions.md.

python -m scripts.why FROM [--output FOLDER]
"""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from scripts.why import inputs, output
from stages.errors import reported
from stages.findings.registry import Analysis


def main(source: Path, folder: Path) -> None:
    output.check(folder, source)
    found = inputs.read(source)
    if found.unread:
        print(f"why: not read: {', '.join(found.unread[:10])}", file=sys.stderr)
    sample = found.sample
    networks, seeds = (", ".join(map(str, names)) for names in (sample.networks, sample.seeds))
    print(f"networks: {networks}; seeds: {seeds}; {len(sample.labels):,} images, {len(sample.class_names):,} classes")
    analysis = Analysis(sample)
    for name in tqdm(analysis.findings, "findings", unit="", disable=None, leave=False):
        analysis.table(name)
    with output.replacing(folder) as new:
        legend = output.write(analysis, found, new)
    if legend:
        print(f"why: {legend}. Install a font that has them.", file=sys.stderr)
    for row in analysis.answers.rows:
        print(f"- {row['sentence']}")
    print(f"page: {folder / 'report.html'}")


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="python -m scripts.why", description=__doc__.splitlines()[0])
    command.add_argument("source", type=Path, metavar="FROM", help="a folder of predictions, see docs")
    command.add_argument(
        "--output", type=Path, default=Path("why"), metavar="FOLDER", help="where the page goes (default: %(default)s)"
    )
    return command


if __name__ == "__main__":
    options = parser().parse_args()
    with reported("why"):
        main(options.source.expanduser(), options.output.expanduser())
