"""Run the pipeline twice from clean clones on the embedded images and compare every output, bit for bit.

The runs are made side by side. The second has one core, for the number of cores must make no difference.

python -m scripts.reproduce
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts import shell
from stages.errors import InputError, reported

SETTINGS = ("dataset=digits", "epochs=2", "batch_size=32", "error_analysis.intervention_images=20")


def run(folder: Path, cores: Collection[int] | None) -> None:
    """Clone the commit at hand into `folder` and run the pipeline there, with a cache of its own.

    cores: numbers of the processor's cores that it may use; None for all.
    """
    print(f"reproduce: the {folder.name} run, on {'one core' if cores else 'all cores'}", flush=True)
    if cores:
        os.sched_setaffinity(0, cores)  # of this thread, and of what it starts
    _call("git", "clone", "--quiet", ".", str(folder), folder=Path("."))
    settings = [part for setting in SETTINGS for part in ("-S", setting)]
    _call(*shell.DVC, "exp", "run", *settings, folder=folder)


def one_core() -> Collection[int] | None:
    """One of the cores that this process may use; None where the system cannot tell them apart."""
    return {min(os.sched_getaffinity(0))} if hasattr(os, "sched_getaffinity") else None


def contents(folder: Path) -> dict[str, bytes]:
    """What the pipeline wrote, by path: dvc.lock, which has the hash of every output, and the files in Git."""
    paths = [folder / "dvc.lock", *(path for top in ("metrics", "plots") for path in (folder / top).rglob("*"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def differing(first: dict[str, bytes], second: dict[str, bytes]) -> list[str]:
    """Sorted paths that only one has, or that differ."""
    return sorted(path for path in first.keys() | second.keys() if first.get(path) != second.get(path))


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folders = [Path(temporary, name) for name in ("first", "second")]
        with ThreadPoolExecutor(len(folders)) as threads:
            list(threads.map(run, folders, (None, one_core())))
        first, second = map(contents, folders)
    found = differing(first, second)
    if found:
        raise InputError(
            "expected equal bytes from two runs of the same commit, but these differ:\n  " + "\n  ".join(found)
        )
    print(f"reproduce: {len(first)} files are equal to the last bit, dvc.lock among them")


def _call(*command: str, folder: Path) -> None:
    done = shell.attempt(*command, folder=folder)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise InputError(f"`{shell.shown(command)}` ended with exit code {done.returncode}; its output is above.")


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m scripts.reproduce", description=__doc__.split("\n\n")[0]).parse_args()
    with reported("reproduce"):
        main()
