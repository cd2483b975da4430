"""How many labels does everyone asked contradict, and how many would slips give? (docs/analysis.md, section 4)"""

import numpy as np

from stages.findings.finding import associated, human_votes, measured
from stages.statistics import votes
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row

ALL = "all classes"


def rows(sample: Sample) -> list[Row]:
    assert sample.votes is not None  # the finding needs them
    suspect = votes.suspect(sample.votes, sample.labels)
    slips = votes.by_slips(sample.votes, sample.labels)
    asked = votes.number(sample.votes) >= votes.FEWEST
    groups = {name: asked & (sample.labels == label) for label, name in enumerate(sample.class_names)}
    table = []
    for name, group in (groups | {ALL: asked}).items():
        count = int(np.sum(suspect & group))
        row = {"true": name, "suspect": count, "by_slips": float(slips[group].sum())}
        table.append(row | wilson(count, group.sum(), sample.confidence, "share"))
    return table


FINDING = associated(
    globals(),
    caption="Images of which all votes are for one and the same class that is not the label, beside the number "
    "expected if annotators err independently, each at the rates of his or her own votes.",
    columns={
        "true": Column(str, f"class of the label, or '{ALL}'"),
        "suspect": Column(int, "images whose votes are all for one other class"),
        "by_slips": Column(float, "how many independent slips of the annotators would give"),
        **measured("share", "suspect / n, 0..1; empty where n is 0", "images of the class with two or more votes"),
    },
    needs=human_votes,
)
