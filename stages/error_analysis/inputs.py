"""What the error analysis reads."""

import os
from collections.abc import Mapping

import numpy as np

from stages import dataset, epochs, history, image_files, outcomes, predictions, settings, similarity
from stages.params import Params
from stages.run import Run
from stages.statistics import grid
from stages.statistics import votes as human_votes
from stages.statistics.sample import Sample, gather
from stages.user_paths import located


def read(given: Params) -> dict[str, Sample]:
    """The samples of every run of params.yaml, by part; that of the held-out images holds all that is known of them."""
    networks, seeds = tuple(given.networks), tuple(given.seeds)
    runs = [Run(network, seed) for network in networks for seed in seeds]
    class_names = tuple(dataset.read_class_names())
    answers = {run: predictions.read(run) for run in runs}
    common = {
        "dataset": given.dataset,
        "networks": networks,
        "seeds": seeds,
        "class_names": class_names,
        "grid": grid.make({network: settings.read(network) for network in networks}, seeds),
        "number_of_resamples": given.error_analysis.resamples,
        "confidence": given.error_analysis.confidence,
    }
    parts = answers[runs[0]]
    similar = similarity.read({part: len(parts[part].ids) for part in dataset.PARTS})
    votes = {
        part: _votes(given.data.human_votes, parts[part].ids, len(class_names)) for part in ("training", "held-out")
    }
    files = {part: _files(parts[part].ids) for part in ("training", "held-out")}
    samples = {
        part: _sample(
            part, answers, common | {"votes": votes.get(part), "similarity": similar[part], "files": files.get(part)}
        )
        for part in ("training", "test")
    }
    ids = parts["held-out"].ids
    known = {
        "votes": votes["held-out"],
        "similarity": similar["held-out"],
        "files": files["held-out"],
        "histories": {run: history.read(run) for run in runs},
        "epochs": {run: epochs.read(run, len(ids)) for run in runs},
        "interventions": {run: outcomes.read(run) for run in runs},
        "others": samples,
    }
    return samples | {"held-out": _sample("held-out", answers, common | known)}


def _sample(part: str, answers: Mapping[Run, Mapping[str, predictions.Predictions]], known: Mapping) -> Sample:
    ids, labels, probabilities = gather({run: parts[part] for run, parts in answers.items()}, len(known["class_names"]))
    axes = len(known["networks"]), len(known["seeds"])
    return Sample(
        part=part, ids=ids, labels=labels, probabilities=probabilities.reshape(*axes, *probabilities.shape[1:]), **known
    )


def _files(ids: np.ndarray) -> list[str] | None:
    """The files of the data set's training images with these ids; None where it has no such files."""
    files = image_files.read("train")
    return files and [files[index] for index in ids]


def _votes(path: str | None, ids: np.ndarray, classes: int) -> np.ndarray | None:
    """Human votes uint8 (n, annotators) of the training images with these ids; None without a path."""
    if path is None:
        return None
    return human_votes.read(located(path, os.environ), len(dataset.read_labels("train")), classes)[ids]
