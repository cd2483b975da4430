"""How much of an image's difficulty do its class and its human votes account for? (docs/analysis.md, section 4)"""

import numpy as np

from stages.findings.finding import associated, few_classes, human_votes, measured, refusals
from stages.statistics import votes
from stages.statistics.intervals import resampled
from stages.statistics.regression import cross_products, dummies, r_squared
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row


def rows(sample: Sample) -> list[Row]:
    products = {name: cross_products(design, _outcome(sample)) for name, design in _designs(sample).items()}
    values = {name: r_squared(each.mean(axis=0)[None]) for name, each in products.items()}
    samples = {name: r_squared(sample.resamples.means(each)) for name, each in products.items()}
    if sample.votes is not None:
        values, samples = values | _shapley(values), samples | _shapley(samples)
    table = []
    for name, (value,) in values.items():
        row = {"predictor": name, "n": len(sample.labels)}
        table.append(row | resampled(value, samples[name], sample.confidence, ("r2", "low", "high")))
    return table


def _outcome(sample: Sample) -> np.ndarray:
    """Mean error over all runs, of each image, float (N,)."""
    return 1 - sample.right_by_cell.mean(axis=(0, 1))


def _designs(sample: Sample) -> dict[str, np.ndarray]:
    """What the error is explained with, float (N, k)."""
    by_class = dummies(sample.labels)
    if sample.votes is None:
        return {"class": by_class}
    by_votes = dummies(votes.dissent(sample.votes, sample.labels))
    both = np.column_stack([by_class, by_votes])
    return {"class": by_class, "human votes": by_votes, "class and human votes": both}


def _shapley(r2: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The R squared of both divided: the mean of what each adds first and last (Lindeman, Merenda and Gold 1980)."""
    both = r2["class and human votes"]
    pairs = (("class", "human votes"), ("human votes", "class"))
    return {f"{name}, Shapley": (r2[name] + both - r2[other]) / 2 for name, other in pairs}


def needs(sample: Sample) -> str:
    return few_classes(sample) or ("" if np.ptp(_outcome(sample)) else "every image has the same mean error")


def limits(sample: Sample) -> list[Refusal]:
    return refusals({"errors explained by human votes": human_votes(sample)})


FINDING = associated(
    globals(),
    caption="Share of the variance, between images, of the mean error over all runs that class and human disagreement "
    "(how many votes differ from the label) explain; the Shapley parts sum to that of both.",
    columns={
        "predictor": Column(str, "what the mean error is explained with; ', Shapley': its part of the r2 of both"),
        **measured("r2", "share of the variance between images, 0..1"),
    },
)
