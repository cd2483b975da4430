"""Print the networks of the workspace, of the last commit and of its experiments side by side.

python -m scripts.compare [--columns] [--csv] [--metrics NAME,NAME] [--sort COLUMN] [--workspace | --all-commits]
"""

import argparse
import csv
import io
import json
import re
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from stages.errors import InputError, reported
from stages.settings import NetworkSettings

METRICS = ("held_out_accuracy", "held_out_precision", "held_out_loss", "train_accuracy", "test_accuracy")
"""Columns of a network's row: keys of metrics/<network>/<seed>.json."""

SIZES = ("train_images", "held_out_images", "test_images")


@dataclass(frozen=True)
class Experiment:
    """One line of `dvc exp show`: the workspace, a commit, or an experiment that started from it."""

    name: str
    commit: str
    """The commit that it started from: a branch, a tag or the beginning of its hash."""
    state: str
    """Empty for a finished one; or queued, running, failed, incomplete (some runs have no metrics)."""
    params: dict[str, Any]
    """What its params.yaml holds; empty where DVC cannot read it."""
    metrics: dict[tuple[str, int], dict[str, float]]
    """Of each run (network, seed), what metrics/<network>/<seed>.json holds."""

    @property
    def networks(self) -> list[str]:
        return list(self.params.get("networks") or {})

    def settings(self, network: str) -> dict[str, str]:
        """What a network sets itself, else what it inherits, in YAML."""
        own = {name: value for name, value in (self.params["networks"][network] or {}).items() if value is not None}
        inherited = {name: value for name, value in self.params.items() if name in NetworkSettings.model_fields}
        return {name: _yaml(value) for name, value in (inherited | own).items()}

    def values(self, network: str, metric: str) -> list[float]:
        """A metric's value for each seed."""
        return [values[metric] for (name, _), values in self.metrics.items() if name == network and metric in values]


@dataclass(frozen=True)
class Score:
    """A metric over the seeds."""

    mean: float
    deviation: float | None
    """Standard deviation of a single seed, from n - 1; None for one seed."""

    def __str__(self) -> str:
        return f"{self.mean:.3f}" + ("" if self.deviation is None else f" ± {self.deviation:.3f}")


def score(values: Sequence[float]) -> Score | None:
    """None without values."""
    if not values:
        return None
    return Score(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None)


def experiments(shown: list[dict]) -> list[Experiment]:
    """From the JSON of `dvc exp show`: the workspace, then each commit and its experiments by name.

    A commit without metrics or experiments is left out, and so is one with the parameters and metrics of another.
    """
    found = []
    head = next((_commit_name(line) for line in shown if line["rev"] != "workspace"), "")
    for line in shown:
        workspace = line["rev"] == "workspace"
        commit = head if workspace else _commit_name(line)
        own = _experiment("workspace" if workspace else commit, commit, line, "")
        listed = [_derived(derived, commit) for derived in line.get("experiments") or []]
        known = any(_same(own, other) for other in found if other.name != "workspace")
        if workspace or listed or (own.metrics and not known):
            found.append(own)
        found += sorted(listed, key=lambda experiment: _natural(experiment.name))
    return found


def without_copies(found: list[Experiment]) -> tuple[list[Experiment], str]:
    """The same without the workspace where it equals something else that is shown, and that one's name, else ''."""
    workspace, others = found[0], found[1:]
    twin = next((other.name for other in others if not other.state and _same(workspace, other)), "")
    return (others, twin) if twin else (found, "")


def network_rows(found: list[Experiment], metrics: Sequence[str]) -> list[dict[str, Any]]:
    """One row a network of each experiment; one for an experiment whose parameters cannot be read."""
    return _shortened(
        [
            {
                **_identity(experiment),
                "network": network or "-",
                **_common(experiment),
                **(experiment.settings(network) if network else {}),
                **{metric: score(experiment.values(network, metric)) for metric in metrics},
            }
            for experiment in found
            for network in experiment.networks or [None]
        ],
        kept=("network", *metrics),
    )


