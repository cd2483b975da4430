"""How much of the accuracy rests on images that almost equal a training image? (docs/analysis.md)"""

import numpy as np

from stages.findings.finding import PART, RUN, associated, measured, named
from stages.similarity import NEAR_DUPLICATE
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row

WHICH = ("all", "near-duplicates", "without them")


def rows(sample: Sample) -> list[Row]:
    table = []
    for part in (sample, *(sample.others[name] for name in ("test",) if name in sample.others)):
        near = np.asarray(part.similarity) >= NEAR_DUPLICATE
        for run, right in zip(part.runs, part.by_run(part.right), strict=True):
            for which, chosen in zip(WHICH, (near | True, near, ~near), strict=True):
                row = {**named(run), "part": part.part, "which": which}
                table.append(row | wilson(right[chosen].sum(), chosen.sum(), sample.confidence, "accuracy"))
    return table


def needs(sample: Sample) -> str:
    return "the similarity of images is not available" if sample.similarity is None else ""


FINDING = associated(
    globals(),
    caption=f"Accuracy on all images, on near-duplicates of a training image (similarity at least {NEAR_DUPLICATE}), "
    "and without them; with Wilson intervals.",
    columns={
        **RUN,
        "part": PART._replace(meaning="which images: 'held-out' or 'test'"),
        "which": Column(str, f"of these: {', '.join(WHICH)}"),
        **measured("accuracy", "share of right answers, 0..1; empty where there are none"),
    },
    section="Having learned from an image",
    of_training=True,
)
