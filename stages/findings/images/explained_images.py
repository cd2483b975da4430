"""What undoes single errors, and where in the image is the evidence for them?"""

from collections.abc import Mapping

import numpy as np

from stages.findings.finding import causal
from stages.findings.images.galleries import ANSWER, answered
from stages.findings.images.pixel_edits import interventions
from stages.run import Run
from stages.statistics.knockout import repairing_classes
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row

AT_MOST = 12


def rows(sample: Sample) -> list[Row]:
    """One row an error; the networks' first runs take turns, except those that answer one class only."""
    first = [run for run in sample.runs if run.seed == sample.seeds[0] and run not in sample.collapsed]
    errors = {run: sample.interventions[run].error_ids for run in first}
    return [_row(sample, run, place) for run, place in taking_turns(errors, AT_MOST)]


def taking_turns(errors: Mapping[Run, np.ndarray], at_most: int) -> list[tuple[Run, int]]:
    """The runs in turn, each with the place of the first of its errors, int (k,) ids, whose image is not used yet."""
    used: set[int] = set()
    turns: list[tuple[Run, int]] = []
    for _ in range(at_most):
        for run, ids in errors.items():
            place = next((place for place, image in enumerate(ids) if int(image) not in used), None)
            if place is not None and len(turns) < at_most:
                used.add(int(ids[place]))
                turns.append((run, place))
    return turns


def _row(sample: Sample, run: Run, place: int) -> Row:
    outcomes = sample.interventions[run]
    index = int(np.searchsorted(sample.ids, outcomes.error_ids[place]))
    position = sample.runs.index(run)
    removed = sample.by_run(repairing_classes(sample))[position, index]
    edited, placebo = outcomes.error_edited[:, place], outcomes.error_placebo[:, place]
    return {
        **answered(sample, position, index),
        "edits": "; ".join(outcomes.edits[edited]),
        "noise_too": "; ".join(outcomes.edits[edited & placebo]),
        "class_removed": "" if removed < 0 else sample.class_names[removed],
        "strongest_evidence": float(outcomes.maps[place].max()),
    }


FINDING = causal(
    globals(),
    caption=f"At most {AT_MOST} errors drawn at random, the networks taking turns, and what undoes each. A square of a "
    "quarter of the side, filled with the mean colour, slid over the image, and the lead of the wrong class's "
    "logit over the true one's was read again (Zeiler and Fergus 2014): the map says what the hidden part had "
    "spoken for.",
    columns={
        **ANSWER,
        "edits": Column(str, "edits after which the answer is right, by '; '"),
        "noise_too": Column(str, "those of them whose placebo, noise of equal L2 norm, makes it right as well"),
        "class_removed": Column(str, "class without which the answer is right; empty where there is none"),
        "strongest_evidence": Column(
            float,
            "largest value of the map, logits: by how much the wrong class's lead over the true one shrinks, on "
            "average, when a square hides that pixel",
        ),
    },
    section="Single errors, and what undoes them",
    needs=interventions,
)
