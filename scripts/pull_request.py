"""What a change does to metrics, parameters and verdicts, as Markdown for a pull request.

python -m scripts.pull_request [--plots] [REVISION]

The working tree is compared with a revision of Git; by default with origin/main, or main where there is no such remote.
All that is compared lies in Git, so no data are needed. With --plots, the folder dvc_plots/pull_request gets the plots
of both (before/, after/) and the page of `dvc plots diff`. That page draws its charts with Vega from the internet; the
pictures and the pages plots/errors/report.html need none.
"""

import argparse
import csv
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from stages import artifacts
from stages.errors import InputError, reported

FOLDER = Path("dvc_plots", "pull_request")
VERDICTS = artifacts.PLOTS / "errors" / "verdicts.csv"
SUMMARY_COLUMNS = ("held_out.accuracy", "held_out.precision", "held_out.loss", "train.accuracy")
RUN_COLUMNS = ("held_out_accuracy", "held_out_precision", "held_out_loss", "train_accuracy", "test_accuracy")

Change = Mapping[str, object]
"""What DVC says of one value: "old" and "new", either of them None where the value is missing."""


def cell(change: Change) -> str:
    """A metric before and after: `0.543 → 0.551 (+0.008)`, or one number where it is the same."""
    old, new = change.get("old"), change.get("new")
    if old is None or new is None:
        return f"{_number(new)} (new)" if old is None else f"{_number(old)} (gone)"
    if old == new:
        return _number(new)
    difference = new - old
    shown = f"{difference:+.3f}" if abs(difference) >= 0.0005 else f"{difference:+.1e}"
    return f"{_number(old)} → {_number(new)} ({shown})"


def networks(metrics: Mapping[str, Mapping[str, Change]]) -> list[list[str]]:
    """Rows of the comparison of networks, the mean over their seeds; metrics: of `dvc metrics diff --all --json`."""
    by_network: dict[str, dict[str, Change]] = {}
    for name, change in metrics.get(artifacts.SUMMARY.as_posix(), {}).items():
        network, _, column = name.partition(".")
        by_network.setdefault(network, {})[column] = change
    return _rows(["network"], SUMMARY_COLUMNS, {(network,): values for network, values in by_network.items()})


def runs(metrics: Mapping[str, Mapping[str, Change]]) -> list[list[str]]:
    """Rows of the comparison of runs, one for each network and seed."""
    by_run = {_run(path): values for path, values in metrics.items() if _run(path)}
    return _rows(["network", "seed"], RUN_COLUMNS, by_run)


def others(metrics: Mapping[str, Mapping[str, Change]]) -> list[list[str]]:
    """Rows of the metrics that changed and are not those of a run or a network."""
    rows = [
        [f"{Path(path).stem}: {name}", cell(change)]
        for path, values in sorted(metrics.items())
        if path != artifacts.SUMMARY.as_posix() and not _run(path)
        for name, change in sorted(values.items())
        if change.get("old") != change.get("new")
    ]
    return [["metric", "value"], *rows]


def parameters(files: Mapping[str, Mapping[str, Change]]) -> list[list[str]]:
    """Rows of the parameters that changed; files: of `dvc params diff --json`."""
    rows = [
        [name, json.dumps(change.get("old")), json.dumps(change.get("new"))]
        for _, values in sorted(files.items())
        for name, change in sorted(values.items())
    ]
    return [["parameter", "was", "is"], *rows]


