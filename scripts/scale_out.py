"""Do all that concerns one run of the grid as tasks of a Dask cluster; `dvc repro` then finds them done.

A task clones the last commit into a temporary folder and reproduces one run there, into this checkout's cache. So every
machine must see this checkout and its cache under the same path, and have the packages of requirements.lock.

python -m scripts.scale_out --workers 2
python -m scripts.scale_out --scheduler tcp://HOST:8786
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from distributed import Client, as_completed, get_worker

from stages import params
from stages.errors import InputError, reported

SOURCES = ("dvc.yaml", "params.yaml", "stages")
PACKAGES = ("dvc", "keras", "numpy", "scikit-learn", "tensorflow")
"""What the bytes of a run depend on, beside the commit and the processor."""
DVC = (sys.executable, "-m", "dvc")


def main(scheduler: str | None, workers: int | None) -> None:
    grid, commit = runs(), committed()
    with client(scheduler, workers) as cluster:
        share_first_stages()
        cache = output(*DVC, "cache", "dir").strip()
        where = {"checkout": os.getcwd(), "commit": commit, "cache": cache}
        failed = compute(cluster, grid, **where, versions=installed(PACKAGES))
    if failed:
        raise InputError(f"failed: {', '.join(failed)}; see above. The same command continues.")
    print("Now `dvc repro` takes these runs from the cache.")


def runs() -> list[str]:
    """The stages of the grid that need no other run of it: the last one of each run."""
    grid = params.read()
    return [f"interventions@{network}-{seed}" for network in grid.networks for seed in grid.seeds]


def committed() -> str:
    """The last commit, which is all that the workers get; InputError if the code or the parameters differ from it."""
    try:
        changed = output("git", "status", "--porcelain", "--", *SOURCES)
        commit = output("git", "rev-parse", "HEAD").strip()
    except RuntimeError as error:
        raise InputError(f"expected a Git checkout with a commit. {error}") from None
    if changed:
        raise InputError(f"the workers get the last commit; commit first what differs from it:\n{changed}")
    return commit


def client(scheduler: str | None, workers: int | None) -> Client:
    """Of the cluster at an address, or of one of so many processes on this machine that ends with the client."""
    local = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": ":0"}
    try:
        found = Client(scheduler) if scheduler else Client(**local)
        found.wait_for_workers(1, timeout=30)
    except (OSError, ValueError) as error:
        raise InputError(f"expected workers at {scheduler or 'this machine'}, as --help says; {error}") from None
    return found


def share_first_stages() -> None:
    """Do here, once, what every run begins with; it would download the images else on each machine."""
    if subprocess.run([*DVC, "repro", "select"]).returncode:
        raise InputError("`dvc repro select` failed; see above.")


def compute(cluster: Client, grid: list[str], **settings: object) -> list[str]:
    """Have all runs produced, and say of each how it went; returns those that failed, sorted."""
    tasks = {cluster.submit(produce, run, **settings, pure=False): run for run in grid}
    for task in as_completed(tasks):
        print(f"{tasks[task]}: {task.exception() or task.result()}", flush=True)
    return sorted(run for task, run in tasks.items() if task.exception())


# What follows runs on the workers too. They get it by value, and need not have the project's modules.


def produce(run: str, checkout: str, commit: str, cache: str, versions: dict[str, str]) -> str:
    """Have one run of the grid in the cache; returns where it was done and which stages ran, none if the cache had it.

    Raises RuntimeError with what a command that failed has printed, or with the packages that are not as in `versions`.
    """
    if installed(versions) != versions:
        raise RuntimeError(f"expected a worker with {versions}, this one has {installed(versions)}")
    with tempfile.TemporaryDirectory() as clone:
        output("git", "clone", "--quiet", "--no-checkout", checkout, clone)
        output("git", "checkout", "--quiet", "--detach", commit, folder=clone)
        output(*DVC, "cache", "dir", "--local", cache, folder=clone)
        # So that checkpoints outlive the clone and the worker: another worker continues from them.
        said = output(*DVC, "repro", run, folder=clone, DVC_ROOT=checkout)
    ran = [line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")]
    return f"{', '.join(ran) or 'nothing'} ran on worker {get_worker().name}"


def installed(packages: Iterable[str]) -> dict[str, str]:
    return {package: version(package) for package in packages}


def output(*command: str, folder: str = ".", **variables: str) -> str:
    """What a command prints on standard output; RuntimeError with all that it prints if it fails."""
    # The stages' `python` is this interpreter, also where its environment is not active.
    variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(command, cwd=folder, env=os.environ | variables, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--scheduler", metavar="ADDRESS", help="of a running Dask cluster")
    place.add_argument("--workers", type=int, metavar="N", help="processes on this machine")
    with reported("scale_out"):
        main(**vars(parser.parse_args()))
