"""Do the networks miss the same images? (docs/analysis.md, section 2)"""

import numpy as np

from stages.findings.finding import Figure, Style, associated, measured, picture, several_runs
from stages.statistics.intervals import resampled
from stages.statistics.pairs import PAIR, chance_agreement, error_consistency, pairs, resampled_accuracies
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table

MOST_WITH_INTERVALS = 6
"""Runs of which every cell of the matrix has room for its interval."""


def rows(sample: Sample) -> list[Row]:
    right, accuracy_samples = sample.by_run(sample.right), resampled_accuracies(sample)
    agreed = np.stack([right[a] == right[b] for a, b, _ in pairs(sample)], axis=1)
    agreed_samples = sample.resamples.means(agreed)
    accuracies = right.mean(axis=1)
    table = []
    for index, (a, b, pair) in enumerate(pairs(sample)):
        observed = float(agreed[:, index].mean())
        row = pair | {"observed": observed, "expected": float(chance_agreement(accuracies[a], accuracies[b]))}
        row |= {"kappa": None, "low": None, "high": None, "n": len(sample.labels)}
        kappa = error_consistency(observed, accuracies[a], accuracies[b])
        if not np.isnan(kappa):
            samples = error_consistency(agreed_samples[:, index], accuracy_samples[:, a], accuracy_samples[:, b])
            row |= resampled(kappa, samples, sample.confidence, ("kappa", "low", "high"))
        table.append(row)
    return table


@picture(
    "Error consistency of every two runs",
    "1 if exactly the same images, 0 if no more than their accuracies make likely.",
    name="agreement",
)
def draw(table: Table, style: Style) -> Figure:
    """Kappa of every two runs, with its interval where there is room."""
    runs = list(dict.fromkeys(_run(row, side) for row in table.rows for side in "ab"))
    several = len({seed for _, seed in runs}) > 1
    names = [style.short(network, 20) + (f", seed {seed}" if several else "") for network, seed in runs]
    roomy, upright = len(runs) <= MOST_WITH_INTERVALS, len(runs) <= 4
    extent, margin = (1.15 if roomy else 0.5) * (len(runs) - 1), 0.085 * max(map(len, names))
    figure = style.figure(extent + (0.5 if upright else margin * 0.75 + 0.4), max(4.2, 1.06 * extent + margin + 1.6))
    axes = figure.subplots()
    kappa = np.full((len(runs) - 1, len(runs) - 1), np.nan)
    cells = {(runs.index(_run(row, "b")) - 1, runs.index(_run(row, "a"))): row for row in table.rows}
    cells = {cell: row for cell, row in cells.items() if row["kappa"] is not None}
    for cell, row in cells.items():
        kappa[cell] = row["kappa"]
    lowest = min(0.0, np.nanmin(kappa, initial=0.0))
    image = axes.imshow(kappa, cmap=style.colour_map("Purples", "white"), vmin=lowest, vmax=1)
    turned = {"rotation": 0, "ha": "center"} if upright else {"rotation": 45, "ha": "right"}
    axes.set_xticks(range(len(runs) - 1), names[:-1], **turned)
    axes.set_yticks(range(len(runs) - 1), names[1:])
    style.no_lines(axes)
    for cell, row in cells.items():
        text = f"{row['kappa']:.2f}" + (f"\n{row['low']:.2f} to {row['high']:.2f}" if roomy else "")
        style.write_cell(axes, cell, text.replace("-", style.MINUS), image.norm(row["kappa"]), 8.5 if roomy else 7)
    bar = figure.colorbar(image, ax=axes, shrink=0.9, fraction=min(0.15, 0.4 / extent))
    bar.outline.set_visible(False)
    bar.set_label("error consistency kappa")
    return figure


def _run(row: Row, side: str) -> tuple[str, int]:
    return row[f"network_{side}"], row[f"seed_{side}"]


FINDING = associated(
    globals(),
    caption="Error consistency of two runs (Geirhos et al. 2020): kappa is 1 when they err on the same images, 0 when "
    "they agree as often as independent networks of their accuracies would; with bootstrap intervals over images.",
    columns={
        **PAIR,
        "observed": Column(float, "share of images on which both are right or both wrong, 0..1"),
        "expected": Column(float, "the same share of independent networks with their accuracies"),
        **measured("kappa", "(observed - expected) / (1 - expected), at most 1; none where expected is 1"),
    },
    needs=several_runs,
)
