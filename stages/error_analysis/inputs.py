"""What the error analysis reads."""

import os
from collections.abc import Mapping

import numpy as np

from stages import dataset, epochs, history, image_files, outcomes, predictions, settings, similarity, targets
from stages.params import Params
from stages.run import Run
from stages.settings import NetworkSettings
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
    chosen = {network: settings.read(network) for network in networks}
    stated = {network: each.stated() for network, each in chosen.items() if isinstance(each, NetworkSettings)}
    trained = [run for run in runs if run.network in stated]
    common = {
        "dataset": given.dataset,
        "networks": networks,
        "seeds": seeds,
        "class_names": class_names,
        "grid": grid.make({network: stated.get(network, {}) for network in networks}, seeds),
        "pretrained": tuple(network for network in networks if network not in stated),
        "number_of_resamples": given.error_analysis.resamples,
        "confidence": given.error_analysis.confidence,
        "looks": given.error_analysis.looks,
    }
    parts = answers[runs[0]]
    similar = similarity.read({part: len(parts[part].ids) for part in dataset.PARTS})
    votes = _votes(given.data.human_votes, {part: parts[part].ids for part in dataset.PARTS}, len(class_names))
    files = {part: _files(parts[part].ids) for part in ("training", "held-out")}
    learned = np.array([targets.read(run)[parts["training"].ids] for run in runs])
    learned_as = {"training": learned.reshape(len(networks), len(seeds), -1)}
    known_of = {
        part: {
            "votes": votes[part],
            "similarity": similar[part],
            "files": files.get(part),
            "learned_as": learned_as.get(part),
        }
        for part in dataset.PARTS
    }
    samples = {part: _sample(part, answers, common | known_of[part]) for part in ("training", "test")}
    ids = parts["held-out"].ids
    known = {
        "histories": {run: history.read(run) for run in trained},
        "epochs": {run: epochs.read(run, len(ids)) for run in trained},
        "interventions": {run: outcomes.read(run) for run in runs},
        "others": samples,
    }
    return samples | {"held-out": _sample("held-out", answers, common | known_of["held-out"] | known)}


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


def _votes(path: str | None, ids: Mapping[str, np.ndarray], classes: int) -> dict[str, np.ndarray | None]:
    """Human votes uint8 (n, annotators) on the images with these ids, by part; None where there are none."""
    if path is None:
        return dict.fromkeys(ids)
    file = located(path, os.environ)
    people = {
        "train": human_votes.read(file, len(dataset.read_labels("train")), classes),
        "test": human_votes.read_test(file, len(ids["test"]), classes),
    }
    of_parts = {part: people[dataset.PARTS[part]] for part in ids}
    return {part: None if votes is None else votes[ids[part]] for part, votes in of_parts.items()}
