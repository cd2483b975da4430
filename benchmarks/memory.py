"""Peak resident memory of training, stock Keras against this project: python -m benchmarks.memory.

Each way trains each network for five steps of 128 images in a fresh process; the peak is getrusage's ru_maxrss, given
whole and above what the same process had before it built the network (interpreter and TensorFlow).
"""

import sys

from benchmarks import report
from benchmarks.workers import Worker
from stages import params


def main():
    rows = []
    for network in params.read().networks:
        row = [network]
        for way in ("stock", "ours"):
            with Worker(sys.executable, "-m", "benchmarks.keras_worker", way) as worker:
                before = worker.ask(what="memory")["peak_mib"]
                worker.ask(what="training", network=network, size=128, steps=5)
                peak = worker.ask(what="memory")["peak_mib"]
            row += [f"{peak:,.0f}", f"{peak - before:,.0f}"]
        rows.append(row)
    header = ["network", "stock Keras", "above start", "this project", "above start"]
    report.write(
        "memory.md",
        "# Peak resident memory of training, MiB\n\n"
        f"Machine: {report.machine()}. Five steps of 128 images. Command: `python -m benchmarks.memory`.\n\n"
        + report.markdown_table(header, rows),
    )


if __name__ == "__main__":
    main()
