"""Which images are missed: by all, for each cause, and by each network? Drawn at random, never picked."""

import re
from collections.abc import Iterator
from functools import cache

import numpy as np

from stages.findings.finding import IMAGE, RUN, associated, named
from stages.statistics.causes import CAUSES, causes
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row
from stages.statistics.votes import NO_VOTE
from stages.streams import stream

EACH = 12
"""Images of a gallery, at most."""

Gallery = tuple[str, int, list[tuple[int, list[int]]]]
"""Name, number of images in the group, and the images drawn from it: each its place, and the places of its runs."""


def rows(sample: Sample) -> list[Row]:
    """One row for each image and run shown; a gallery of no images is left out."""
    return [
        _row(sample, name, index, run, size)
        for galleries in (_missed_by_all(sample), _by_cause(sample), _by_network(sample))
        for name, size, images in galleries
        for index, runs in images
        for run in runs
    ]


def _missed_by_all(sample: Sample) -> Iterator[Gallery]:
    """Each image with every run."""
    missed = np.flatnonzero((~sample.right).all(axis=(0, 1)))
    if len(sample.runs) > 1:
        everyone = list(range(len(sample.runs)))
        yield "missed_by_all", len(missed), [(index, everyone) for index in _drawn(missed, stream("gallery", "all"))]


def _by_cause(sample: Sample) -> Iterator[Gallery]:
    """Each image with one run, drawn among those that err on it for this cause."""
    for cause, errors in _causes_by_run(sample).items():
        rng = stream("gallery", cause)
        group = np.flatnonzero(errors.any(axis=0))
        images = [(index, [int(rng.choice(np.flatnonzero(errors[:, index])))]) for index in _drawn(group, rng)]
        yield _file_name(cause), len(group), images


def _by_network(sample: Sample) -> Iterator[Gallery]:
    """Wrong and right images of each network's first run."""
    for place, network in enumerate(sample.networks):
        right = sample.right[place, 0]
        for answer, members in (("wrong", ~right), ("right", right)):
            group = np.flatnonzero(members)
            drawn = _drawn(group, stream("gallery", answer, network))
            yield f"{answer}_{network}", len(group), [(index, [place * len(sample.seeds)]) for index in drawn]


def _drawn(group: np.ndarray, rng: np.random.Generator) -> list[int]:
    return [int(index) for index in rng.permutation(group)[:EACH]]


@cache
def _causes_by_run(sample: Sample) -> dict[str, np.ndarray]:
    """The errors of each cause, bool (R, N); a network left out of the grid has the causes of its equal."""
    grid = sample.grid
    cells = [grid.networks.index(grid.same_as.get(network, network)) for network in sample.networks]
    by_cell = causes(sample).items()
    return {name: sample.by_run(fits.T[cells][:, None] & ~sample.right) for name, fits in by_cell}


def _row(sample: Sample, gallery: str, index: int, run: int, size: int) -> Row:
    chosen = [] if sample.votes is None else sorted(vote for vote in sample.votes[index] if vote != NO_VOTE)
    return {
        "gallery": gallery,
        **answered(sample, run, index),
        "cause": next((name for name, errors in _causes_by_run(sample).items() if errors[run, index]), ""),
        "votes": "; ".join(sample.class_names[vote] for vote in chosen),
        "n": size,
    }


def answered(sample: Sample, run: int, index: int) -> Row:
    """The columns ANSWER of an image, by its place, and a run, by its place in Sample.runs."""
    known = sample.answers is None
    predicted = int(sample.by_run(sample.predicted)[run, index])
    return {
        **named(sample.runs[run]),
        **sample.image(index),
        "predicted": sample.class_names[predicted],
        "probability": float(sample.by_run(sample.probabilities)[run, index, predicted]) if known else None,
    }


def _file_name(cause: str) -> str:
    return "cause_" + re.sub(r"[^a-z0-9]+", "_", cause.lower())


def described(gallery: str) -> tuple[str, str]:
    """Title of a gallery, and words on which images it is drawn from, by its name in the table.

    >>> described("wrong_nicknet1")
    ('nicknet1: random wrong ones', "Drawn from all images that the network's first seed gets wrong.")
    """
    if gallery == "missed_by_all":
        return "Missed by all networks", "Wrong in every run."
    for cause in CAUSES:
        if gallery == _file_name(cause.name):
            return cause.name.capitalize(), cause.words
    answer, network = gallery.split("_", 1)
    return f"{network}: random {answer} ones", f"Drawn from all images that the network's first seed gets {answer}."


ANSWER = {
    **RUN,
    **IMAGE,
    "id": Column(int, f"{IMAGE['id'].meaning}, or in the predictions made elsewhere"),
    "predicted": Column(str, "class that the run answers"),
    "probability": Column(float, "of the predicted class, 0..1; empty where it is not known"),
}

FINDING = associated(
    globals(),
    caption="The images shown, drawn at random out of each group, and what the runs shown with each say of it. 'all': "
    "each run of every network; of a cause: one of the runs that err for it; of a network: its first run.",
    columns={
        "gallery": Column(str, "name of the group: missed_by_all, cause_<cause>, wrong_<network> or right_<network>"),
        **ANSWER,
        "cause": Column(str, "of the run's error; empty where the run is right, or no cause can be shown"),
        "votes": Column(str, "classes that people chose, by '; '; empty without human votes"),
        "n": Column(int, "images in the group"),
    },
)
