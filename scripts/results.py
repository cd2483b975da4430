"""Write docs/results.md, and the answer in README.md, from a study that scripts/study.py exported; computes nothing.

python -m scripts.results [--from FOLDER]
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from scripts import study
from stages import params
from stages.claims.c1 import STATED
from stages.errors import InputError, reported
from stages.files import read_json, write_text
from stages.findings.images import galleries
from stages.findings.networks import learning
from stages.findings.registry import FINDINGS
from stages.params import Params
from stages.report.results import read_tables
from stages.settings import PretrainedSettings
from stages.statistics.table import Row
from stages.templates import environment

PAGE, README = Path("docs/results.md"), Path("README.md")
OPENING, CLOSING = "<!-- answer -->\n", "<!-- end of the answer -->"
"""Around the answer in README.md."""
ANSWER_PICTURES = ("remedies", "learned_images", "effects")
"""The first that the study has stands beside the answer."""
PICTURES = ("curves", "confusions", "effects", "error_mass", "gallery_missed_by_all")


def front(folder: Path, readme: str) -> str:
    """README.md with the answer of the study in it; InputError as for `page`, or where there is no place for it."""
    before, opening, rest = readme.partition(OPENING)
    _, closing, after = rest.partition(CLOSING)
    if not (opening and closing):
        raise InputError(f"expected {README} to have the lines {OPENING.strip()} and {CLOSING}; put them back.")
    return before + opening + _rendered("answer.md", folder, README) + closing + after


def page(folder: Path) -> str:
    """The text of docs/results.md; InputError where the folder holds no study, or one of an earlier layout."""
    return _rendered("results.md", folder, PAGE)


def _rendered(template: str, folder: Path, place: Path) -> str:
    if not (folder / study.PARAMETERS).is_file():
        raise InputError(f"{folder} holds no study; run `make study`.")
    try:
        parameters, tables = params.read(folder / study.PARAMETERS), read_tables(FINDINGS, folder)
        means = {
            network: read_json(folder / f"metrics/{network}.json", "error_analysis") for network in parameters.networks
        }
    except InputError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{folder} is a study of an earlier layout; run `make study`. ({reason})") from None
    pretrained = [name for name in parameters.networks if isinstance(parameters.settings(name), PretrainedSettings)]
    if pretrained:
        raise InputError(f"{PAGE} is about networks that were trained here, not about {', '.join(pretrained)}.")

    def rows(name: str, **values: object) -> list[Row]:
        return tables[name].where(**values) if name in tables else []

    return environment.render(
        template,
        link=os.path.relpath(folder, place.parent),
        parameters=parameters,
        means=means,
        stated={network: _stated(parameters, network) for network in parameters.networks},
        rows=rows,
        questions={finding.name: finding.question for finding in FINDINGS},
        pairs=[list(pair) for _, pair in groupby(rows("matched_fit"), itemgetter("kernel_size", "seed"))],
        still_falling=learning.STILL_FALLING,
        pictures=list(_pictures(folder, PICTURES)),
        picture=next(_pictures(folder, ANSWER_PICTURES), None),
    )


def _stated(parameters: Params, network: str) -> float | None:
    """The report's accuracy of a network that it has."""
    settings = parameters.network(network)
    optimizer, size, accuracy = STATED.get(network, ("", 0, None))
    same = (parameters.dataset, settings.optimizer, settings.kernel_size) == ("cifar10", optimizer, size)
    return accuracy if same else None


def _pictures(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Name, title and words of those that the study has."""
    words = {"gallery_missed_by_all": galleries.described("missed_by_all")}
    for finding in FINDINGS:
        words |= {picture.name or finding.name: (picture.title, picture.words) for picture in finding.pictures}
    for name in names:
        if (folder / "plots/pictures" / f"{name}.png").is_file():
            yield name, *words[name]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.results", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--from", dest="folder", type=Path, default=study.FOLDER, metavar="FOLDER", help="of the study (%(default)s)"
    )
    folder = parser.parse_args().folder
    content = {PAGE: page(folder), README: front(folder, README.read_text(encoding="utf-8"))}
    for path, text in content.items():
        write_text(path, text)
    print(f"results: {PAGE} and the answer in {README} are written")


if __name__ == "__main__":
    with reported("results"):
        main()
