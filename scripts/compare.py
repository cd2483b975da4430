"""Print the networks of the workspace, of the last commit and of its experiments side by side.

python -m scripts.compare [--columns] [--csv] [--metrics NAME ...] [--sort COLUMN] [--workspace | --all-commits]
"""

import argparse
import csv
import json
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError
from tabulate import tabulate

from scripts import shell
from stages.errors import InputError, reported
from stages.params import Params
from stages.settings import NetworkSettings
from stages.templates import text

METRICS = {
    "accuracy": "held-out accuracy",
    "precision": "held-out precision",
    "loss": "held-out loss",
    "training_accuracy": "training accuracy",
}
"""Of metrics/<network>.json, and their headings."""

Row = dict[str, str | float | None]
"""Settings as in params.yaml, in one line; metrics as numbers; None where there is none."""


@dataclass(frozen=True)
class Experiment:
    """One line of `dvc exp show`: the workspace, a commit, or an experiment that started from it.

    commit: that it started from, a branch, a tag or the beginning of its hash. state: empty for a finished one; else
    queued, running, failed or incomplete (a network has no metrics). params: what its params.yaml holds; empty where
    DVC cannot read it. metrics: of each network that has them.
    """

    commit: str
    name: str
    state: str
    params: dict[str, Any]
    metrics: dict[str, dict[str, float]]

    def settings(self, network: str) -> dict[str, Any]:
        """A network's effective settings; where the parameters are not valid, what they say of it. A pretrained one has
        none of a training."""
        try:
            stated = Params.model_validate(self.params).settings(network).stated()
            return dict.fromkeys(NetworkSettings.model_fields) | stated
        except ValidationError:
            stated = self.params["networks"][network]
            return stated if isinstance(stated, dict) else {}

    def rows(self, metrics: Sequence[str]) -> list[Row]:
        """One a network; one without a network where the parameters cannot be read."""
        common: dict[str, Any] = {}
        for name, value in self.params.items():
            if name != "networks":
                section = isinstance(value, dict)
                common |= {f"{name}.{key}": each for key, each in value.items()} if section else {name: value}
        return [
            {"commit": self.commit, "experiment": self.name, "state": self.state, "network": network}
            | {name: _yaml(value) for name, value in (common | (self.settings(network) if network else {})).items()}
            | {metric: self.metrics.get(network, {}).get(metric) for metric in metrics}
            for network in self.params.get("networks") or [""]
        ]

    def same(self, other: "Experiment") -> bool:
        return (self.params, self.metrics, self.state) == (other.params, other.metrics, other.state)


def experiments(lines: Sequence[dict]) -> list[Experiment]:
    """From the JSON of `dvc exp show`: the workspace, then each commit and its experiments by name.

    A commit without metrics or experiments is left out, and so is one that equals another.
    """
    names = [line["name"] or line["rev"][:7] for line in lines[1:]]
    listed = [_experiment((names or [""])[0], "workspace", lines[0]["data"])]
    for commit, line in zip(names, lines[1:], strict=True):
        experiment = _experiment(commit, commit, line["data"])
        derived = [_derived(commit, each) for each in line["experiments"] or []]
        if derived or (experiment.metrics and not any(map(experiment.same, listed[1:]))):
            listed.append(experiment)
        listed += sorted(derived, key=lambda each: _natural(each.name))
    return listed


def network_table(shown: Sequence[Experiment], metrics: Sequence[str]) -> list[Row]:
    """One row a network of each experiment."""
    return _shortened([row for experiment in shown for row in experiment.rows(metrics)], "network")


def experiment_table(shown: Sequence[Experiment], metrics: Sequence[str]) -> list[Row]:
    """One row an experiment; a metric has a column a network, and so has a setting in which networks differ."""
    groups = [experiment.rows(metrics) for experiment in shown]
    apart = {name for rows in groups for name in rows[0] if len({row.get(name) for row in rows}) > 1} | {*metrics}
    table = [
        {
            f"{row['network']}.{name}" if name in apart else name: value
            for row in rows
            for name, value in row.items()
            if name != "network"
        }
        for rows in groups
    ]
    return _shortened(table, "experiment")


def sort(rows: list[Row], column: str) -> list[Row]:
    """Rows with the best metric, or the least parameter, first, those without one last; InputError for no column."""
    if column not in rows[0]:
        raise InputError(f"--sort: no column {column}; expected one of {', '.join(rows[0])}")
    sign = -1 if column.endswith(("accuracy", "precision")) else 1

    def key(row: Row) -> tuple[bool, Any]:
        value = row[column]
        return value is None, sign * value if isinstance(value, float) else _natural(value or "")

    return sorted(rows, key=key)


