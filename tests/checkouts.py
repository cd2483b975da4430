"""Checkouts of this working tree, and commands run in them as a user would."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SMALL = {
    "dataset": "digits",
    "filters": [4, 4, 4, 4, 4],
    "dense_units": [16],
    "kernel_size": 3,
    "epochs": 2,
    "batch_size": 32,
    "learning_rate": 0.01,
}
"""Parameters of networks that train within seconds on the embedded images."""

READERS = ("DVC_ROOT", "CIFAR10_ARCHIVE", "CIFAR10_SOURCE", "TF_CPP_MIN_LOG_LEVEL", "TF_NUM_INTRAOP_THREADS")
"""Variables of the reader's environment that the commands must not see."""


def environment(**changes: str) -> dict[str, str]:
    """The reader's, with this interpreter's programs first."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {name: value for name, value in os.environ.items() if name not in READERS} | {"PATH": paths} | changes


def run(*command: str, folder: Path | str, code: int = 0, **variables: str) -> str:
    """What a command prints, standard error after standard output; fails the test for another exit code."""
    options: dict[str, Any] = {"cwd": folder, "env": environment(**variables), "capture_output": True, "text": True}
    done = subprocess.run(command, timeout=1200, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def executed(printed: str) -> list[str]:
    """Names of the stages that DVC ran, not those that it skipped or took from its run-cache."""
    return [line.split("'")[1] for line in printed.splitlines() if line.startswith("Running stage")]


def checkout(folder: Path, parameters: Mapping[str, Any]) -> Path:
    """A copy of this working tree's files without its results, committed.

    parameters: go before those of params.yaml; for a section, a mapping of those that change.
    """
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", folder=".")
    for name in filter(None, listed.split("\0")):
        if Path(name).is_file() and not name.startswith(("metrics/", "plots/", "docs/study/", "dvc.lock")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)
    for setting in ("init --quiet", "config user.name T", "config user.email t@example.org"):
        run("git", *setting.split(), folder=folder)
    commit(folder, {"split": {"train_images": 200}, "error_analysis": {"resamples": 100, "intervention_images": 5}})
    return commit(folder, parameters)


def commit(folder: Path, parameters: Mapping[str, Any]) -> Path:
    """Set parameters and commit all, as after an edit of params.yaml; `networks` is replaced as a whole."""
    path = folder / "params.yaml"
    merged = yaml.safe_load(path.read_text())
    for name, value in parameters.items():
        section = isinstance(value, dict) and name != "networks"
        merged[name] = merged[name] | value if section else value
    path.write_text(yaml.safe_dump(merged, sort_keys=False))
    run("git", "add", "--all", folder=folder)
    run("git", "commit", "--quiet", "--allow-empty", "--message", "x", folder=folder)
    return folder
