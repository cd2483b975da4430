"""Worlds in which the causes of errors are known, because they were planted.

Every image is of one type, and the type alone decides which runs get it wrong. What an analysis should find follows
from the shares of the types, by arithmetic that shares nothing with the analysis.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stages.outcomes import Outcomes
from stages.settings import NetworkSettings
from stages.statistics.grid import make
from stages.statistics.sample import Sample

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CELLS = (("adam", 15), ("adam", 10), ("sgd", 15), ("sgd", 10))
PUBLISHED = (("adam", 15), ("sgd", 15), ("sgd", 10))


@dataclass(frozen=True)
class World:
    """Shares of all images, by what is wrong with them; the rest is right in every run.

    label_noise: the label is wrong, people see it, networks predict the true class. pair: a bird taken for a cat, or a
    cat for a bird, by every run. optimizer: wrong in every run with sgd. kernel: wrong in every run with the smallest
    kernel. seed: each run is wrong with chance `unlucky`, by itself. bad_runs: beside that, each run gets a share of
    its own, evenly drawn from 0 to this, of the remaining images wrong. bad_classes: the same, in each class one more.
    """

    label_noise: float = 0.0
    pair: float = 0.0
    optimizer: float = 0.0
    kernel: float = 0.0
    seed: float = 0.0
    unlucky: float = 1 / 6
    bad_runs: float = 0.0
    bad_classes: float = 0.0


@dataclass(frozen=True)
class Draw:
    """A draw of a world.

    kinds: str (N,), each image's type, 'right' where nothing is planted. bad: float (cells, seeds, classes), the share
    of these that each run gets wrong in each class.
    """

    sample: Sample
    kinds: np.ndarray
    bad: np.ndarray


def draw(
    world: World,
    rng: np.random.Generator,
    images: int = 2000,
    cells: Sequence[tuple[str, int]] = CELLS,
    seeds: int = 3,
    names: Sequence[str] = NAMES,
    part: str = "held-out",
    resamples: int = 400,
) -> Draw:
    """Predictions of every run of the cells, for images whose labels are evenly spread over the classes.

    The sample has people's votes, uint8 (N, 3): the truth, whatever the label is.
    """
    classes = len(names)
    kinds = _kinds(world, rng, images)
    truth = rng.permutation(np.arange(images) % classes)
    if world.pair:
        bird, cat = names.index("bird"), names.index("cat")
        truth[kinds == "pair"] = rng.choice([bird, cat], (kinds == "pair").sum())
    labels = np.where(kinds == "label_noise", _other(truth, classes, rng), truth)
    votes = np.repeat(truth[:, None], 3, axis=1).astype(np.uint8)
    probabilities, bad = [], []
    for optimizer, size in cells:
        for _ in range(seeds):
            wrong = (kinds == "pair") | (kinds == "optimizer") & (optimizer == "sgd")
            wrong |= (kinds == "kernel") & (size == min(size for _, size in cells))
            wrong |= (kinds == "seed") & (rng.random(images) < world.unlucky)
            draws = rng.random(images)
            bad.append(rng.uniform(0, world.bad_runs) + np.zeros(classes))
            if world.bad_classes:
                bad[-1] += rng.uniform(0, world.bad_classes, classes)
            wrong |= (kinds == "right") & (draws < bad[-1][labels])
            predicted = np.where(wrong, _other(truth, classes, rng), truth)
            if world.pair:
                predicted[kinds == "pair"] = bird + cat - truth[kinds == "pair"]
            probabilities.append(_confident(predicted, truth, classes, rng))
    others = {"part": part, "number_of_resamples": resamples, "votes": votes}
    answers = np.stack(probabilities).reshape(len(cells), seeds, images, classes)
    return Draw(sample(labels, answers, names, cells, **others), kinds, np.reshape(bad, (len(cells), seeds, classes)))


def settings(optimizer: Any, kernel_size: Any, **others: Any) -> dict[str, Any]:
    """The published architecture with these settings."""
    given = {"filters": [12, 32, 48, 48, 32], "pool_after": [1, 2, 5], "dense_units": [512, 512]}
    given |= {"epochs": 30, "batch_size": 128}
    return NetworkSettings(optimizer=optimizer, kernel_size=kernel_size, **(given | others)).resolved().model_dump()


def error_rates(world: World, cells: Sequence[tuple[str, int]] = CELLS) -> Mapping[str, tuple[float, np.ndarray]]:
    """Share and error rate in each cell (cells,) of every type of image."""
    ones = np.ones(len(cells))
    sgd = np.array([float(optimizer == "sgd") for optimizer, _ in cells])
    small = np.array([float(size == min(size for _, size in cells)) for _, size in cells])
    planted = {"label_noise": ones, "pair": ones, "optimizer": sgd, "kernel": small, "seed": world.unlucky * ones}
    rates = {name: (getattr(world, name), rate) for name, rate in planted.items()}
    bad = (world.bad_runs + world.bad_classes) / 2
    return rates | {"right": (1 - sum(share for share, _ in rates.values()), bad * ones)}


def images_with_a_cue(
    rng: np.random.Generator, images: int, cue: str, classes: int = 4, side: int = 16
) -> tuple[np.ndarray, np.ndarray]:
    """Small noisy images uint8 (images, side, side, 3), and labels uint8 (images,), in which one thing tells the class.

    cue: 'colour' (of the whole image), 'centre' or 'border' (the brightness there).
    """
    labels = rng.integers(0, classes, images).astype(np.uint8)
    pixels = rng.normal(128, 8, (images, side, side, 3))
    middle = np.zeros((side, side), dtype=bool)
    middle[side // 4 : -side // 4, side // 4 : -side // 4] = True
    steps = np.linspace(-60, 60, classes)[labels]
    if cue == "colour":
        pixels[..., 0] += steps[:, None, None]
        pixels[..., 1] -= steps[:, None, None] * 0.299 / 0.587  # a grey picture of it tells nothing
    else:
        pixels[:, middle if cue == "centre" else ~middle] += steps[:, None, None]
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8), labels


def _kinds(world: World, rng: np.random.Generator, images: int) -> np.ndarray:
    shares = {name: share for name, (share, _) in error_rates(world).items()}
    return rng.choice(list(shares), images, p=list(shares.values()))


def _other(labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
    """For each label another class, evenly."""
    return (labels + rng.integers(1, classes, len(labels))) % classes


def _confident(predicted: np.ndarray, second: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Probabilities float32 (n, classes): the predicted class first, then `second`, then the others."""
    logits = rng.normal(0, 0.3, (len(predicted), classes))
    rows = np.arange(len(predicted))
    logits[rows, second] += 3
    logits[rows, predicted] = logits.max(axis=1) + 1
    exponentials = np.exp(logits)
    return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)


