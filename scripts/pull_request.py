"""What a change does to metrics, parameters and verdicts, as Markdown for a pull request.

python -m scripts.pull_request [--plots] [REVISION]

The working tree is compared with a revision of Git; by default with origin/main, or main where there is no such remote.
No data are needed. With --plots, the folder dvc_plots/pull_request gets the page of `dvc plots diff`, which draws its
charts with Vega from the internet, and the pictures of both.
"""

import argparse
import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts import shell
from scripts.compare import METRICS
from stages.errors import InputError, reported
from stages.templates import environment, text

FOLDER = Path("dvc_plots", "pull_request")
VERDICTS = Path("plots", "verdicts.csv")

Changes = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Of `dvc metrics diff --json` and `dvc params diff --json`: by file and name, "old" and "new" values, None or left out
where there is none."""


def change(values: Mapping[str, Any]) -> str:
    """A metric before and after.

    >>> change({"old": 0.543, "new": 0.551}), change({"old": 0.5, "new": 0.5}), change({"new": 0.5})
    ('0.543 → 0.551 (+0.008)', '0.500', '0.500 (new)')
    """
    old, new = values.get("old"), values.get("new")
    if old is None or new is None:
        return f"{text.number(new)} (new)" if old is None else f"{text.number(old)} (gone)"
    difference = "" if old == new else f"{text.number(old)} → {text.number(new)} ({text.signed(new - old)})"
    return difference or text.number(new)


def networks(metrics: Changes) -> list[list[str]]:
    """Rows of network and METRICS."""
    return [
        [Path(path).stem, *(change(values[name]) if name in values else "" for name in METRICS)]
        for path, values in sorted(metrics.items())
        if METRICS.keys() & values.keys()
    ]


def others(metrics: Changes) -> list[list[str]]:
    """Rows of name and value, of the metrics that are no network's."""
    return [
        [name.replace("_", " "), change(values[name])]
        for _, values in sorted(metrics.items())
        for name in sorted(values.keys() - METRICS)
    ]


def parameters(files: Changes) -> list[list[str]]:
    """Rows of parameter, value before and value after."""
    return [
        [name, json.dumps(values.get("old")), json.dumps(values.get("new"))]
        for _, changed in sorted(files.items())
        for name, values in sorted(changed.items())
    ]


def verdicts(before: str, after: str) -> list[list[str]]:
    """Rows of claim, verdict and reason. before, after: CSV of the verdicts, '' where there is none."""
    old, new = ({row["claim"]: row for row in csv.DictReader(io.StringIO(table))} for table in (before, after))
    rows = []
    for claim, row in (old | new).items():
        was, now = (judged.get(claim, {}).get("verdict", "none") for judged in (old, new))
        rows.append([claim, now if was == now else f"**{was} → {now}**", row["reason"]])
    return rows


def resolve(revision: str) -> tuple[str, str]:
    """Name and hash of the commit to compare with; an empty name stands for origin/main, or else main."""
    for name in [revision] if revision else ["origin/main", "main"]:
        done = shell.attempt("git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if done.returncode == 0:
            return name, done.stdout.strip()
    expected = revision or "origin/main or main"
    raise InputError(f"expected the Git revision {expected}, found none of that name. Get it: git fetch origin main")


def report(name: str, commit: str) -> str:
    """What differs between the working tree and a commit."""
    metrics, changed = (
        json.loads(shell.dvc(*command, "--json", commit) or "{}")
        for command in (("metrics", "diff", "--all"), ("params", "diff"))
    )
    before = shell.attempt("git", "show", f"{commit}:{VERDICTS.as_posix()}").stdout
    after = VERDICTS.read_text(encoding="utf-8") if VERDICTS.is_file() else ""
    return environment.render(
        "pull_request.md",
        against=f"{name} ({commit[:7]})",
        titles=["network", *METRICS.values()],
        networks=networks(metrics),
        others=others(metrics),
        parameters=parameters(changed),
        verdicts=verdicts(before, after),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.pull_request", description=__doc__.split("\n")[0])
    parser.add_argument("revision", nargs="?", default="", metavar="REVISION", help="default: origin/main, or main")
    parser.add_argument("--plots", action="store_true", help=f"write the plots of both to {FOLDER}")
    options = parser.parse_args(arguments)
    name, commit = resolve(options.revision)
    if options.plots:
        shutil.rmtree(FOLDER, ignore_errors=True)
        shell.dvc("plots", "diff", "--out", str(FOLDER), commit[:7])
    print(report(name, commit), end="")


if __name__ == "__main__":
    with reported("pull_request"):
        main()
