"""Time and memory of `make why`: python -m benchmarks.own_predictions [RUNS IMAGES CLASSES].

Writes made-up predictions, then runs `python -m scripts.why` on them in a process of its own; the peak is getrusage's
ru_maxrss. With three numbers, that size alone, and nothing is written to results.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import report

SIZES = {(30, 10_000, 10): (60, 2), (5, 50_000, 1000): (300, 8)}
"""Runs, images and classes; the seconds and GB that they may take."""
NETWORKS = {30: 10}
"""Of so many runs; else every run is a network of its own."""


def write(folder, runs, images, classes):
    """Logits in which the true class leads by an amount of the image and of the run."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(images) % classes)
    ease = rng.normal(3.5, 2, images)
    networks = NETWORKS.get(runs, runs)
    settings = []
    for network in range(networks):
        settings.append(f"network{network}: {{depth: {10 + network}}}\n")
        for seed in range(runs // networks):
            logits = rng.normal(0, 1, (images, classes)).astype(np.float32)
            logits[np.arange(images), labels] += ease + rng.normal(0, 1, images) + network / 10
            (folder / f"network{network}").mkdir(exist_ok=True)
            np.savez(folder / f"network{network}" / f"{seed}.npz", labels=labels, logits=logits)
    (folder / "settings.yaml").write_text("".join(settings), encoding="utf-8")


def measured(runs, images, classes):
    """Seconds, and peak resident GB, of the command."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "predictions")
        folder.mkdir()
        write(folder, runs, images, classes)
        start = time.monotonic()
        command = [sys.executable, "-m", "scripts.why", folder, "--output", Path(temporary, "why")]
        subprocess.run(command, check=True)
        seconds = time.monotonic() - start
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20


def main(*size):
    rows = []
    for runs, images, classes in [tuple(map(int, size))] if size else SIZES:
        seconds, peak = measured(runs, images, classes)
        print(f"{runs} runs x {images:,} images x {classes:,} classes: {seconds:.0f} s, {peak:.1f} GB")
        most = "{} s, {} GB".format(*SIZES.get((runs, images, classes), ("-", "-")))
        rows.append([runs, f"{images:,}", f"{classes:,}", f"{seconds:.0f} s", f"{peak:.1f} GB", most])
    if not size:
        report.write(
            "own_predictions.md",
            "# `make why`: predictions made elsewhere\n\n"
            f"Machine: {report.machine()}. Command: `python -m benchmarks.own_predictions`.\n\n"
            + report.markdown_table(["runs", "images", "classes", "time", "peak memory", "at most"], rows),
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
