"""The runs of a grid at once, each in a copy of the pipeline's files, into one cache: `dvc repro` finds them done.

Whoever computes them is handed in as `workers`: this machine (see `processes`) or a cluster (see cluster.py).
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from scripts import shell
from scripts.progress import Progress
from stages import params
from stages.download.npm import locked
from stages.errors import InputError

FIRST = ("configure", "download", "split", "select")
"""What every run begins with. In this order and one by one, or else DVC chooses an order for dvc.lock."""
STAGES = ("train", "evaluate", "interventions")
"""What concerns one run alone, by itself or through what stands before it."""
FILES = ("dvc.yaml", "dvc.lock", "params.yaml", ".dvcignore", ".dvc/config", ".dvc/config.local")
LINES = 15
"""The last ones of its output that are shown of a run that failed."""

MOST_WITH_ONE_CORE = 4
"""Runs. On two cores, two runs with a core each take less time than one after the other, in almost twice the memory
(benchmarks/results/jobs.md): more than a gigabyte a run, hence no more than these."""


class Workers(NamedTuple):
    """Who computes runs, for one grid. shared: a folder that all see, until no run is left on this machine. submit: has
    `produce` called somewhere for each of these runs."""

    shared: Path
    submit: Callable[[Sequence[str]], list["Future[list[str]]"]]


def at_once(given: str) -> int:
    """How many runs at once JOBS names; where it is empty one a core, up to MOST_WITH_ONE_CORE, or else one for every
    two cores."""
    if not given:
        return max(min(cores(), MOST_WITH_ONE_CORE), cores() // 2)
    if not (given.isascii() and given.isdecimal() and int(given)):
        raise InputError(f"expected JOBS to be how many runs to do at once, such as JOBS=2, got JOBS={given}.")
    return int(given)


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def processes(jobs: int) -> Iterator[Workers]:
    """So many at once on this machine, each with its share of the cores; where the body fails they are interrupted."""
    stop = threading.Event()
    with temporary() as shared, ThreadPoolExecutor(jobs) as threads:

        def submit(names: Sequence[str]) -> list["Future[list[str]]"]:
            do = partial(produce, shared=str(shared), checkout=os.getcwd(), stopped=stop.wait)
            return [
                threads.submit(do, name, TF_NUM_INTEROP_THREADS=str(share))
                for name, share in zip(names, shares(len(names), jobs), strict=True)
            ]

        try:
            yield Workers(shared, submit)
        except BaseException:
            stop.set()
            threads.shutdown(cancel_futures=True)
            raise


def shares(count: int, jobs: int) -> list[int]:
    """The cores of each of so many runs, `jobs` at once; the last ones, where fewer are left, divide all among them."""
    last = count % jobs
    return [max(1, cores() // together) for together in [jobs] * (count - last) + [last] * last]


def compute(folder: Path, workers: Workers) -> None:
    """Have all runs of the grid of `folder` in its cache, whose first stages are done; says of each how it went.

    Raises InputError with the names of those that failed, when the others are done.
    """
    due = epochs_of_due(folder)
    snapshot(folder, workers.shared / "source")
    tasks = dict(zip(workers.submit(list(due)), due, strict=True))
    with Progress(due, workers.shared) as progress:
        failed = sorted(name for name, task in _finished(tasks, progress) if _said(name, task, progress))
    if failed:
        raise InputError(f"failed: {', '.join(failed)}; see above. All others are done. The same command continues.")


def compute_experiment(settings: Sequence[str], workers: Workers) -> None:
    """The same for the grid that the last commit has with these settings, as for `dvc exp run -S`.

    That command itself would look for files that params.yaml names in the clone.
    """
    from dvc.exceptions import DvcException
    from dvc.utils.cli_parse import to_path_overrides
    from dvc.utils.hydra import apply_overrides

    with temporary() as clone:
        shell.git("clone", "--quiet", ".", str(clone))
        shell.dvc("cache", "dir", "--local", cache(), folder=clone)
        shell.dvc("checkout", "--quiet", "--allow-missing", folder=clone)
        try:
            for path, overrides in to_path_overrides(settings).items():
                apply_overrides(clone / path, overrides)
        except DvcException as error:
            raise InputError(f"{error}: {error.__cause__}") from None
        shell.watched(*shell.DVC, "repro", "--single-item", *FIRST, folder=clone, DVC_ROOT=os.getcwd())
        compute(clone, workers)


@contextmanager
def temporary() -> Iterator[Path]:
    """A folder beside the cache, on its disk, which all machines of a cluster see; those of killed processes go."""
    place = Path(".dvc/tmp").absolute()
    place.mkdir(exist_ok=True)
    for leftover in place.glob("grid-*"):
        with suppress(OSError), locked(leftover):
            shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(prefix="grid-", dir=place) as folder, ExitStack() as stack:
        with suppress(OSError):  # some file systems have no locks on folders; there, leftovers stay
            stack.enter_context(locked(folder))
        yield Path(folder)


def cache() -> str:
    return shell.dvc("cache", "dir").strip()


def epochs_of_due(folder: Path) -> dict[str, int]:
    """The epochs of each run of which a stage is to be done, by its name, in the grid's order."""
    status, grid = json.loads(shell.dvc("status", "--json", folder=folder)), params.read(folder / "params.yaml")
    epochs = {f"{name}-{seed}": grid.settings(name).epochs for name in grid.networks for seed in grid.seeds}
    return {run: count for run, count in epochs.items() if any(f"{stage}@{run}" in status for stage in STAGES)}


