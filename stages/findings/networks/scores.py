"""How well does every run classify? (docs/analysis.md, section 1)"""

import numpy as np

from stages.findings.finding import PART, RUN, associated, measured, named, probabilities, refusals
from stages.statistics.intervals import resampled, wilson
from stages.statistics.sample import Sample
from stages.statistics.scores import BINS, class_means, image_means
from stages.statistics.table import Column, Refusal, Row


def rows(sample: Sample) -> list[Row]:
    table = fits(sample.others["training"].trained) if "training" in sample.others else []
    for part in (sample, sample.others.get("test")):
        if part:
            table += [*accuracies(part), *resampled_scores(part)]
    return table


def fits(sample: Sample) -> list[Row]:
    """Accuracy of every run on the images that it learned from, with the classes that it learned, without intervals.

    These are all the images that the run learned, not drawn from others.
    """
    learned = np.broadcast_to(sample.labels, sample.right.shape) if sample.learned_as is None else sample.learned_as
    table = []
    for run, predicted, classes in zip(
        sample.runs, sample.by_run(sample.predicted), sample.by_run(learned), strict=True
    ):
        n = int((classes >= 0).sum())
        row = {**named(run), "part": sample.part, "score": "accuracy"}
        table.append(row | {"value": int((predicted == classes).sum()) / n, "low": None, "high": None, "n": n})
    return table


def accuracies(sample: Sample) -> list[Row]:
    """Accuracy of every run, with Wilson intervals."""
    return [
        {**named(run), "part": sample.part, "score": "accuracy", **wilson(right.sum(), len(right), sample.confidence)}
        for run, right in zip(sample.runs, sample.by_run(sample.right), strict=True)
    ]


def resampled_scores(sample: Sample) -> list[Row]:
    """The other scores of every run, with bootstrap intervals."""
    measured = class_means(sample) | image_means(sample)
    table = []
    for index, run in enumerate(sample.runs):
        for score, (values, samples) in measured.items():
            row = {**named(run), "part": sample.part, "score": score, "n": len(sample.labels)}
            table.append(row | resampled(values[index], samples[:, index], sample.confidence))
    return table


def limits(sample: Sample) -> list[Refusal]:
    return refusals({"loss, Brier score and expected calibration error": probabilities(sample)})


FINDING = associated(
    globals(),
    caption="Scores of every run. Accuracy has Wilson intervals, the others bootstrap intervals over images; that of "
    "training images, those that the run learned from with the classes that it learned, has none. Expected "
    f"calibration error (ECE) is over {BINS} equal-width bins: resampling adds to it, so its interval lies high.",
    columns={
        **RUN,
        "part": PART,
        "score": Column(
            str,
            "accuracy; precision or recall, means over the classes that occur; loss, nats an image, from 0; Brier "
            "score, 0..2; ECE, 0..1",
        ),
        **measured("value", "of the score; 0..1 unless the score says otherwise"),
    },
    with_collapsed=True,
)
