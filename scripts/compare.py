"""Print the networks of the workspace side by side, one row a run, as a Markdown table.

python -m scripts.compare
"""

import json

from stages import artifacts, params
from stages.errors import InputError, reported

COLUMNS = ("held_out_accuracy", "held_out_precision", "held_out_loss", "train_accuracy", "test_accuracy")


def table(rows: list[list[str]]) -> str:
    """Markdown of rows of cells, the first being the header; the first column is aligned left, the others right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) + " |" for row in rows]
    rule = "| " + " | ".join(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def rows(everything: params.Params, metrics: dict[tuple[str, int], dict]) -> list[list[str]]:
    """Cells of the comparison: header, then one row a run; metrics: what artifacts.metrics_path holds, by run."""
    header = ["network", "seed", "optimizer", "kernel"]
    header += [name.replace("held_out", "held-out").replace("_", " ") for name in COLUMNS]
    return [header] + [
        [
            network,
            str(seed),
            everything.network(network).optimizer,
            f"{everything.network(network).kernel_size}x{everything.network(network).kernel_size}",
            *(f"{values[name]:.3f}" for name in COLUMNS),
        ]
        for (network, seed), values in metrics.items()
    ]


def read(network: str, seed: int) -> dict:
    """The scores of one run; InputError where it has not been evaluated."""
    path = artifacts.metrics_path(network, seed)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} is missing. Run `dvc repro` first.") from None


def main() -> None:
    everything = params.read()
    metrics = {(network, seed): read(network, seed) for network in everything.networks for seed in everything.seeds}
    print(table(rows(everything, metrics)))
    sizes = next(iter(metrics.values()))
    print(
        f"\n{sizes['train_images']} training, {sizes['held_out_images']} held-out, {sizes['test_images']} test images"
    )


if __name__ == "__main__":
    with reported("compare"):
        main()