def sample(
    labels: np.ndarray | Sequence[int],
    probabilities: np.ndarray,
    names: Sequence[str],
    cells: Sequence[tuple[str, int]] = CELLS,
    **others: Any,
) -> Sample:
    """These answers, (networks, seeds, N, classes), to images of these labels, by networks with these settings."""
    networks, seeds = probabilities.shape[:2]
    grid = make({f"nicknet{i + 1}": settings(*cells[i]) for i in range(networks)}, tuple(range(seeds)))
    fields = {"part": "held-out", "number_of_resamples": 200, "confidence": 0.95, "ids": np.arange(len(labels))}
    fields |= {"labels": np.array(labels, np.uint8), "probabilities": probabilities.astype(np.float32)}
    fields["dataset"] = "cifar10" if set(names) == set(NAMES) else "folder"
    axes = {"networks": grid.networks, "seeds": grid.seeds, "class_names": tuple(names)}
    return Sample(grid=grid, **axes, **fields | others)


def asked(sample: Sample, rng: np.random.Generator, images: int = 40, errors: int = 12, side: int = 8) -> Sample:
    """The sample with random answers of every run to edits of so many images and of at most so many errors."""
    order = rng.permutation(len(sample.labels))
    interventions = {}
    for run, right in zip(sample.runs, sample.by_run(sample.right), strict=True):
        drawn, wrong = np.sort(order[:images]), order[~right[order]][:errors]
        edited, placebo = rng.random((2, 3, len(drawn))) < 0.5
        error_edited, error_placebo = rng.random((2, 3, len(wrong))) < 0.5
        interventions[run] = Outcomes(
            edits=np.array(["greyscale", "blur", "flip"]),
            ids=sample.ids[drawn],
            before=right[drawn],
            edited=edited,
            placebo=placebo,
            norms=rng.random((3, len(drawn)), np.float32),
            error_ids=sample.ids[wrong],
            error_edited=error_edited,
            error_placebo=error_placebo,
            maps=rng.normal(size=(len(wrong), side, side)),
        )
    return replace(sample, interventions=interventions)


