"""Runs of a grid one after the other and side by side: python -m benchmarks.jobs.

The networks of params.yaml, with few epochs, are trained, evaluated and asked again with new seeds in each round, once
for each number of runs at once, in a clone of the last commit with a cache of its own. CIFAR10_ARCHIVE names the images
where they are at hand. Memory is the resident memory of all processes together, looked at every fifth of a second.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
import yaml

from benchmarks import report
from scripts import runs, shell

CODE = "from pathlib import Path; from scripts import runs\nwith runs.processes({}) as s: runs.compute(Path(), s)"


def main(jobs, rounds, epochs, seeds, dataset):
    rates, peaks = {n: [] for n in jobs}, {n: 0.0 for n in jobs}
    with tempfile.TemporaryDirectory() as folder:
        shell.git("clone", "--quiet", ".", folder)
        for number in range(rounds * len(jobs)):
            at_once = jobs[number % len(jobs)]
            grid = set_parameters(Path(folder), epochs, range(number * seeds, (number + 1) * seeds), dataset)
            shell.watched(*shell.DVC, "repro", "--single-item", *runs.FIRST, folder=folder, DVC_ROOT=os.getcwd())
            seconds, peak = measure(at_once, folder)
            rates[at_once].append(grid / seconds * 3600)
            peaks[at_once] = max(peaks[at_once], peak)
    first = rates[jobs[0]]
    rows = []
    for n in jobs:
        ratio = statistics.median(a / b for a, b in zip(rates[n], first, strict=True))
        rows.append([n, f"{statistics.median(rates[n]):,.1f}", f"{ratio:.2f}", f"{peaks[n] / 2**20:,.0f}"])
    header = ["JOBS", "runs an hour", f"times JOBS={jobs[0]}", "peak memory, MiB"]
    report.write(
        "jobs.md",
        "# Runs of a grid side by side\n\n"
        f"Machine: {report.machine()}. Runs of {epochs} epochs ({dataset}), each network with {seeds} new seeds in "
        f"each of {rounds} rounds, medians. Command: `python -m benchmarks.jobs`.\n\n"
        + report.markdown_table(header, rows),
    )


def set_parameters(folder, epochs, seeds, dataset):
    """How many runs the grid then has."""
    path = folder / "params.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content |= {"epochs": epochs, "seeds": list(seeds), "dataset": dataset}
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return len(content["networks"]) * len(seeds)


def measure(at_once, folder):
    """Seconds that the grid takes, and bytes that all its processes hold at their peak."""
    start, peak = time.perf_counter(), 0
    with subprocess.Popen([sys.executable, "-c", CODE.format(at_once)], cwd=folder, env=shell.environment()) as process:
        while process.poll() is None:
            peak = max(peak, memory(psutil.Process(process.pid)))
            time.sleep(0.2)
    if process.returncode:
        raise SystemExit("benchmarks.jobs: the runs failed; see above.")
    return time.perf_counter() - start, peak


def memory(process):
    held = 0
    with suppress(psutil.NoSuchProcess):
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                held += each.memory_info().rss
    return held


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jobs", description=__doc__.split("\n\n")[0])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--rounds", type=int, default=2, metavar="N")
    parser.add_argument("--epochs", type=int, default=2, metavar="N")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="of each network, in each round")
    parser.add_argument("--dataset", default="cifar10", choices=("cifar10", "digits"))
    main(**vars(parser.parse_args()))
