"""Training and inference speed of the networks of params.yaml: stock Keras, this project, PyTorch, side by side.

python -m benchmarks.speed [--torch-python PYTHON] [--rounds N] [--instructions avx2]

Each contender is a process of its own that sleeps while another computes; rounds go through all of them, so that
whatever else the machine does hits all alike. A round's rate is the median of its steps; the table has the median
over rounds, and the median over rounds of the ratio to stock Keras within the round.

With `--instructions avx2`, the libraries that compute (oneDNN, XLA, and MKL and ATen of PyTorch) keep to the vector
instructions of processors without AVX-512; the table is another file.
"""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.workers import Worker
from stages import params

CONTENDERS = {
    "stock": "stock Keras",
    "xla": "stock Keras, XLA",
    "torch": "PyTorch",
    "ours": "this project",
}
SIZES = {"training": 128, "inference": 128}
# YNNPACK and XNNPACK, which XLA multiplies with, know no limit: without them it takes oneDNN, which does.
LIMITS = {
    "avx2": {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"
        " --xla_cpu_experimental_ynn_fusion_type= --xla_cpu_experimental_xnn_fusion_type=",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
    }
}
# Fast contenders take more steps a round.
STEPS = {"stock": 3, "xla": 1, "torch": 2, "ours": 8}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch-python", default=os.environ.get("TORCH_PYTHON"), help="interpreter that has PyTorch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--without", nargs="*", default=[], choices=[name for name in CONTENDERS if name != "ours"], help="to leave out"
    )
    parser.add_argument("--instructions", choices=LIMITS, help="vector instructions to keep to")
    arguments = parser.parse_args()
    everything = params.read()
    settings = {name: everything.network(name).resolved() for name in everything.networks}
    workers = start(arguments, settings)
    rates = measure(workers, list(settings), arguments.rounds)
    versions = [worker.ask(what="versions") for worker in workers.values()]
    for worker in workers.values():
        worker.close()
    limit = arguments.instructions
    report.write(f"speed-{limit}.md" if limit else "speed.md", text(rates, settings, versions, arguments.rounds, limit))


def start(arguments, settings):
    environment = LIMITS.get(arguments.instructions)
    workers = {
        name: Worker(sys.executable, "-m", "benchmarks.keras_worker", name, environment=environment)
        for name in ("stock", "xla", "ours")
        if name not in arguments.without
    }
    if "torch" in arguments.without:
        return workers
    if arguments.torch_python is None:
        print("No PyTorch column: name an interpreter that has PyTorch with --torch-python or TORCH_PYTHON.")
        return workers
    shown = json.dumps({name: one.model_dump() for name, one in settings.items()})
    script = str(Path(__file__).with_name("torch_worker.py"))
    workers["torch"] = Worker(arguments.torch_python, script, shown, environment=environment)
    return workers


def measure(workers, networks, rounds):
    """{(network, what, contender): [images/s of each round]}."""
    rates = {}
    for network in networks:
        for what, size in SIZES.items():
            for worker in workers.values():
                worker.ask(what=what, network=network, size=size, steps=2)  # compiles
            for _ in range(rounds):
                for name, worker in workers.items():
                    seconds = worker.ask(what=what, network=network, size=size, steps=STEPS[name])["seconds"]
                    rates.setdefault((network, what, name), []).append(size / statistics.median(seconds))
    return rates


def median_ratio(ours, others):
    return statistics.median(a / b for a, b in zip(ours, others, strict=True))


def text(rates, settings, versions, rounds, limit):
    names = [name for name in CONTENDERS if any(key[2] == name for key in rates)]
    header = ["network", "kernel", "optimizer", "images/s at", *(CONTENDERS[name] for name in names)]
    header += [f"{CONTENDERS['ours']} / {CONTENDERS[name]}" for name in names if name != "ours"]
    rows = []
    for network, one in settings.items():
        for what, size in SIZES.items():
            medians = [f"{statistics.median(rates[network, what, name]):,.0f}" for name in names]
            ours = rates[network, what, "ours"]
            ratios = [f"{median_ratio(ours, rates[network, what, name]):.1f}" for name in names if name != "ours"]
            kernel = f"{one.kernel_size}x{one.kernel_size}"
            rows.append([network, kernel, one.optimizer, f"{what}, batch {size}", *medians, *ratios])
    limited = f", and keeps to {limit} where a library computes" if limit else ""
    command = "python -m benchmarks.speed" + (f" --instructions {limit}" if limit else "")
    together = {key: value for version in versions for key, value in version.items() if key != "threads"}
    return (
        "# Speed of training and inference\n\n"
        f"Machine: {report.machine()}; every contender uses all of them{limited}. "
        f"{', '.join(f'{key} {value}' for key, value in sorted(together.items()))}; float32; "
        f"median of {rounds} rounds. "
        f"Command: `{command}`.\n\n" + report.markdown_table(header, rows)
    )


if __name__ == "__main__":
    main()