def verdicts(before: str | None, after: str | None) -> tuple[int, list[list[str]]]:
    """How many verdicts changed, and the rows of the table; before, after: CSV of the verdicts, None where missing."""
    old, new = _by_claim(before), _by_claim(after)
    changed, rows = 0, []
    for claim in [*new, *(claim for claim in old if claim not in new)]:
        was, now = old.get(claim, {}), new.get(claim, {})
        verdict = now.get("verdict", "gone")
        if was.get("verdict") != now.get("verdict"):
            changed += 1
            verdict = f"**{was.get('verdict', 'none')} → {verdict}**"
        earlier = was.get("numbers", "") if was.get("numbers") != now.get("numbers") else ""
        rows.append([claim, (now or was).get("text", ""), verdict, now.get("numbers", ""), earlier])
    return changed, [["claim", "text", "verdict", "numbers", "numbers before, where they differ"], *rows]


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown; the first row is the header."""
    lines = ["| " + " | ".join(text.replace("|", r"\|").replace("\n", " ") for text in row) + " |" for row in rows]
    return "\n".join([lines[0], "| " + " | ".join("---" for _ in rows[0]) + " |", *lines[1:]])


def report(
    against: str,
    metrics: Mapping[str, Mapping[str, Change]],
    changed_parameters: Mapping[str, Mapping[str, Change]],
    before: str | None,
    after: str | None,
) -> str:
    """The whole text: networks, runs, other metrics, parameters and verdicts."""
    count, verdict_rows = verdicts(before, after)
    total = len(verdict_rows) - 1
    return "\n\n".join(
        [
            f"## Results against {against}",
            "### Networks, means over their seeds",
            _or(networks(metrics), "No metrics."),
            f"<details><summary>Runs</summary>\n\n{_or(runs(metrics), 'No metrics.')}\n\n</details>",
            "### Other metrics that changed",
            _or(others(metrics), "None."),
            "### Parameters that changed",
            _or(parameters(changed_parameters), "None."),
            f"### Verdicts: {count} of {total} changed" if total else "### Verdicts",
            _or(verdict_rows, "No table of verdicts."),
        ]
    )


def resolve(revision: str) -> tuple[str, str]:
    """Name and hash of the commit to compare with; an empty name stands for origin/main, or else main."""
    for name in [revision] if revision else ["origin/main", "main"]:
        done = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if done.returncode == 0:
            return name, done.stdout.decode().strip()
    wanted = revision or "origin/main or main"
    raise InputError(f"expected the Git revision {wanted}, found none of that name. Get it: git fetch origin main")


def write_plots(commit: str) -> None:
    """Fill FOLDER, anew: plots before and after, and the page that shows both."""
    FOLDER.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pull_request-", dir=FOLDER.parent) as temporary:
        made = Path(temporary, "made")
        _dvc("plots", "diff", "--out", str(made), commit[:7])
        if artifacts.PLOTS.is_dir():
            shutil.copytree(artifacts.PLOTS, made / "after" / artifacts.PLOTS)
        archive = _git("archive", "--format=tar", commit, artifacts.PLOTS.as_posix())
        if archive.returncode == 0:
            with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as members:
                members.extractall(made / "before", filter="data")
        if FOLDER.exists():
            shutil.rmtree(FOLDER)
        made.rename(FOLDER)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.pull_request", description=__doc__.split("\n")[0])
    parser.add_argument("revision", nargs="?", default="", metavar="REVISION", help="default: origin/main, or main")
    parser.add_argument("--plots", action="store_true", help=f"write the plots of both to {FOLDER}")
    wanted = parser.parse_args()
    name, commit = resolve(wanted.revision)
    metrics = json.loads(_dvc("metrics", "diff", "--all", "--json", commit) or "{}")
    changed = json.loads(_dvc("params", "diff", "--json", commit) or "{}")
    shown = _git("show", f"{commit}:{VERDICTS.as_posix()}")
    before = shown.stdout.decode() if shown.returncode == 0 else None
    after = VERDICTS.read_text(encoding="utf-8") if VERDICTS.is_file() else None
    if wanted.plots:
        write_plots(commit)
    print(report(f"{name} ({commit[:7]})", metrics, changed, before, after))


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _run(path: str) -> tuple[str, ...]:
    """Network and seed of a file of metrics; empty for another file."""
    parts = Path(path).relative_to(artifacts.METRICS).with_suffix("").parts
    return parts if len(parts) == 2 else ()


def _rows(
    head: list[str], columns: Sequence[str], values: Mapping[tuple[str, ...], Mapping[str, Change]]
) -> list[list[str]]:
    titles = [name.replace("held_out", "held-out").replace("_", " ").replace(".", " ") for name in columns]
    return [head + titles] + [
        [*key, *(cell(row[name]) if name in row else "" for name in columns)] for key, row in sorted(values.items())
    ]


def _by_claim(text: str | None) -> dict[str, dict[str, str]]:
    return {row["claim"]: row for row in csv.DictReader(io.StringIO(text or ""))}


def _or(rows: list[list[str]], otherwise: str) -> str:
    return markdown(rows) if len(rows) > 1 else otherwise


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], capture_output=True)


def _dvc(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"`dvc {' '.join(arguments)}` failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


if __name__ == "__main__":
    with reported("pull_request"):
        main()