def history(losses: Sequence[float] | np.ndarray, accuracies: Sequence[float] = ()) -> list[dict]:
    """Of a training with these losses and, on held-out images, these accuracies; else they grow by 0.1 an epoch."""
    return [
        {"epoch": epoch, "part": part, "accuracy": accuracy, "loss": nats, "precision": accuracy}
        for epoch, loss in enumerate(map(float, losses), 1)
        for part, accuracy, nats in (
            ("training", epoch / 10, loss),
            ("held-out", accuracies[epoch - 1] if accuracies else epoch / 10, 9.0),
        )
    ]


def watched(sample: Sample, right: np.ndarray) -> Sample:
    """The sample with answers after each epoch, of which exactly these are right: bool (networks, seeds, epochs, N)."""
    wrong = (sample.labels + 1) % len(sample.class_names)
    answers = np.where(sample.by_run(np.asarray(right)), sample.labels, wrong).astype(np.uint8)
    return replace(sample, epochs=dict(zip(sample.runs, answers, strict=True)))


def answering(
    labels: np.ndarray | Sequence[int],
    predicted: np.ndarray,
    names: Sequence[str],
    cells: Sequence[tuple[str, int]] = tuple(("adam", size) for size in range(1, 10)),
    **others: Any,
) -> Sample:
    """A sample in which the networks give these answers, int (networks, seeds, N), with probability 0.8."""
    rest = 0.2 / (len(names) - 1)
    return sample(labels, np.where(np.eye(len(names))[predicted] == 1, 0.8, rest), names, cells, **others)


def right_in(
    right: np.ndarray, cells: Sequence[tuple[str, int]] = CELLS, labels: Sequence[int] | None = None, **others: Any
) -> Sample:
    """A sample in which exactly these answers are right, bool (networks, seeds, N), of networks with these settings.

    labels: of which the next one is the wrong answer; 0, 1, 0, 1, ... if None. others: further fields of the sample.
    """
    labels = np.arange(np.shape(right)[2]) % 2 if labels is None else np.asarray(labels, int)
    classes = max(2, labels.max() + 1)
    return answering(labels, np.where(right, labels, (labels + 1) % classes), NAMES[:classes], cells, **others)


def of_networks(right: np.ndarray, changes: Mapping[str, Mapping[str, object]], **others: Any) -> Sample:
    """A sample of networks that change these settings of one network; right: bool (networks, seeds, N)."""
    return changed(right_in(right, [("sgd", 10)] * len(changes), **others), changes)


def changed(sample: Sample, changes: Mapping[str, Mapping[str, object]]) -> Sample:
    """The sample as of networks that change these settings of one network."""
    base = {"optimizer": "sgd", "kernel_size": 10}
    networks = {name: settings(**(base | change)) for name, change in changes.items()}
    return replace(sample, networks=tuple(networks), grid=make(networks, sample.seeds))
