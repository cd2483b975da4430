"""Where everyone asked contradicts the label, do the networks side with people? (docs/analysis.md, section 4)"""

from stages.findings.finding import RUN, associated, human_votes, measured, named
from stages.statistics import votes
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row


def rows(sample: Sample) -> list[Row]:
    assert sample.votes is not None  # the finding needs them
    suspect, chosen = votes.suspect(sample.votes, sample.labels), votes.unanimous(sample.votes)
    table = []
    answers = zip(sample.runs, sample.by_run(sample.right), sample.by_run(sample.predicted), strict=True)
    for run, right, predicted in answers:
        errors = suspect & ~right
        as_people = int((predicted == chosen)[errors].sum())
        share = wilson(as_people, errors.sum(), sample.confidence, "share")
        table.append({**named(run), "as_people": as_people, **share})
    return table


FINDING = associated(
    globals(),
    caption="Errors on images of which all people chose one and the same class, not the label, and how many of them "
    "give that class: there, the label may be what is wrong.",
    columns={
        **RUN,
        "as_people": Column(int, "errors that give the class that people chose"),
        **measured(
            "share", "as_people / n, 0..1; empty where n is 0", "errors of the run on images whose label is suspect"
        ),
    },
    needs=human_votes,
)
