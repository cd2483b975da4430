"""The folder that is written: whole or absent, and never in place of anything else."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.why.inputs import Inputs
from stages.claims.registry import NUMBERS, VERDICTS
from stages.errors import InputError
from stages.files import read_json, write_json
from stages.findings import metrics
from stages.findings.registry import Analysis, refusal_table
from stages.predictions import Predictions
from stages.report import output
from stages.report.results import Results
from stages.statistics.sample import Sample
from stages.statistics.table import Table

MARK = "inputs.json"
WRITTEN_BY = "python -m scripts.why"
"""What was read, and by whom: so it is known which folders may be replaced."""


def check(folder: Path, source: Path) -> None:
    """InputError where the folder would replace anything but an earlier page, or the predictions themselves."""
    if source.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"--output {folder} would replace the predictions of {source}. Name another folder.")
    if folder.exists() and not _is_ours(folder):
        raise InputError(f"--output {folder} is there, and no page was written to it before. Name another folder.")


def _is_ours(folder: Path) -> bool:
    try:
        mark = read_json(folder / MARK, "")
    except (InputError, OSError):
        return False
    return isinstance(mark, dict) and mark.get("written by") == WRITTEN_BY


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A folder beside `folder` to write to, which takes its place at the end, and is removed if the body fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".tmp-", suffix=f".{folder.name}", dir=folder.parent))
    try:
        new = temporary / "new"
        new.mkdir()
        yield new
        if folder.exists():
            folder.rename(temporary / "old")
        new.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write(analysis: Analysis, inputs: Inputs, folder: Path) -> str:
    """Page, pictures, tables and metrics; which classes' names are numbers in pictures, '' for none."""
    refusals = refusal_table([*inputs.refusals, *analysis.refusals])
    verdicts = [Table("verdicts", "by row", VERDICTS, []), Table("claim_numbers", "by row", NUMBERS, [])]
    tables = [analysis.answers, *analysis.tables, refusals]
    for table in tables:
        table.write(folder / "tables")
    metrics.write(analysis, folder / "metrics")
    shown = {table.name: table for table in (*tables, *verdicts)}
    legend = output.write(_results(analysis, inputs, shown), folder)
    write_json(folder / MARK, _read(analysis.sample))
    return legend


def _results(analysis: Analysis, inputs: Inputs, tables: dict[str, Table]) -> Results:
    sample = analysis.sample
    of_runs = dict(zip(sample.runs, sample.by_run(sample.probabilities), strict=True))
    return Results(
        findings=list(analysis.findings.values()),
        tables=tables,
        settings={network: sample.grid.settings[network] for network in sample.networks},
        class_names=sample.class_names,
        images=inputs.images,
        answers={run: Predictions(sample.ids, sample.labels, of_run) for run, of_run in of_runs.items()},
        outcomes={},
        predicted=dict(zip(sample.runs, sample.by_run(sample.predicted), strict=True)),
        own=True,
    )


def _read(sample: Sample) -> dict[str, object]:
    counts = {"images": len(sample.labels), "classes": len(sample.class_names)}
    return {"written by": WRITTEN_BY, "runs": [str(run) for run in sample.runs], **counts}