def snapshot(folder: Path, source: Path) -> None:
    """Copy what the runs are made of: an edit in `folder` meanwhile reaches none of them."""
    (source / ".dvc").mkdir(parents=True)
    shutil.copytree(folder / "stages", source / "stages", ignore=shutil.ignore_patterns("__pycache__", ".tmp-*"))
    for name in FILES:
        with suppress(FileNotFoundError):
            shutil.copy2(folder / name, source / name)
    shell.git("init", "--quiet", folder=source)
    shell.dvc("cache", "dir", "--local", cache(), folder=source)


def _finished(tasks: dict["Future[list[str]]", str], progress: Progress) -> Iterator[tuple[str, "Future[list[str]]"]]:
    """Each run's name and task as it ends; the progress is shown meanwhile."""
    waiting = set(tasks)
    while waiting:
        ended, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
        progress.look()
        yield from ((tasks[task], task) for task in ended)


def _said(name: str, task: "Future[list[str]]", progress: Progress) -> bool:
    """Say how a run went; returns whether it failed."""
    problem = task.exception()
    progress.end(name, f"failed: {problem}" if problem else f"{', '.join(task.result()) or 'nothing'} ran")
    return problem is not None


# What follows runs on the machines of a cluster too. They get it by value, and need not have the project's modules.


def produce(
    run: str,
    shared: str,
    checkout: str,
    own_disk: bool = False,
    stopped: Callable[[float], object] = time.sleep,
    versions: dict[str, str] | None = None,
    **variables: str,
) -> list[str]:
    """Have one run of the grid in the cache; returns which of its stages ran, none if the cache had them.

    shared: the folder with the source, to which the output is written. checkout: the user's. own_disk: whether the copy
    lies in the machine's own temporary folder. stopped: waits for so many seconds, and says whether to give up.
    versions: of packages, as they must be. variables: of the environment.

    Raises RuntimeError with the end of what a command that failed has printed, or with the packages.
    """
    if versions and installed(versions) != versions:
        raise RuntimeError(f"expected a worker with {versions}, this one has {installed(versions)}")
    # Checkpoints lie in the checkout, where another worker, or the same command later, finds them.
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | variables | {"PATH": paths, "DVC_ROOT": checkout, "PYTHONUNBUFFERED": "1"}
    dvc, last = (sys.executable, "-m", "dvc"), f"interventions@{run}"
    log = Path(shared, f"{run}.log")
    with tempfile.TemporaryDirectory(dir=None if own_disk else shared) as folder:
        copy = Path(folder, "nicknets")
        shutil.copytree(Path(shared, "source"), copy)
        for command in (
            (*dvc, "checkout", "--quiet", "--allow-missing", "--with-deps", last),
            (*dvc, "repro", last),
        ):
            with log.open("wb") as output:
                done = attempt(command, stopped, cwd=copy, env=environment, stdout=output, stderr=subprocess.STDOUT)
            said = log.read_text(encoding="utf-8", errors="replace").splitlines()
            if done:
                raise RuntimeError("\n".join([f"exit code {done}, after", *said[-LINES:]]))
    return [line.split("'")[1].split("@")[0] for line in said if line.startswith("Running stage ")]


def attempt(command: Sequence[str], stopped: Callable[[float], object], **options: object) -> int:
    """The exit code of a command; where it is to give up, it and all that it started are interrupted, and awaited."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0, **options)  # type: ignore[call-overload]
    while process.poll() is None:
        if stopped(0.1):
            os.killpg(process.pid, signal.SIGINT)
            break
    return int(process.wait())


def installed(packages: Iterable[str]) -> dict[str, str]:
    return {package: version(package) for package in packages}
