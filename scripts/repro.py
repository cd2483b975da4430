"""The grid of params.yaml, several runs of it at once; then `dvc repro`, which finds them done and does the rest.

python -m scripts.repro [--jobs N]
python -m scripts.repro --scheduler tcp://HOST:8786
"""

import argparse
from contextlib import AbstractContextManager
from pathlib import Path

from scripts import runs
from scripts.shell import DVC, watched
from stages.errors import InputError, reported


def main(jobs: str, scheduler: str | None) -> None:
    at_once = runs.at_once(jobs)
    if scheduler or at_once > 1:
        with working(scheduler, at_once) as workers:
            watched(*DVC, "repro", "--single-item", *runs.FIRST)
            runs.compute(Path("."), workers)
    watched(*DVC, "repro")


def working(scheduler: str | None, jobs: int) -> AbstractContextManager[runs.Workers]:
    if not scheduler:
        return runs.processes(jobs)
    try:
        from scripts import cluster  # needs packages that this machine alone does without
    except ImportError as error:
        raise InputError(f"a cluster needs the package {error.name}, which is not installed: make install") from None
    return cluster.workers(scheduler)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m scripts.repro", description=__doc__.split("\n\n")[0])
    parser.add_argument("--jobs", default="", metavar="N", help="runs at once on this machine (docs/scaling.md)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that does the runs instead")
    with reported("repro"):
        main(**vars(parser.parse_args()))
