"""How do the optimizers compare when they fit the training images equally well? (docs/analysis.md, section 3)

The training loss was not set, it came about, so this is associated, not causal.
"""

from collections.abc import Iterator

from stages.findings.finding import SEED, associated
from stages.run import Run
from stages.statistics.fit import between, common_losses, curves, reached
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row


def rows(sample: Sample) -> list[Row]:
    table = []
    for size, a, b in _pairs(sample):
        curves_a, curves_b = (curves(sample.histories[run]) for run in (a, b))
        for level in common_losses(curves_a[0], curves_b[0]):
            epoch_a, epoch_b = reached(curves_a[0], level), reached(curves_b[0], level)
            error_a, error_b = (float(between(each[1], at)) for each, at in ((curves_a, epoch_a), (curves_b, epoch_b)))
            row: Row = {"kernel_size": size, "seed": a.seed, "training_loss": float(level)}
            row |= {"network_a": a.network, "error_a": error_a, "epoch_a": epoch_a}
            row |= {"network_b": b.network, "error_b": error_b, "epoch_b": epoch_b}
            table.append(row | {"difference": error_a - error_b})
    return table


def _pairs(sample: Sample) -> Iterator[tuple[int, Run, Run]]:
    """Kernel size and the runs of both optimizers, for each size that was trained with both, and each seed."""
    grid = sample.grid
    for size in grid.kernel_sizes:
        networks = [grid.cells[optimizer, size] for optimizer in grid.optimizers if (optimizer, size) in grid.cells]
        if len(networks) == len(grid.optimizers) == 2:
            for seed in grid.seeds:
                yield size, Run(networks[0], seed), Run(networks[1], seed)


def needs(sample: Sample) -> str:
    if not sample.histories:
        return "there are no histories of the training"
    pairs, refusals = list(_pairs(sample)), limits(sample)
    if not pairs:
        return sample.grid.problem or "no two networks differ in the optimizer alone"
    return "; ".join(refusal.reason for refusal in refusals) if len(refusals) == len(pairs) else ""


def limits(sample: Sample) -> list[Refusal]:
    return [
        Refusal(
            "optimizers at the same training loss",
            f"{a.network} and {b.network}, seed {a.seed}, never had the same training loss",
        )
        for _, a, b in _pairs(sample)
        if not len(common_losses(*(curves(sample.histories[run])[0] for run in (a, b))))
    ]


FINDING = associated(
    globals(),
    caption="Held-out error of both optimizers when they first reach the same training loss, interpolated between "
    "epochs. Descriptive, without intervals.",
    columns={
        "kernel_size": Column(int, "of both networks, pixels"),
        "seed": SEED,
        "training_loss": Column(float, "that both reach: cross entropy, nats an image, mean over an epoch"),
        "network_a": Column(str, "with the first optimizer by the alphabet"),
        "error_a": Column(float, "its held-out error rate at this training loss, 0..1"),
        "epoch_a": Column(float, "when it first reaches this training loss, from 1"),
        "network_b": Column(str, "with the other optimizer"),
        "error_b": Column(float, "its held-out error rate at this training loss, 0..1"),
        "epoch_b": Column(float, "when it first reaches this training loss, from 1"),
        "difference": Column(float, "error_a - error_b"),
    },
)
