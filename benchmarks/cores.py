"""One training on one core and on two: python -m benchmarks.cores.

A step learns from the parts of a batch side by side; before and after come the kernels' factors, the sum of the parts'
gradients and the optimizer. One core's time for a step, and for what is outside of the parts, gives what c cores take
at least where only the parts gain: T(c) = outside + ceil(parts / c) x part. Steps on one and on two cores take turns.
"""

import os
import statistics
import sys

from benchmarks import report
from benchmarks.workers import Worker
from stages import params

PARTS, CORES, ROUNDS, STEPS, IMAGES = (2, 4, 8), (2, 4, 8), 7, 6, 128


def main():
    rows = [row(network, parts) for network in params.read().networks for parts in PARTS]
    calculated = [f"{cores} cores, calculated" for cores in CORES]
    header = ["network", "parts", "images/s on 1 core", "on 2", "ratio", "outside of the parts", *calculated]
    report.write(
        "cores.md",
        "# One training on more cores\n\n"
        f"Machine: {report.machine()}. A batch of {IMAGES} images; medians of {ROUNDS} rounds, ratios within a round. "
        "Calculated: times one core, where memory sets no limit and what is outside of the parts of a batch gains "
        "nothing. Command: `python -m benchmarks.cores`.\n\n" + report.markdown_table(header, rows),
    )


def row(network, parts):
    one, two, outside = measure(network, parts)
    ratio = statistics.median(a / b for a, b in zip(one, two, strict=True))
    share = statistics.median(a / b for a, b in zip(outside, one, strict=True))
    speeds = [f"{IMAGES / statistics.median(seconds):,.0f}" for seconds in (one, two)]
    return [network, parts, *speeds, f"{ratio:.2f}", f"{share:.1%}", *(f"{gain(share, parts, n):.2f}" for n in CORES)]


def gain(outside, parts, cores):
    """Times the speed of one core; outside: share of its time.

    >>> gain(0.1, 4, 2), gain(0.0, 4, 8)
    (1.8181818181818181, 4.0)
    """
    return 1 / (outside + (1 - outside) * -(-parts // cores) / parts)


def measure(network, parts):
    """Seconds of a step in each round: on one core, on two, and of what is outside of the parts on one."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    asked = {"network": network, "size": IMAGES, "parts": parts}
    with worker(cores[:1]) as one, worker(cores) as two:
        requests = [(one, "training"), (two, "training"), (one, "outside")]
        rounds = []
        for steps in (3, *[STEPS] * ROUNDS):
            rounds.append(
                [statistics.median(each.ask(what=what, steps=steps, **asked)["seconds"]) for each, what in requests]
            )
    return zip(*rounds[1:], strict=True)


def worker(cores):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)  # what a process starts is restricted as it is
    try:
        return Worker(sys.executable, "-m", "benchmarks.keras_worker", "ours")
    finally:
        os.sched_setaffinity(0, before)


if __name__ == "__main__":
    main()
