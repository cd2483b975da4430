"""What is known of every image? The table that the explorer of the images filters by."""

import numpy as np

from stages.findings.finding import IMAGE, associated
from stages.statistics import votes
from stages.statistics.causes import causes
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row

BETWEEN = "; "


def rows(sample: Sample) -> list[Row]:
    wrong = (~sample.by_run(sample.right)).sum(axis=0)
    found = {name: np.any(fits, axis=1) for name, fits in causes(sample).items()}
    return [
        {
            **sample.image(index),
            "wrong_runs": int(wrong[index]),
            "causes": BETWEEN.join(name for name, images in found.items() if images[index]),
            "votes": _votes(sample, index),
            "similarity": None if sample.similarity is None else float(sample.similarity[index]),
        }
        for index in range(len(sample.labels))
    ]


def _votes(sample: Sample, index: int) -> str:
    return "" if sample.votes is None else BETWEEN.join(map(str, sample.votes[index]))


def read_votes(rows: list[Row]) -> np.ndarray | None:
    """uint8 (n, annotators), from the column `votes`; None where nobody was asked.

    >>> read_votes([{"votes": "3; 255"}, {"votes": "0; 1"}]).tolist()
    [[3, 255], [0, 1]]
    """
    if not any(row["votes"] for row in rows):
        return None
    return np.array([row["votes"].split(BETWEEN) for row in rows], np.uint8)


FINDING = associated(
    globals(),
    caption="Every image, for spreadsheets and for the explorer (`make explore`).",
    columns={
        **IMAGE,
        "wrong_runs": Column(int, "how many runs get it wrong"),
        "causes": Column(str, "what the errors of the networks are put down to, by '; '; empty where nothing is"),
        "votes": Column(str, f"of each annotator, by '; ': place of the class, from 0; {votes.NO_VOTE} for no vote"),
        "similarity": Column(float, "to the nearest training image, by brightness, -1..1; empty where it is unknown"),
    },
)
