"""Which images should be looked at first? (docs/analysis.md, section 4)"""

from collections.abc import Iterator

import numpy as np

from stages.findings.finding import IMAGE, Answer, associated, probabilities, several_runs
from stages.similarity import NEAR_DUPLICATE
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table

LABEL, HARD, COPY = "check the label", "always missed", "near-duplicate"
WHY = {
    LABEL: "Every run gives the same other class, and the label a mean probability below 10%: either the label is "
    "wrong, or the picture shows what the networks cannot know of.",
    HARD: "Every run is wrong, less surely: what do these have in common, and are there enough pictures like them?",
    COPY: f"Held out, but of a similarity of at least {NEAR_DUPLICATE} to an image that was learned from: being right "
    "about them shows little.",
}
DOUBTED = 0.1
"""Mean probability of the label below which it is to be checked."""
EACH, NAMED = 24, 3
"""Images of a reason in the table, and in a sentence, at most."""


def rows(sample: Sample) -> list[Row]:
    """Of each reason, the worst first."""
    training = sample.others.get("training")
    parts = [sample] if training is None or training.files is None else [sample, training]
    wrong = [row for part in parts for row in _always_missed(part)]
    groups = {
        why: sorted((row for row in wrong if row["why"] == why), key=lambda row: row["label_probability"])
        for why in (LABEL, HARD)
    }
    groups[COPY] = sorted(_copies(sample), key=lambda row: -row["similarity"])
    images = sum(len(part.labels) for part in parts)
    return [row | {"n": len(group), "images": images} for group in groups.values() for row in group[:EACH]]


def _always_missed(part: Sample) -> Iterator[Row]:
    for index in np.flatnonzero(~part.right.any(axis=(0, 1))).tolist():
        row = _row(part, index)
        sure = row["agreeing"] == row["runs"] and row["label_probability"] < DOUBTED
        yield {"why": LABEL if sure else HARD} | row


def _copies(sample: Sample) -> Iterator[Row]:
    if sample.similarity is not None:
        for index in np.flatnonzero(sample.similarity >= NEAR_DUPLICATE).tolist():
            yield {"why": COPY} | _row(sample, index)


def _row(part: Sample, index: int) -> Row:
    answers, chances = part.predicted[..., index].ravel(), part.by_run(part.probabilities)[:, index].astype(np.float64)
    counts = np.bincount(answers, minlength=len(part.class_names))
    label, answer = int(part.labels[index]), int(counts.argmax())
    return {
        "part": part.part,
        **part.image(index),
        "predicted": part.class_names[answer],
        "agreeing": int(counts[answer]),
        "runs": len(answers),
        "label_probability": float(chances[:, label].mean()),
        "similarity": None if part.similarity is None else float(part.similarity[index]),
    }


def needs(sample: Sample) -> str:
    if sample.files is None:
        return "the images have no files that one could look at (the data set is not a folder)"
    return probabilities(sample) or several_runs(sample)


def answer(table: Table) -> Answer | None:
    """How many labels are to be checked, and the files of the first ones."""
    doubted = table.where(why=LABEL)
    if not doubted:
        return None
    count = doubted[0]["n"]
    images = "1 image is" if count == 1 else f"{count:,} images are"
    named = ", ".join(row["file"] for row in doubted[:NAMED])
    sentence = f"{images} taken for another class by every run, with little doubt. Is the label wrong? Look first at"
    return Answer(f"{sentence} {named}.", count / doubted[0]["images"])


FINDING = associated(
    globals(),
    caption=f"Held-out and training images that every run gets wrong, the label's lowest mean probability first, and "
    f"held-out images that almost equal a training image; of each reason at most {EACH}.",
    columns={
        "why": Column(str, f"why it is listed: {', '.join(map(repr, WHY))}"),
        "part": Column(str, "'held-out', or 'training': runs learned from it, and miss it all the same"),
        **IMAGE,
        "predicted": Column(str, "class that most runs answer"),
        "agreeing": Column(int, "how many runs answer it"),
        "runs": Column(int, "how many runs there are"),
        "label_probability": Column(float, "mean probability that the runs give to the label, 0..1"),
        "similarity": Column(float, "correlation of its brightness with the nearest training image, -1..1"),
        "n": Column(int, "images of this reason in all"),
        "images": Column(int, "images looked through, held-out and training ones"),
    },
)
