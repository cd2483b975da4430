"""Which file of a folder holds which run."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stages.errors import InputError
from stages.run import Run

SUFFIXES = (".npz", ".csv", ".parquet")
TRAINING = ".training"
OTHERS = ("classes.txt", "settings.yaml", "labels.npy", "ids.npy", "images.npy", "training_images.npy", "votes.npy")
LAYOUT = "one file a run: <network>/<seed>.npz, <network>-<seed>.npz or <network>.npz (or .csv, .parquet)"


@dataclass
class Found:
    """What lies in a folder. held_out, training: the file of each run, by part. unread: names of all other files."""

    held_out: dict[Run, Path] = field(default_factory=dict)
    training: dict[Run, Path] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def found(folder: Path, networks: Collection[str]) -> Found:
    """The runs of a folder; networks: names that are networks even where they end in a number.

    Raises InputError for a folder that is not there or holds no run, a name that is none, and two files of one run.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; expected one with {LAYOUT}. See docs/own-predictions.md.")
    inside = Found()
    for path in sorted(each for pattern in ("*", "*/*") for each in folder.glob(pattern) if each.is_file()):
        name = path.relative_to(folder)
        if any(part.startswith((".", "__")) for part in name.parts):  # of editors, notebooks, archives
            continue
        if path.suffix in SUFFIXES:
            part = inside.training if path.stem.endswith(TRAINING) else inside.held_out
            run = _run(name, networks)
            if run in part:
                raise InputError(f"{part[run]} and {path} are both {run}; expected {LAYOUT}. Take one away.")
            part[run] = path
        elif name.as_posix() not in OTHERS:
            inside.unread.append(name.as_posix())
    if not inside.held_out:
        raise InputError(f"{folder} holds no predictions; expected {LAYOUT}. See docs/own-predictions.md.")
    return inside


def _run(name: Path, networks: Collection[str]) -> Run:
    """The run that a file name says, relative to the folder."""
    stem = name.stem.removesuffix(TRAINING)
    numbered = re.fullmatch(r"(.+)-(\d{1,9})", stem)
    if len(name.parts) == 2:
        if not re.fullmatch(r"\d{1,9}", stem):
            raise InputError(f"{name}: expected a seed, a whole number, as the name of the file: <network>/<seed>.npz.")
        network, seed = name.parts[0], stem
    elif numbered and stem not in networks:
        network, seed = numbered[1], numbered[2]
    else:
        network, seed = stem, "0"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}", network) or network == "errors":
        allowed = "up to 64 letters, digits, and _ . + -, the first a letter or digit; not 'errors'"
        raise InputError(f"{name}: {network!r} cannot be the name of a network; expected {allowed}. Rename it.")
    return Run(network, int(seed))


def crossed(runs: Collection[Run], networks: Sequence[str]) -> tuple[tuple[str, ...], tuple[int, ...], list[Run]]:
    """Networks, seeds that every network has, and the runs with other seeds, which are left out.

    networks: the first ones, in order; the others follow by the alphabet.
    """
    others = sorted({run.network for run in runs} - set(networks))
    names = (*networks, *others)
    seeds = {name: {run.seed for run in runs if run.network == name} for name in names}
    common = tuple(sorted(set.intersection(*seeds.values())))
    if not common:
        shown = "; ".join(f"{name} has {', '.join(map(str, sorted(of)))}" for name, of in seeds.items())
        raise InputError(f"No seed is there for every network: {shown}. Number the runs of each network from 0.")
    return names, common, sorted(run for run in runs if run.seed not in common)
