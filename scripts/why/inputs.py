"""A folder of predictions made elsewhere -> the sample that all findings are computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from scripts.why import answers, arrays, files, images, settings
from scripts.why.answers import Answers
from stages.errors import InputError
from stages.report.results import Images
from stages.run import Run
from stages.statistics import grid
from stages.statistics.sample import OWN, Sample
from stages.statistics.table import Refusal
from stages.statistics.votes import NO_VOTE

SHARED = ("labels", "ids")
"""Arrays that may lie beside the runs, once for all of them."""
RESAMPLES, CONFIDENCE = 1000, 0.95
"""Of the images, and the level of every interval."""


@dataclass(frozen=True)
class Inputs:
    """images: of the sample, or None. refusals: what the folder does not support. unread: files that are not known."""

    sample: Sample
    images: Images | None
    refusals: list[Refusal]
    unread: list[str]


def read(folder: Path) -> Inputs:
    stated = settings.read(folder / "settings.yaml")
    inside = files.found(folder, stated)
    unknown = [network for network in stated if network not in {run.network for run in inside.held_out}]
    if unknown:
        there = ", ".join(sorted({run.network for run in inside.held_out}))
        raise InputError(f"{folder / 'settings.yaml'}: no predictions of {unknown[0]}; there are those of {there}.")
    networks, seeds, spare = files.crossed(inside.held_out, list(stated))
    runs = [Run(network, seed) for network in networks for seed in seeds]
    common = {name: np.asarray(arrays.plain(path)) for name in SHARED if (path := folder / f"{name}.npy").is_file()}
    paths = [inside.held_out[run] for run in runs]
    first, held_out = _gathered(paths, _names(folder / "classes.txt"), "held-out", common)
    shown = images.read(folder, len(first.labels), first.paths)
    similarity, reason = images.similar(folder, shown)
    refusals = [Refusal(f"{run}", "not every network has this seed; left out of everything") for run in spare]
    if reason:
        refusals.append(Refusal("similarity to training images", reason))
    known = {
        "dataset": OWN,
        "networks": networks,
        "seeds": seeds,
        "class_names": first.names,
        "grid": grid.make({network: stated.get(network, {}) for network in networks}, seeds),
        "number_of_resamples": RESAMPLES,
        "confidence": CONFIDENCE,
    }
    sample = _sample(
        "held-out",
        first,
        held_out,
        **known,
        votes=_votes(folder / "votes.npy", len(first.labels), len(first.names)),
        similarity=similarity,
        files=(first.ids if first.paths is None else first.paths),
        others=_training(inside, runs, first.names, known),
    )
    return Inputs(sample, shown, refusals, inside.unread)


def _names(path: Path) -> list[str] | None:
    """The names of classes.txt, one a line; None without it."""
    if not path.is_file():
        return None
    try:
        names = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path} is not text in UTF-8; expected the names of the classes, one a line.") from None
    return _checked(path, names)


def _checked(path: Path, names: list[str], what: str = "line") -> list[str]:
    """what: is counted in `names`."""
    for number, name in enumerate(names, 1):
        if not name.strip() or not name.isprintable() or len(name) > 100 or name != name.strip():
            expected = "a name of 1 to 100 characters that can be seen, without blanks at its ends"
            index = " pandas writes its index so: to_csv(index=False)." if what == "class" and not name else ""
            raise InputError(f"{path}, {what} {number}: {name[:40]!r}; expected {expected}.{index}")
        if (first := names.index(name) + 1) != number:
            raise InputError(f"{path}: {name!r} is {what} {first} and {what} {number}; expected once.")
    return names


def _gathered(
    paths: list[Path], names: Sequence[str] | None, part: str, common: arrays.Arrays
) -> tuple[Answers, dict[str, np.ndarray]]:
    """The answers of the first file, and those of all, with an axis of runs first: 'probabilities' and 'answers'.

    common: arrays that count for a file without its own.
    """
    first, gathered = None, {}
    for place, path in enumerate(tqdm(paths, f"reading, {part}", unit=" run", disable=None, leave=False)):
        found = common | arrays.read(path)
        if "names" in found:
            _checked(path, found["names"], "class")
        one = answers.checked(path, found, first.names if first else names)
        if first is None:
            first = one
            gathered["probabilities"] = np.empty((len(paths), *one.probabilities.shape), np.float32)
            if one.predicted is not None:
                gathered["answers"] = np.empty((len(paths), len(one.labels)), np.uint16)
        one = answers.aligned(first, one, (str(paths[0]), str(path)))
        gathered["probabilities"][place] = one.probabilities
        if one.predicted is not None:
            gathered["answers"][place] = one.predicted
    assert first  # there is at least one run
    return first, gathered


def _sample(part: str, first: Answers, gathered: dict[str, np.ndarray], **known: Any) -> Sample:
    axes = len(known["networks"]), len(known["seeds"])
    known |= {name: values.reshape(*axes, *values.shape[1:]) for name, values in gathered.items()}
    return Sample(part=part, ids=np.arange(len(first.labels)), labels=first.labels, **known)


def _training(inside: files.Found, runs: list[Run], names: Sequence[str], common: dict[str, Any]) -> dict[str, Sample]:
    """The sample of the training images, where every run has answers to them; {} where none has."""
    if not inside.training:
        return {}
    missing = [run for run in runs if run not in inside.training]
    if missing:
        there = next(iter(inside.training.values()))
        raise InputError(f"{missing[0]} has no answers to training images, and {there} is there. Give all or none.")
    first, gathered = _gathered([inside.training[run] for run in runs], names, "training", {})
    return {"training": _sample("training", first, gathered, **common)}


def _votes(path: Path, images: int, classes: int) -> np.ndarray | None:
    """People's votes, uint8 (images, annotators), classes, NO_VOTE for none; None without a file."""
    if not path.is_file():
        return None
    votes = np.asarray(arrays.plain(path))
    expected = f"expected uint8 ({images}, annotators), classes from 0, {NO_VOTE} for no vote"
    if votes.dtype != np.uint8 or votes.ndim != 2 or len(votes) != images or not votes.size:
        raise InputError(f"{path} holds {votes.dtype} {votes.shape}; {expected}.")
    if classes > NO_VOTE:
        raise InputError(f"{path}: {classes:,} classes; votes are on at most {NO_VOTE}. Take the file away.")
    unknown = (votes >= classes) & (votes != NO_VOTE)
    if unknown.any():
        row, annotator = np.argwhere(unknown)[0]
        raise InputError(f"{path}, row {row}: a vote for class {votes[row, annotator]} of {classes}; {expected}.")
    return votes
