"""The grid of params.yaml as a user would run it, beside stock Keras: python -m benchmarks.grid.

`dvc repro` in a clone of the last commit, with a cache of its own; a stage takes from its start to the next one's. Then
each network as anyone would write it in Keras, model.fit on the same images with the held-out ones watched, for few
epochs: the last one stands for all that follow. CIFAR10_ARCHIVE names the images where they are at hand. Learning
steps: what the steps of the train stage, timed by themselves after each training, take for all images of all epochs.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import yaml

from benchmarks import report
from benchmarks.workers import Worker
from scripts import shell
from stages import params

STEPS, BATCH = 30, 128


def main(dataset, epochs, stock_epochs):
    with tempfile.TemporaryDirectory() as folder:
        shell.git("clone", "--quiet", ".", folder)
        grid = set_parameters(Path(folder), {"dataset": dataset, "epochs": epochs})
        seconds, learning = {}, {}
        for network in grid.networks:
            seconds |= repro(folder, f"train@{network}-{grid.seeds[0]}")
            learning[network] = np.load(Path(folder, "data/split/training.npy")).size * epochs * step(network)
        seconds |= repro(folder)
        stock = {network: fitted(network, folder, stock_epochs) for network in grid.networks}
    rows = []
    for network in grid.networks:
        first, *_, last = stock[network]
        rows.append(
            [network, first + (epochs - 1) * last, seconds[f"train@{network}-{grid.seeds[0]}"], learning[network]]
        )
    rows.append(["whole grid", sum(row[1] for row in rows), sum(seconds.values()), sum(learning.values())])
    report.write("grid.md", text(rows, others(seconds), dataset, epochs, stock_epochs))


def text(rows, others, dataset, epochs, stock_epochs):
    header = ["", "stock Keras, s", "this project, s", "ratio", "of it learning steps"]
    shown = [
        [name, f"{stock:,.0f}", f"{ours:,.0f}", f"{stock / ours:.1f}", f"{steps / ours:.0%}"]
        for name, stock, ours, steps in rows
    ]
    return (
        "# The grid, from an empty cache\n\n"
        f"Machine: {report.machine()}. {epochs} epochs ({dataset}), seed 0. Stock Keras: training alone, extrapolated "
        f"from {stock_epochs} epochs. This project: the train stages; in the last row all of `dvc repro`. Command: "
        "`python -m benchmarks.grid`.\n\n"
        + report.markdown_table(header, shown)
        + "\nThe other stages:\n\n"
        + report.markdown_table(["stage", "s"], [[stage, f"{seconds:,.0f}"] for stage, seconds in others.items()])
    )


def set_parameters(folder, changes):
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    return params.read(path)


def repro(folder, *targets):
    """{stage: seconds} of the stages that `dvc repro` runs; what comes before the first one is part of it."""
    names, times = [], [time.perf_counter()]

    def seen(line):
        print(line, flush=True)
        if line.startswith("Running stage "):
            names.append(line.split("'")[1])
            times.append(time.perf_counter())

    shell.watched(*shell.DVC, "repro", *targets, folder=folder, line=seen, DVC_ROOT=folder, PYTHONUNBUFFERED="1")
    return dict(zip(names, np.diff([times[0], *times[2:], time.perf_counter()]), strict=True))


def others(seconds):
    """{stage: seconds}, those of all runs together, without train."""
    found = Counter()
    for name, taken in seconds.items():
        found[name.split("@")[0]] += taken
    return {stage: taken for stage, taken in found.items() if stage != "train"}


def step(network):
    """Seconds an image of the train stage's step, timed by itself."""
    asked = {"what": "training", "network": network, "size": BATCH}
    with Worker(sys.executable, "-m", "benchmarks.keras_worker", "ours") as worker:
        worker.ask(**asked, steps=3)
        return statistics.median(worker.ask(**asked, steps=STEPS)["seconds"]) / BATCH


def fitted(network, folder, epochs):
    with Worker(sys.executable, "-m", "benchmarks.keras_worker", "stock") as worker:
        return worker.ask(what="fitting", network=network, folder=folder, epochs=epochs)["seconds"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grid", description=__doc__.split("\n\n")[0])
    parser.add_argument("--dataset", default="cifar10", choices=("cifar10", "digits"))
    parser.add_argument("--epochs", type=int, default=30, metavar="N")
    parser.add_argument("--stock-epochs", type=int, default=2, metavar="N")
    main(**vars(parser.parse_args()))
