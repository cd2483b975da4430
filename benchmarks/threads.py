"""What a fixed number of threads an operation costs: python -m benchmarks.threads.

Results are the same on any number of cores because TF_NUM_INTRAOP_THREADS does not follow it. Training with one thread,
as the stages have it, beside training with more, side by side as in benchmarks.speed.
"""

import statistics
import sys

from benchmarks import report
from benchmarks.workers import Worker
from stages import params
from stages.nicknet import runtime

THREADS, ROUNDS, STEPS, IMAGES = (1, 2, 4), 5, 10, 128


def main():
    workers = {
        threads: Worker(
            sys.executable, "-m", "benchmarks.keras_worker", "ours", environment={runtime.THREADS: str(threads)}
        )
        for threads in THREADS
    }
    rows = []
    for network in params.read().networks:
        rates = measure(workers, network)
        ratios = [statistics.median(a / b for a, b in zip(rates[n], rates[1], strict=True)) for n in THREADS]
        rates = [statistics.median(rates[n]) for n in THREADS]
        rows.append([network, *(f"{r:,.0f} ({ratio:.2f})" for r, ratio in zip(rates, ratios, strict=True))])
    for worker in workers.values():
        worker.close()
    header = ["network", *(f"{n} thread{'s' * (n > 1)}" for n in THREADS)]
    report.write(
        "threads.md",
        "# Training with a fixed number of threads an operation, images/s\n\n"
        f"Machine: {report.machine()}. In brackets the ratio to one thread, median of {ROUNDS} rounds. "
        "Command: `python -m benchmarks.threads`.\n\n" + report.markdown_table(header, rows),
    )


def measure(workers, network):
    """{threads: [images/s of each round]}."""
    rates = {threads: [] for threads in workers}
    for worker in workers.values():
        worker.ask(what="training", network=network, size=IMAGES, steps=3)
    for _ in range(ROUNDS):
        for threads, worker in workers.items():
            seconds = worker.ask(what="training", network=network, size=IMAGES, steps=STEPS)["seconds"]
            rates[threads].append(IMAGES / statistics.median(seconds))
    return rates


if __name__ == "__main__":
    main()
