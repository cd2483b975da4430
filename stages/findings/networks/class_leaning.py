"""Which errors come from a run's leaning to some classes? (docs/analysis.md, section 1)"""

import numpy as np
from scipy.special import softmax

from stages.findings.finding import Figure, Style, associated, few_classes, picture
from stages.findings.finding import probabilities as known
from stages.statistics import crossfit
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table

TEMPERATURES = (1, 1 / 3, 1 / 9, 1 / 27)
"""The last is so small that averaged probabilities are nearly shares of answers."""
STEPS = 50
LEAST = 2.2e-16
"""As in the loss: a probability of 0 has no logarithm."""


def rows(sample: Sample) -> list[Row]:
    classes, folds = len(sample.class_names), crossfit.folds(sample)
    truth = np.bincount(sample.labels, minlength=classes) / len(sample.labels)
    balanced = []
    leanings: dict[tuple[str, int | None], list[float]] = {}
    for run, probabilities in zip(sample.runs, sample.by_run(sample.probabilities), strict=True):
        logs = np.log(np.maximum(probabilities.astype(float), LEAST))
        answers = np.empty(len(logs), int)
        for fitted, counted in folds:
            answers[counted] = (logs[counted] + shifts(logs[fitted], sample.labels[fitted])).argmax(axis=1)
        before = probabilities.argmax(axis=1)
        both = [np.bincount(given, minlength=classes) / len(answers) for given in (before, answers)]
        leanings[run.network, run.seed] = [float(np.abs(shares - truth).sum() / 2) for shares in both]
        balanced.append(answers == sample.labels)
    for network in sample.networks:
        of_seeds = [leanings[network, seed] for seed in sample.seeds]
        leanings[network, None] = [float(value) for value in np.mean(of_seeds, axis=0)]
    table = crossfit.repairs(sample, sample.by_run(sample.right), np.array(balanced))
    return [row | dict(zip(LEANING, leanings[row["network"], row["seed"]], strict=True)) for row in table]


def shifts(logs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """float64 (classes,), added to the logarithms of probabilities (n, classes), balances the answers; mean 0.

    labels: uint8 (n,), whose classes' shares the answers get, as nearly as a common shift can do.

    >>> logs = np.log([[0.9, 0.1], [0.6, 0.4]])
    >>> low, high = shifts(logs, np.array([0, 1]))
    >>> bool(np.log(1.5) < high - low < np.log(9))
    True
    """
    shift = np.zeros(logs.shape[1])
    if len(labels) == 0:
        return shift
    truth = np.maximum(np.bincount(labels, minlength=len(shift)) / len(labels), LEAST)
    for temperature in TEMPERATURES:
        for _ in range(STEPS):
            shares = softmax((logs + shift) / temperature, axis=1).mean(axis=0)
            shift = shift + temperature * np.log(truth / np.maximum(shares, LEAST))
            shift -= shift.mean()
    return shift


def needs(sample: Sample) -> str:
    return known(sample) or few_classes(sample)


@picture("What a leaning to classes costs", "A mark is a run: the further right, the more one-sided.")
def draw(table: Table, style: Style) -> Figure:
    """Leaning of every run before, against what balancing gains."""
    figure = style.figure(3.4)
    axes = figure.subplots()
    runs = [row for row in table.rows if row["seed"] is not None]
    networks = list(dict.fromkeys(row["network"] for row in runs))
    for place, network in enumerate(networks):
        rows = [row for row in runs if row["network"] == network]
        places = [row["leaning"] for row in rows]
        look = {"color": style.colour(place)}
        axes.vlines(places, [row["low_images"] for row in rows], [row["high_images"] for row in rows], **look)
        look |= {"linestyle": "none", "marker": style.marker(place), "label": style.short(network, 24)}
        axes.plot(places, [row["value"] for row in rows], **look)
    axes.axhline(0, color=style.INK, linewidth=0.8, zorder=0.5)
    style.percent_axis(axes.xaxis, "leaning: answers to be given to other classes")
    style.percent_axis(axes.yaxis, "accuracy gained by balance")
    axes.grid(axis="y")
    style.legend_above(figure, axes)
    return figure


LEANING = {
    "leaning": Column(float, "half the sum over classes of |share of the answers - share of the images|, 0..1"),
    "leaning_balanced": Column(float, "the same after the shifts that were fitted on the other half"),
}

FINDING = associated(
    globals(),
    caption="Answers beside those with a shift for each class that balances them. Shifts are fitted on one half of the "
    "held-out images and counted on the other, both ways. Intervals: bootstrap over images, t over seeds.",
    columns={**crossfit.REPAIRS, **LEANING},
)
