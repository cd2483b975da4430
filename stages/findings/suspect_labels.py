"""Where most people contradict the label, do the networks side with people? (docs/analysis.md, section 4)"""

from stages.findings.finding import HIGH, LOW, NETWORK, SEED, Finding, N, human_votes
from stages.statistics import votes
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row


def rows(sample: Sample) -> list[Row]:
    assert sample.votes is not None  # the finding needs them
    suspect, chosen = votes.label_suspect(sample.votes, sample.labels), votes.majority(sample.votes)
    table = []
    for run, right, predicted in zip(
        sample.runs, sample.by_run(sample.right), sample.by_run(sample.predicted), strict=True
    ):
        errors = suspect & ~right
        n, as_people = int(errors.sum()), int((predicted == chosen)[errors].sum())
        row = {"network": run.network, "seed": run.seed, "as_people": as_people}
        table.append(row | wilson(as_people, n, sample.confidence, "share") | {"n": n})
    return table


FINDING = Finding(
    name="suspect_labels",
    section="What single errors are put down to",
    question="Where most people contradict the label, do the networks side with people?",
    kind="associated",
    caption="Errors on images whose label most people contradict, and how many of them give the class that most people "
    "chose: there, the label may be what is wrong.",
    columns={
        "network": NETWORK,
        "seed": SEED,
        "as_people": Column(int, "errors that give the class that most people chose"),
        "share": Column(float, "as_people / n, 0..1; empty where n is 0"),
        "low": LOW,
        "high": HIGH,
        "n": N._replace(meaning="errors of the run on images whose label most people contradict"),
    },
    rows=rows,
    needs=human_votes,
)
