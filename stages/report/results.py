"""What the report shows: the tables of the analysis, and the images and answers that they are about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from stages import dataset, outcomes, predictions, settings
from stages.claims.registry import NUMBERS, VERDICTS
from stages.errors import InputError
from stages.findings.finding import Finding
from stages.findings.registry import ANSWERED, REFUSALS
from stages.outcomes import Outcomes
from stages.predictions import Predictions
from stages.run import Run
from stages.statistics import table
from stages.statistics.table import Row, Table

WHOLE = {"answers": ANSWERED, "verdicts": VERDICTS, "claim_numbers": NUMBERS, "refusals": REFUSALS}
"""The columns of the tables that are of no finding, and always there."""


class Images(Protocol):
    """uint8 (H, W, 3), by id."""

    def __getitem__(self, id: int, /) -> np.ndarray: ...


@dataclass(frozen=True)
class Results:
    """findings: in the order of the page. tables: by name, those that the grid supports, and those of WHOLE. settings:
    of each network. images: uint8 (N, H, W, 3), of the data set's source 'train', which ids
    are indices of; None where there are none. answers: of each run to the held-out images, of which probabilities may
    be (n, 0). outcomes: of each run. predicted: the classes that each run answers, int (n,), where these alone are
    known. own: whether the answers were made elsewhere, see docs/own-predictions.md.
    """

    findings: Sequence[Finding]
    tables: Mapping[str, Table]
    settings: Mapping[str, Mapping[str, Any]]
    class_names: Sequence[str]
    images: Images | None
    answers: Mapping[Run, Predictions]
    outcomes: Mapping[Run, Outcomes]
    predicted: Mapping[Run, np.ndarray] = field(default_factory=dict)
    own: bool = False

    @property
    def pretrained(self) -> list[str]:
        """The networks that were taken over from a file, see docs/networks.md."""
        return [name for name, settings in self.settings.items() if "model" in settings and not self.own]

    def rows(self, name: str, **values: object) -> list[Row]:
        """The rows of a table in which the columns have these values; none where there is no such table."""
        return self.tables[name].where(**values) if name in self.tables else []

    def classes(self, run: Run) -> np.ndarray:
        """int (n,), what the run answers."""
        known = self.predicted.get(run)
        return self.answers[run].probabilities.argmax(axis=1) if known is None else known

    def renamed(self, names: Mapping[str, str]) -> "Results":
        """The same with other names of classes, in the tables too. names: new ones, by name, of those that change."""

        def cell(value: Any) -> Any:
            if not isinstance(value, str):
                return value
            return names.get(value) or "; ".join(names.get(part, part) for part in value.split("; "))

        tables = {
            name: replace(table, rows=[{key: cell(value) for key, value in row.items()} for row in table.rows])
            for name, table in (self.tables if names else {}).items()
        }
        class_names = [names.get(name, name) for name in self.class_names]
        return replace(self, tables={**self.tables, **tables}, class_names=class_names)


def read(networks: Sequence[str], seeds: Sequence[int], findings: Sequence[Finding]) -> Results:
    """The results of every run; InputError where a file is missing or holds something else."""
    runs = [Run(network, seed) for network in networks for seed in seeds]
    return Results(
        findings=findings,
        tables=read_tables(findings),
        settings={network: settings.read(network).stated() for network in networks},
        class_names=dataset.read_class_names(),
        images=dataset.read_images("train"),
        answers={run: predictions.read(run)["held-out"] for run in runs},
        outcomes={run: outcomes.read(run) for run in runs},
    )


def read_tables(findings: Sequence[Finding], folder: Path = Path()) -> dict[str, Table]:
    """Those of a checkout, or of a study, by name: of WHOLE, which must be there, and those that the grid supports."""
    at = folder / table.FOLDER
    read = [table.read(name, "by row", columns, at) for name, columns in WHOLE.items()]
    read += [table.read(finding.name, finding.kind, finding.columns, at) for finding in findings]
    tables = {each.name: each for each in read if each}
    for name in WHOLE:
        if name not in tables:
            raise InputError(f"{at / name}.csv is missing. Run `dvc repro error_analysis` to make it.")
    return tables
