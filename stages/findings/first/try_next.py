"""What is worth trying next? (docs/analysis.md, section 4)"""

from collections.abc import Iterator

import numpy as np

from stages.findings.finding import Answer, associated
from stages.findings.first import look_first
from stages.statistics.remedies import remedies
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table

NOT_LEARNED, WORST_CLASS, MORE_PICTURES = 0.5, 1.5, 0.01
"""Errors on learned images beside those on others; errors of a class beside the mean; accuracy that halving costs."""


def rows(sample: Sample) -> list[Row]:
    """From the network with the best mean accuracy, and from networks that learned from fewer images."""
    best = int(sample.right.mean(axis=(1, 2)).argmax())
    listed = {row["why"]: row for row in look_first.rows(sample)}
    doubted, hard = (listed.get(why, {"n": 0})["n"] for why in (look_first.LABEL, look_first.HARD))
    labels = [_labels(doubted, listed[look_first.LABEL]["images"])] if doubted else []
    found = [*_pictures(sample), *_training(sample, best), *_class(sample, best)]
    found = [*labels, *found] if doubted >= hard else [*found, *labels]
    return [dict(zip(FINDING.columns, (*each, sample.networks[best]), strict=True)) for each in found]


def _labels(doubted: int, images: int) -> tuple[str, str, float]:
    doubt = "1 label is" if doubted == 1 else f"{doubted:,} labels are"
    return "check labels", f"{doubt} doubted by every run", doubted / images


def _pictures(sample: Sample) -> Iterator[tuple[str, str, float]]:
    for remedy in remedies(sample.grid):
        if remedy.setting == "train_share" and remedy.after < remedy.before:
            names = remedy.network, remedy.base
            fewer, more = (sample.right[sample.networks.index(name)].mean() for name in names)
            cost, share = float(more - fewer), remedy.after / remedy.before
            advice = "add pictures" if cost > MORE_PICTURES else "rather not add pictures of the same kind"
            yield (
                advice,
                f"{share:.0%} of the images instead of all change the accuracy by {100 * (fewer - more):+.1f} points",
                cost,
            )


def _training(sample: Sample, best: int) -> Iterator[tuple[str, str, float]]:
    learned, others = (float(1 - part.right[best].mean()) for part in (sample.others["training"], sample))
    because = f"{learned:.1%} of the images that it learned from are missed, and {others:.1%} of the others"
    if others and learned >= NOT_LEARNED * others:
        yield "train longer or with more filters", because, learned
    elif others:
        yield "train with dropout or weight decay", because, learned


def _class(sample: Sample, best: int) -> Iterator[tuple[str, str, float]]:
    wrong = 1 - sample.right[best].mean(axis=0)
    there = np.flatnonzero(np.bincount(sample.labels, minlength=len(sample.class_names)))
    errors = np.array([wrong[sample.labels == label].mean() for label in there])
    worst = int(errors.argmax())
    if errors[worst] > WORST_CLASS * wrong.mean():
        name = sample.class_names[there[worst]]
        because = f"{errors[worst]:.1%} of its images are missed, and {wrong.mean():.1%} of all"
        yield f"add pictures of {name}", because, float(errors[worst])


def needs(sample: Sample) -> str:
    return look_first.needs(sample) or ("" if "training" in sample.others else "there are no training images")


def answer(table: Table) -> Answer:
    first, *others = table.rows
    then = f"; then {', '.join(row['advice'] for row in others)}" if others else ""
    return Answer(f"Worth trying next: {first['advice']}, since {first['because']}{then}.", first["value"])


FINDING = associated(
    globals(),
    caption="Rules of thumb, in this order: doubted labels, where at least half of the images that every run misses "
    "have one (else last: poor networks doubt right labels); more pictures help as far as fewer harm; a "
    f"network that misses at least {NOT_LEARNED:.0%} as many of the images that it learned from as of others has not "
    f"learned all that they show; a class with more than {WORST_CLASS} times the errors lacks pictures. The network is "
    "the one with the best accuracy. Only a trial shows whether it helps.",
    columns={
        "advice": Column(str, "what to try"),
        "because": Column(str, "what it is concluded from"),
        "value": Column(float, "the first number of the reason, as a share or a difference of shares, -1..1"),
        "network": Column(str, "the network with the best accuracy"),
    },
    of_training=True,
)
