"""Write docs/results.md from a study that scripts/study.py exported. Nothing is computed here.

python -m scripts.results [--from FOLDER]
"""

import argparse
import os
from collections.abc import Iterator
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

PAGE = Path("docs/results.md")
PICTURES = ("curves", "confusions", "effects", "error_mass", "gallery_missed_by_all")


def page(folder: Path) -> str:
    """The text of docs/results.md; InputError where the folder holds no study, or one of an earlier layout."""
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
        "results.md",
        link=os.path.relpath(folder, PAGE.parent),
        parameters=parameters,
        means=means,
        stated={network: _stated(parameters, network) for network in parameters.networks},
        rows=rows,
        questions={finding.name: finding.question for finding in FINDINGS},
        pairs=[list(pair) for _, pair in groupby(rows("matched_fit"), itemgetter("kernel_size", "seed"))],
        still_falling=learning.STILL_FALLING,
        pictures=list(_pictures(folder)),
    )


def _stated(parameters: Params, network: str) -> float | None:
    """The report's accuracy of a network that it has."""
    settings = parameters.network(network)
    optimizer, size, accuracy = STATED.get(network, ("", 0, None))
    same = (parameters.dataset, settings.optimizer, settings.kernel_size) == ("cifar10", optimizer, size)
    return accuracy if same else None


def _pictures(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Name, title and words of those of PICTURES that the study has."""
    words = {"gallery_missed_by_all": galleries.described("missed_by_all")}
    for finding in FINDINGS:
        words |= {picture.name or finding.name: (picture.title, picture.words) for picture in finding.pictures}
    for name in PICTURES:
        if (folder / "plots/pictures" / f"{name}.png").is_file():
            yield name, *words[name]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.results", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--from", dest="folder", type=Path, default=study.FOLDER, metavar="FOLDER", help="of the study (%(default)s)"
    )
    write_text(PAGE, page(parser.parse_args().folder))
    print(f"results: {PAGE} is written")


if __name__ == "__main__":
    with reported("results"):
        main()
