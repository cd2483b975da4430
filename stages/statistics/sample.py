"""The predictions of every run for the images of one part: what all statistics are computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from stages.errors import InputError
from stages.history import Row
from stages.outcomes import Outcomes
from stages.predictions import Predictions
from stages.run import Run
from stages.statistics.bootstrap import Resamples
from stages.statistics.collapse import kept, remedy
from stages.statistics.grid import Grid, make
from stages.streams import stream

OWN = "own"
"""Of images that others' networks were asked about; see docs/own-predictions.md."""


@dataclass(frozen=True, eq=False)
class Sample:
    """N images of one part, and what every network answers with every seed.

    dataset: where the images come from, params.yaml's `dataset`, or OWN. part: 'training', 'held-out' or 'test'.
    networks, seeds, class_names: the labels of the axes (network, seed, image, class). grid: which networks differ in
    what. ids: int64 (N,), see Predictions. labels: an unsigned integer type (N,), the truth. probabilities: float32
    (networks, seeds, N, classes); of no classes, (networks, seeds, N, 0), where only `answers` are known. answers: the
    classes answered, an unsigned integer type (networks, seeds, N), or None. number_of_resamples: of the images.
    confidence: level of every interval. votes: uint8 (N, annotators), people's labels, or None. similarity: float64
    (N,), to the nearest training image, see stages/similarity.py, or None. files: the file that each image came from,
    or None. histories: of every run, see history.read. epochs: of every run, uint8 (epochs, N), its answers after every
    epoch; or empty. interventions: what each run answers when its images are changed. learned_as: int16 (networks,
    seeds, N), the class that each run learned each image as, -1 where it did not learn from it; None: its label, of
    training images. pretrained: networks of which nobody knows how they were trained; they have neither histories nor
    epochs. others: the same runs' samples of further parts, by part. left_out: the seeds and networks that are not here
    because runs collapsed. looks: see `looked_at`.

    Equality is identity, so that functions of a sample can be cached.
    """

    dataset: str
    part: str
    networks: tuple[str, ...]
    seeds: tuple[int, ...]
    class_names: tuple[str, ...]
    grid: Grid
    ids: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    number_of_resamples: int
    confidence: float
    looks: int = 1
    answers: np.ndarray | None = None
    votes: np.ndarray | None = None
    similarity: np.ndarray | None = None
    files: Sequence[str] | None = None
    histories: Mapping[Run, Sequence[Row]] = field(default_factory=dict)
    epochs: Mapping[Run, np.ndarray] = field(default_factory=dict)
    interventions: Mapping[Run, Outcomes] = field(default_factory=dict)
    learned_as: np.ndarray | None = None
    pretrained: tuple[str, ...] = ()
    others: Mapping[str, "Sample"] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The R runs, in the order of `by_run`."""
        return tuple(Run(network, seed) for network in self.networks for seed in self.seeds)

    def by_run(self, values: np.ndarray) -> np.ndarray:
        """Values (networks, seeds, ...) with one axis of runs instead: (R, ...)."""
        return values.reshape(len(self.runs), *values.shape[2:])

    @cached_property
    def looked_at(self) -> "Sample":
        """The same, with a confidence that `looks` intervals have together where each has that one (Bonferroni)."""
        return replace(self, confidence=1 - (1 - self.confidence) / self.looks) if self.looks > 1 else self

    @cached_property
    def predicted(self) -> np.ndarray:
        """int64 (networks, seeds, N), the most probable class; the lower index of equals."""
        return self.probabilities.argmax(axis=3) if self.answers is None else self.answers.astype(np.int64)

    @cached_property
    def right(self) -> np.ndarray:
        """bool (networks, seeds, N)."""
        return self.predicted == self.labels

    @cached_property
    def late_right(self) -> np.ndarray:
        """float64 (networks, seeds, N), 0..1: of the last sixth of a run's epochs, at least one, the share after which
        it was right about an image. `right` where the epochs are unknown."""
        known = [
            self.epochs.get(run, last[None]) for run, last in zip(self.runs, self.by_run(self.predicted), strict=True)
        ]
        late = [answers[-max(1, len(answers) // 6) :] for answers in known]
        return np.reshape([(answers == self.labels).mean(axis=0) for answers in late], self.right.shape)

    @cached_property
    def right_by_cell(self) -> np.ndarray:
        """bool (cells, seeds, N): `right` of the networks of the grid, which leaves out equal ones."""
        return self.right[[self.networks.index(network) for network in self.grid.networks]]

    @cached_property
    def resamples(self) -> Resamples:
        """The bootstrap resamples that all statistics of the sample share."""
        return Resamples(len(self.labels), self.number_of_resamples, stream("bootstrap", self.part))

    @cached_property
    def collapsed(self) -> dict[Run, str]:
        """The runs that answer the same class for every image, of several classes, and the class that they answer."""
        predicted = self.by_run(self.predicted)
        same = (predicted == predicted[:, :1]).all(axis=1) & (self.labels != self.labels[0]).any()
        return {
            run: self.class_names[row[0]] for run, row, flag in zip(self.runs, predicted, same, strict=True) if flag
        }

    @property
    def collapse(self) -> str:
        """Which runs collapsed, and what to do; '' where none did."""
        named = "; ".join(f"{run} predicts '{name}' for every image" for run, name in self.collapsed.items())
        return named and f"{named}. {remedy(len(self.class_names))}"

    @cached_property
    def learned(self) -> "Sample":
        """The sample without collapsed runs, see collapse.kept; itself where none collapsed, or all did."""
        collapsed = np.array([run in self.collapsed for run in self.runs]).reshape(self.right.shape[:2])
        networks, seeds = kept(collapsed)
        if not self.collapsed or not networks:
            return self
        return self._of(networks, seeds)

    @cached_property
    def trained(self) -> "Sample":
        """The sample without pretrained networks, perhaps of none; itself where there are none of these."""
        places = [place for place, name in enumerate(self.networks) if name not in self.pretrained]
        return self._of(places, range(len(self.seeds))) if self.pretrained else self

    @cached_property
    def of_cells(self) -> "Sample":
        """The sample of the networks in the grid's cells; itself where all are in one, or none is."""
        places = [place for place, name in enumerate(self.networks) if name in self.grid.cells.values()]
        if not 0 < len(places) < len(self.networks):
            return self
        return replace(self._of(places, range(len(self.seeds))), left_out=self.left_out)

    def _of(self, networks: Sequence[int], seeds: Sequence[int]) -> "Sample":
        """The runs of the networks and seeds at these places."""
        names, numbers = tuple(self.networks[place] for place in networks), tuple(self.seeds[place] for place in seeds)
        gone = [f"seed {seed}" for seed in self.seeds if seed not in numbers]
        gone += [network for network in self.networks if network not in names]
        return replace(
            self,
            networks=names,
            seeds=numbers,
            grid=make({name: self.grid.settings[name] for name in names}, numbers),
            probabilities=self.probabilities[np.ix_(networks, seeds)],
            learned_as=None if self.learned_as is None else self.learned_as[np.ix_(networks, seeds)],
            answers=None if self.answers is None else self.answers[np.ix_(networks, seeds)],
            others={part: other._of(networks, seeds) for part, other in self.others.items()},
            pretrained=tuple(name for name in self.pretrained if name in names),
            left_out=tuple(gone),
        )

    @property
    def no_votes(self) -> str:
        """Why there are no human votes; '' where there are."""
        where = "votes.npy beside the predictions" if self.dataset == OWN else "params data.human_votes"
        return "" if self.votes is not None else f"human votes are not available ({where})"

    def image(self, index: int) -> dict[str, Any]:
        """id, file and true class of the image at this place of ids."""
        file, true = self.file(index), self.class_names[self.labels[index]]
        return {"id": int(self.ids[index]), "file": file, "true": true}

    def file(self, index: int) -> str:
        """The file of the image at this place of ids; '' where there are no files."""
        return "" if self.files is None else self.files[index]


def gather(predictions: Mapping[Run, Predictions], classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ids, labels and probabilities (R, N, classes) of runs; InputError unless all are for the same images."""
    (first_run, first), *others = predictions.items()
    for run, other in others:
        if not (np.array_equal(other.ids, first.ids) and np.array_equal(other.labels, first.labels)):
            raise InputError(
                f"The predictions of {run} and of {first_run} are for different images. Run `dvc repro evaluate` to "
                "make them again."
            )
    for run, other in predictions.items():
        if other.probabilities.shape[1] != classes:
            raise InputError(
                f"Expected probabilities of {classes} classes, got {other.probabilities.shape[1]} from {run}. "
                "Run `dvc repro evaluate` to make them again."
            )
    return first.ids, first.labels, np.stack([one.probabilities for one in predictions.values()])