def experiment_rows(found: list[Experiment], metrics: Sequence[str]) -> list[dict[str, Any]]:
    """One row an experiment; a setting has one column a network only where the networks differ in it."""
    settings = [{network: one.settings(network) for network in one.networks} for one in found]
    networks = list(dict.fromkeys(network for own in settings for network in own))
    differing = {
        name
        for own in settings
        for name in NetworkSettings.model_fields
        if len({values.get(name) for values in own.values()}) > 1
    }
    columns = [f"{network}.{metric}" for network in networks for metric in metrics]
    rows = [
        {
            **_identity(experiment),
            **_common(experiment),
            **{
                f"{network}.{name}" if name in differing else name: value
                for network, values in own.items()
                for name, value in values.items()
            },
            **{
                f"{network}.{metric}": score(experiment.values(network, metric))
                for network in networks
                for metric in metrics
            },
        }
        for experiment, own in zip(found, settings, strict=True)
    ]
    return _shortened(rows, kept=("experiment", *columns))


def sorted_by(rows: list[dict[str, Any]], column: str) -> list[dict[str, Any]]:
    """Rows with the best metric (or the least parameter) first, those without one last; InputError for no column."""
    if column not in rows[0]:
        raise InputError(f"--sort: no column {column}; expected one of {', '.join(rows[0])}")
    down = column.endswith(("accuracy", "precision", "recall"))

    def key(row: dict[str, Any]) -> tuple:
        value = row[column]
        if isinstance(value, Score):
            return (0, -value.mean if down else value.mean, [])
        return (2, 0, []) if value is None else (1, 0, _natural(str(value)))

    return sorted(rows, key=key)


def markdown(rows: list[dict[str, Any]], one_metric: bool) -> str:
    """A table; the first column is aligned left, the others right. one_metric: the networks' columns need no more."""
    header = [_heading(name, one_metric) for name in rows[0]]
    cells = [["-" if value in (None, "") else str(value).replace("|", r"\|") for value in row.values()] for row in rows]
    return table([header, *cells])


