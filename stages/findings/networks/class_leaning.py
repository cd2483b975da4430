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
GROUPS = 5
"""Of the images of each half, for the interval over new images."""
LEAST = 2.2e-16
"""As in the loss: a probability of 0 has no logarithm."""


def rows(sample: Sample) -> list[Row]:
    labels, before = sample.labels, sample.by_run(sample.predicted)
    after, parts = (
        np.concatenate(each) for each in zip(*(rebalanced(sample, name) for name in sample.networks), strict=True)
    )
    table = crossfit.repairs(sample, before == labels, after == labels, parts, crossfit.over_groups)
    truth = shares(labels, len(sample.class_names))
    leanings = {}
    for name, answers in zip(LEANING, (before, after), strict=True):
        leaning = np.abs(shares(answers, len(truth)) - truth).sum(axis=1) / 2
        leanings[name] = leaning.reshape(sample.right.shape[:2])
    for row in table:
        seeds = slice(None) if row["seed"] is None else sample.seeds.index(row["seed"])
        place = sample.networks.index(row["network"]), seeds
        row |= {name: float(leaning[place].mean()) for name, leaning in leanings.items()}
    return table


def rebalanced(sample: Sample, network: str) -> tuple[np.ndarray, np.ndarray]:
    """The answers with shifts of a network's S runs, int (S, N); float (S, 2, GROUPS), see of_groups."""
    place, labels, folds = sample.networks.index(network), sample.labels, crossfit.folds(sample)
    logs = np.log(np.maximum(sample.probabilities[place].astype(float), LEAST))
    after = np.empty(logs.shape[:2], int)
    for fitted, counted in folds:
        after[:, counted] = balanced(logs[:, counted], shifts(logs[:, fitted], labels[fitted]))
    changes = (after == labels).astype(float) - sample.right[place]
    return after, np.stack([of_groups(logs, labels, changes, *fold) for fold in folds], axis=1)


def balanced(logs: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The answers (S, n) with the shifts (S, classes)."""
    return (logs + shift[:, None]).argmax(axis=2)


def shares(answers: np.ndarray, classes: int) -> np.ndarray:
    """Shares of the classes (..., classes) among answers (..., n)."""
    return np.stack([(answers == place).mean(axis=-1) for place in range(classes)], axis=-1)


def of_groups(
    logs: np.ndarray, labels: np.ndarray, changes: np.ndarray, fitted: np.ndarray, counted: np.ndarray
) -> np.ndarray:
    """What each of GROUPS groups of the fitted images adds to the value, float (S, GROUPS).

    The mean of its own changes (S, N); and what shifts fitted on it alone gain on the counted images, as a deviation
    from the mean over groups: to first order, the shift of all groups together is the mean of theirs.
    """
    groups = fitted[: len(fitted) // GROUPS * GROUPS].reshape(GROUPS, -1)
    each = shifts(logs[:, groups], labels[groups]).swapaxes(0, 1)
    gained = np.stack([(balanced(logs[:, counted], shift) == labels[counted]).mean(axis=1) for shift in each], axis=1)
    return changes[:, groups].mean(axis=2) + gained - gained.mean(axis=1, keepdims=True)


def shifts(logs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """float64 (..., classes), added to logarithms of probabilities (..., n, classes), balance the answers; mean 0.

    labels: (n,) or (groups, n), whose classes' shares the answers get, as nearly as a common shift can do.

    >>> logs = np.log([[0.9, 0.1], [0.6, 0.4]])
    >>> low, high = shifts(logs, np.array([0, 1]))
    >>> bool(np.log(1.5) < high - low < np.log(9))
    True
    """
    shift = np.zeros((*logs.shape[:-2], logs.shape[-1]))
    truth = np.maximum(shares(labels, logs.shape[-1]), LEAST)
    for temperature in TEMPERATURES:
        for _ in range(STEPS):
            given = softmax((logs + shift[..., None, :]) / temperature, axis=-1).mean(axis=-2)
            shift = shift + temperature * np.log(truth / np.maximum(given, LEAST))
            shift -= shift.mean(axis=-1, keepdims=True)
    return shift


def needs(sample: Sample) -> str:
    return known(sample) or few_classes(sample) or few_images(sample)


def few_images(sample: Sample) -> str:
    least = 2 * GROUPS
    return "" if len(sample.labels) >= least else f"needs {least} images or more"


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
        ends = [
            (row["leaning"], row["low_images"], row["high_images"]) for row in rows if row["low_images"] is not None
        ]
        axes.vlines(*np.reshape(ends, (-1, 3)).T, **look)
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
    "held-out images and counted on the other, both ways. Intervals: t, over groups of images that fit again, and over "
    "seeds.",
    columns={**crossfit.REPAIRS, **LEANING},
)
