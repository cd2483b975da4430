"""Write docs/results.md, and the answer in README.md, from studies that scripts/study.py exported; computes nothing.

What changes in training do is said of the study `remedies` where it was exported, all else of the study `study`.

python -m scripts.results [--from FOLDER] [--changes FOLDER]
"""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

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
from stages.statistics.table import Row, Table
from stages.templates import environment

PAGE, README = Path("docs/results.md"), Path("README.md")
OPENING, CLOSING = "<!-- answer -->\n", "<!-- end of the answer -->"
"""Around the answer in README.md."""
CHANGES = study.FOLDER.with_name("remedies")
OF_CHANGES = ("remedies", "what_remains", "data_scaling")
"""What is said of CHANGES, where it is there."""


@dataclass(frozen=True, eq=False)
class Study:
    """An export. means: of its networks, by name, what metrics/<network>.json has. tables: by name."""

    folder: Path
    parameters: Params
    means: Mapping[str, Any]
    tables: Mapping[str, Table]

    def rows(self, name: str, **values: object) -> list[Row]:
        return self.tables[name].where(**values) if name in self.tables else []


def front(folder: Path, changes: Path, readme: str) -> str:
    """README.md with the answer of the studies in it; InputError as for `page`, or where there is no place for it."""
    before, opening, rest = readme.partition(OPENING)
    _, closing, after = rest.partition(CLOSING)
    if not (opening and closing):
        raise InputError(f"expected {README} to have the lines {OPENING.strip()} and {CLOSING}; put them back.")
    return before + opening + _rendered("answer.md", folder, changes, README) + closing + after


def page(folder: Path, changes: Path) -> str:
    """The text of docs/results.md; InputError where the folder holds no study, or one of an earlier layout.

    changes: the folder of a study of changes in training; need not be there.
    """
    return _rendered("results.md", folder, changes, PAGE)


def _rendered(template: str, folder: Path, changes: Path, place: Path) -> str:
    main = _read(folder)
    other = _read(changes) if changes.exists() else main
    return environment.render(
        template,
        study=main,
        changes=other,
        rows=main.rows,
        parameters=main.parameters,
        answers=[(each, list(_answers(each, main, other))) for each in dict.fromkeys((main, other))],
        link=partial(os.path.relpath, start=place.parent),
        stated={network: _stated(main.parameters, network) for network in main.parameters.networks},
        questions={finding.name: finding.question for finding in FINDINGS},
        pairs=[list(pair) for _, pair in groupby(main.rows("matched_fit"), itemgetter("kernel_size", "seed"))],
        still_falling=learning.STILL_FALLING,
        pictures=list(_pictures(folder, study.PICTURES)),
        picture=next(_pictures(other.folder, study.ANSWER_PICTURES), None),
    )


def _answers(each: Study, main: Study, other: Study) -> Iterator[Row]:
    """The answers of a study that are said of it."""
    for row in each.rows("answers"):
        if each is (other if row["finding"] in OF_CHANGES else main):
            yield row


def _read(folder: Path) -> Study:
    if not (folder / study.PARAMETERS).is_file():
        raise InputError(f"{folder} holds no study; run `make study`.")
    try:
        given, tables = params.read(folder / study.PARAMETERS), read_tables(FINDINGS, folder)
        means = {name: read_json(folder / f"metrics/{name}.json", "error_analysis") for name in given.networks}
    except InputError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{folder} is a study of an earlier layout; run `make study`. ({reason})") from None
    pretrained = [name for name in given.networks if isinstance(given.settings(name), PretrainedSettings)]
    if pretrained:
        raise InputError(f"{PAGE} is about networks that were trained here, not about {', '.join(pretrained)}.")
    return Study(folder, given, means, tables)


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
    for option, default, words in (
        ("--from", study.FOLDER, "of the study"),
        ("--changes", CHANGES, "of a study of changes in training, need not be there"),
    ):
        parser.add_argument(option, type=Path, default=default, metavar="FOLDER", help=f"{words} (%(default)s)")
    folder, changes = vars(parser.parse_args()).values()
    content = {PAGE: page(folder, changes), README: front(folder, changes, README.read_text(encoding="utf-8"))}
    for path, text in content.items():
        write_text(path, text)
    print(f"results: {PAGE} and the answer in {README} are written")


if __name__ == "__main__":
    with reported("results"):
        main()