def comma_separated(rows: list[dict[str, Any]]) -> str:
    """CSV with whole numbers; <metric>_deviation follows a metric that has one in some row."""
    columns = []
    for name in rows[0]:
        deviates = any(isinstance(row[name], Score) and row[name].deviation is not None for row in rows)
        columns += [name, f"{name}_deviation"] if deviates else [name]
    lines = [
        {name: value.mean if isinstance(value, Score) else value for name, value in row.items()}
        | {f"{name}_deviation": value.deviation for name, value in row.items() if isinstance(value, Score)}
        for row in rows
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().rstrip("\n")


def check(found: list[Experiment], metrics: Sequence[str]) -> None:
    """Raise InputError where there is nothing to compare, or no such metric."""
    known = list(dict.fromkeys(name for one in found for run in one.metrics.values() for name in run))
    if not any(experiment.metrics or experiment.state != "incomplete" for experiment in found):
        raise InputError("no metrics are there. Run `dvc repro` first.")
    for name in metrics:
        if known and name not in known:
            raise InputError(f"--metrics: no metric {name!r}; expected some of {', '.join(known)}")


def table(rows: list[list[str]]) -> str:
    """Markdown of rows of cells, the first being the header; the first column is aligned left, the others right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) + " |" for row in rows]
    rule = "| " + " | ".join(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def notes(found: list[Experiment], metrics: Sequence[str], twin: str, one_metric: bool) -> list[str]:
    """What the table does not say itself."""
    lines = [f"{_heading(metrics[0], False)} of each network"] if one_metric else []
    if any(len(experiment.params.get("seeds") or []) > 1 for experiment in found):
        lines.append("several seeds: mean ± standard deviation of a seed")
    sizes = {tuple(run.get(name) for name in SIZES) for experiment in found for run in experiment.metrics.values()}
    if len(sizes) == 1 and None not in (only := sizes.pop()):
        lines.append("{:,} training, {:,} held-out, {:,} test images".format(*only))
    return [*lines, f"the workspace holds {twin}"] if twin else lines


def show(all_commits: bool) -> list[dict]:
    """What `dvc exp show --json` prints: unlike dvc.api.exp_show, each parameter file and each metric file whole."""
    command = [sys.executable, "-m", "dvc", "exp", "show", "--json", *(["--all-commits"] if all_commits else [])]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not done.stdout.strip():
        raise InputError(f"`dvc exp show` ended with exit code {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.compare", description=__doc__.splitlines()[0])
    parser.add_argument("--columns", action="store_true", help="one row an experiment, the networks as columns")
    parser.add_argument("--csv", action="store_true", help="comma-separated values instead of Markdown")
    parser.add_argument("--metrics", help=f"names, with commas; {','.join(METRICS)}, with --columns {METRICS[0]}")
    parser.add_argument("--sort", metavar="COLUMN", help="best first; COLUMN as --csv names it")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--workspace", action="store_true", help="no commits and experiments")
    which.add_argument("--all-commits", action="store_true", help="experiments of all commits, not of the last alone")
    options = parser.parse_args(arguments)

    metrics = tuple(options.metrics.split(",")) if options.metrics else METRICS[: 1 if options.columns else None]
    shown = show(options.all_commits)
    found = experiments(shown[:1] if options.workspace else shown)
    check(found, metrics)
    found, twin = without_copies(found)
    rows = (experiment_rows if options.columns else network_rows)(found, metrics)
    if options.sort:
        rows = sorted_by(rows, options.sort)
    if options.csv:
        print(comma_separated(rows))
        return
    one_metric = options.columns and len(metrics) == 1
    print("\n".join([markdown(rows, one_metric), "", *notes(found, metrics, twin, one_metric)]).rstrip())


def _commit_name(line: dict) -> str:
    return line["name"] or line["rev"][:7]


def _derived(line: dict, commit: str) -> Experiment:
    revision = line["revs"][0]
    state = (line["executor"] or {}).get("state", "success")
    return _experiment(line["name"] or revision["rev"][:7], commit, revision, "" if state == "success" else state)


def _experiment(name: str, commit: str, line: dict, state: str) -> Experiment:
    data = line["data"] or {}
    params = _content(data.get("params", {}), "params.yaml")
    params = params if isinstance(params.get("networks"), dict) else {}
    # Of what has not finished, DVC shows the metrics of the commit that it starts from.
    files = {} if state else data.get("metrics", {})
    runs = [(network, seed) for network in params.get("networks", {}) for seed in params.get("seeds") or []]
    read = {run: _content(files, "metrics/{}/{}.json".format(*run)) for run in runs}
    metrics = {run: content for run, content in read.items() if content}
    if not state and len(metrics) < max(len(runs), 1):
        state = "incomplete"
    return Experiment(name, commit, state, params, metrics)


def _content(files: dict, path: str) -> dict:
    return (files.get(path) or {}).get("data") or {}


def _same(one: Experiment, other: Experiment) -> bool:
    """Whether the tables would show the same of both: a parameter that one lacks is left out."""
    return (
        one.metrics == other.metrics
        and one.networks == other.networks
        and _agree(_common(one), _common(other))
        and all(_agree(one.settings(network), other.settings(network)) for network in one.networks)
    )


def _agree(one: dict, other: dict) -> bool:
    return all(one[name] == other[name] for name in one.keys() & other.keys())


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sorts grid-2 before grid-10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def _identity(experiment: Experiment) -> dict[str, str]:
    return {"commit": experiment.commit, "experiment": experiment.name, "state": experiment.state}


def _common(experiment: Experiment) -> dict[str, str]:
    """Parameters that are no network's, in sections as section.name."""
    found = {}
    for name, value in experiment.params.items():
        if name not in NetworkSettings.model_fields and name != "networks":
            found |= (
                {f"{name}.{inner}": own for inner, own in value.items()} if isinstance(value, dict) else {name: value}
            )
    return {name: _yaml(value) for name, value in found.items()}


def _shortened(rows: list[dict[str, Any]], kept: Iterable[str]) -> list[dict[str, Any]]:
    """Only the columns in which rows differ, and those kept; every row with all of them, in one order.

    A row that lacks a column differs from none.
    """
    values = {name: {row[name] for row in rows if name in row} for row in rows for name in row}
    wanted = [name for name, different in values.items() if name in kept or len(different) > 1]
    return [{name: row.get(name) for name in wanted} for row in rows]


def _yaml(value: Any) -> str:
    """As in params.yaml, in one line."""
    if isinstance(value, str):
        return value
    return yaml.safe_dump(value, default_flow_style=True, width=1000).splitlines()[0]


def _heading(name: str, one_metric: bool) -> str:
    """Of a column: a parameter as params.yaml names it, a metric in words."""
    network, _, metric = name.rpartition(".")
    if not metric.endswith(("accuracy", "precision", "recall", "loss")):
        return name
    words = metric.replace("held_out", "held-out").replace("_", " ")
    return network if one_metric and network else f"{network} {words}".lstrip()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `... | head` reads no more than it shows
    with reported("compare"):
        main()
