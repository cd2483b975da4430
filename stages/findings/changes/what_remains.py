"""Which images stay wrong, whatever is changed in training? (docs/analysis.md, section 5)"""

import numpy as np

from stages.findings.changes import remedies
from stages.findings.finding import IMAGE, Answer, associated
from stages.statistics import votes
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table


def rows(sample: Sample) -> list[Row]:
    """From the images on which most runs agree in one wrong answer."""
    answering = [not sample.grid.settings.get(network, {}).get("without") for network in sample.networks]
    predicted = sample.predicted[answering].reshape(-1, len(sample.labels))
    missed = np.flatnonzero((predicted != sample.labels).all(axis=0))
    counts = np.stack([(predicted[:, missed] == name).sum(axis=0) for name in range(len(sample.class_names))])
    table = []
    for index, agreeing in zip(missed.tolist(), counts.T, strict=True):
        answer = int(agreeing.argmax())
        row = {"predicted": sample.class_names[answer], "agreeing": int(agreeing[answer]), "runs": len(predicted)}
        table.append(sample.image(index) | row | _people(sample, index, answer) | {"n": len(sample.labels)})
    return sorted(table, key=lambda row: (-row["agreeing"], row["id"]))


def _people(sample: Sample, index: int, answer: int) -> Row:
    if sample.votes is None:
        return dict.fromkeys(("votes", "votes_for_true", "votes_for_predicted"))
    given = sample.votes[index]
    for_each = {"votes_for_true": sample.labels[index], "votes_for_predicted": answer}
    return {
        "votes": int((given != votes.NO_VOTE).sum()),
        **{key: int((given == name).sum()) for key, name in for_each.items()},
    }


def answer(table: Table) -> Answer:
    row, share = table.rows[0], len(table.rows) / table.rows[0]["n"]
    sentence = f"{share:.1%} of the images are wrong in every one of {row['runs']} runs, whatever was changed"
    voted = [row for row in table.rows if row["votes"]]
    if voted:
        doubted = sum(2 * row["votes_for_true"] <= row["votes"] for row in voted) / len(voted)
        sentence += f"; for {doubted:.0%} of these, at most half of the people chose the label"
    return Answer(f"{sentence}.", share)


FINDING = associated(
    globals(),
    needs=remedies.needs,
    caption="Images that every run of every network gets wrong, those on which most runs give the same answer first, "
    "with how many people chose the label and that answer. Networks that lack a class in training do not count. The "
    "more runs, the fewer are among them by luck.",
    columns={
        **IMAGE,
        "predicted": Column(str, "class that most runs answer"),
        "agreeing": Column(int, "how many runs answer it"),
        "runs": Column(int, "how many runs there are"),
        "votes": Column(int, "how many people labelled the image; empty without human votes, and so the next two"),
        "votes_for_true": Column(int, "how many of them chose the label"),
        "votes_for_predicted": Column(int, "how many of them chose the class in 'predicted'"),
        "n": Column(int, "images in all"),
    },
)