def markdown(rows: Sequence[Row]) -> str:
    """The first column is aligned left, the others right."""
    cells = [[text.number(value).replace("|", r"\|") for value in row.values()] for row in rows]
    align = ["left", *["right"] * (len(rows[0]) - 1)]
    return tabulate(cells, [*map(_heading, rows[0])], "pipe", disable_numparse=True, colalign=align)


def notes(shown: Sequence[Experiment], twin: str) -> list[str]:
    """What the tables do not say themselves. twin: what equals the workspace, if anything."""
    seeds = sorted({len(experiment.params.get("seeds") or [0]) for experiment in shown})
    lines = [f"metrics are means over {' or '.join(map(str, seeds))} seeds"] if seeds != [1] else []
    return [*lines, f"the workspace holds {twin}"] if twin else lines


def main() -> None:
    options = _arguments()
    every = ["--all-commits"] if options.all_commits else []
    lines = json.loads(shell.dvc("exp", "show", "--json", *every))
    if error := lines[0].get("error"):
        raise InputError(f"DVC cannot read the workspace ({error['msg']}). `python -m stages.configure` may say more.")
    workspace, *others = experiments(lines[:1] if options.workspace else lines)
    if not any(each.metrics or each.state != "incomplete" for each in (workspace, *others)):
        raise InputError("no metrics are there. Run `dvc repro` first.")
    twin = next((other.name for other in others if workspace.same(other)), "")
    shown = others if twin else [workspace, *others]
    metrics = options.metrics or list(METRICS)[: 1 if options.columns else None]
    rows = (experiment_table if options.columns else network_table)(shown, metrics)
    if options.sort:
        rows = sort(rows, options.sort)
    if options.csv:
        writer = csv.DictWriter(sys.stdout, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        print("\n".join([markdown(rows), "", *notes(shown, twin)]).rstrip())


def _derived(commit: str, line: dict) -> Experiment:
    revision, state = line["revs"][0], (line["executor"] or {}).get("state", "success")
    return _experiment(commit, line["name"] or revision["rev"][:7], revision["data"], state)


def _experiment(commit: str, name: str, data: dict | None, state: str = "success") -> Experiment:
    files = data or {}
    params = _content(files.get("params", {}), "params.yaml")
    params = params if isinstance(params.get("networks"), dict) else {}
    # Of what has not finished, DVC shows the metrics of the commit that it starts from.
    read = files.get("metrics", {}) if state == "success" else {}
    metrics = {network: _content(read, f"metrics/{network}.json") for network in params.get("networks", {})}
    if state == "success":
        state = "" if metrics and all(metrics.values()) else "incomplete"
    return Experiment(commit, name, state, params, {network: values for network, values in metrics.items() if values})


def _content(files: dict, path: str) -> dict:
    return (files.get(path) or {}).get("data") or {}


def _shortened(rows: list[Row], first: str) -> list[Row]:
    """Only the first column, those in which rows differ, and the metrics; a row that lacks one differs from none."""
    values = {name: {row[name] for row in rows if name in row} for row in rows for name in row}
    names = [name for name, distinct in values.items() if len(distinct) > 1 or name == first or _is_metric(name)]
    return [{name: row.get(name) for name in sorted(names, key=_is_metric)} for row in rows]


def _is_metric(column: str) -> bool:
    return column.rpartition(".")[2] in METRICS


def _heading(column: str) -> str:
    network, _, metric = column.rpartition(".")
    return f"{network} {METRICS[metric]}".lstrip() if metric in METRICS else column


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sorts grid-2 before grid-10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def _yaml(value: Any) -> str:
    """As in params.yaml, in one line."""
    if isinstance(value, str):
        return value
    return yaml.safe_dump(value, default_flow_style=True, width=1000).splitlines()[0]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.compare", description=__doc__.splitlines()[0])
    parser.add_argument("--columns", action="store_true", help="one row an experiment, the networks as columns")
    parser.add_argument("--csv", action="store_true", help="comma-separated values instead of Markdown")
    parser.add_argument("--metrics", nargs="+", choices=METRICS, help="default: all; with --columns accuracy alone")
    parser.add_argument("--sort", metavar="COLUMN", help="best first; COLUMN as --csv names it")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--workspace", action="store_true", help="no commits and experiments")
    which.add_argument("--all-commits", action="store_true", help="experiments of all commits, not of the last alone")
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `... | head` reads no more than it shows
    with reported("compare"):
        main()
