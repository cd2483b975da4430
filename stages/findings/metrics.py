"""The few numbers that one compares between experiments, in the files that DVC shows as metrics."""

from pathlib import Path
from statistics import fmean

from stages.files import write_json
from stages.findings.finding import Answer
from stages.findings.registry import Analysis
from stages.statistics.table import Row

FOLDER = Path("metrics")
SCORES = {
    "accuracy": ("held-out", "accuracy"),
    "precision": ("held-out", "precision"),
    "loss": ("held-out", "loss"),
    "training_accuracy": ("training", "accuracy"),
}
"""Of each network: part and score, by the name in metrics/<network>.json; a mean over the seeds."""


def of_network(analysis: Analysis, network: str) -> dict[str, float]:
    """The content of metrics/<network>.json: those of SCORES that are known, 9 significant digits."""
    rows = {
        name: analysis.where("scores", network=network, part=part, score=score)
        for name, (part, score) in SCORES.items()
    }
    return {name: _mean([row["value"] for row in of_score]) for name, of_score in rows.items() if of_score}


def of_errors(analysis: Analysis) -> dict[str, float | list[str]]:
    """The content of metrics/errors.json: the answer in sentences, which DVC shows in no table since they are a list.

    After them, the differences of held-out accuracy that settings cause, those the grid has: the main effect, or the
    mean of the simple effects where a cell is missing.
    """
    effects: dict[str, float | list[str]] = {"answer": [str(Answer(**row)) for row in _answers(analysis)]}
    for factor in ("optimizer", "kernel size"):
        rows = analysis.where("effects", effect=factor)
        rows = rows or [row for row in analysis.where("effects") if row["effect"].startswith(f"{factor} ")]
        if rows:
            effects[f"{factor.replace(' ', '_')}_effect"] = _mean([row["value"] for row in rows])
    return effects


def write(analysis: Analysis, folder: Path = FOLDER) -> None:
    for network in analysis.sample.networks:
        write_json(folder / f"{network}.json", of_network(analysis, network))
    write_json(folder / "errors.json", of_errors(analysis))


def _answers(analysis: Analysis) -> list[Row]:
    return [{name: value for name, value in row.items() if name in Answer._fields} for row in analysis.answers.rows]


def _mean(values: list[float]) -> float:
    return float(f"{fmean(values):.9g}")
