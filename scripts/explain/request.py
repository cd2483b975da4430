"""What the user asks for: the command line, the runs, the place of the picture."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from stages.error_analysis.grid import Run

from stages import artifacts
from stages.errors import InputError

FOLDER = Path("explanations")
MOST_NEIGHBOURS = 30


def parser() -> argparse.ArgumentParser:
    """Of the command line; the attributes of what it parses are image, network, seed, label, neighbours, output."""
    found = argparse.ArgumentParser(
        prog="python -m stages.explain",
        description="What every trained network says of one image, and what makes it say something else.",
    )
    found.add_argument(
        "image",
        metavar="IMAGE",
        help="a PNG or JPEG file of any size, or train:ID or test:ID, an image of the data set, counted from 0 as in "
        "the error analysis (./train:1 is a file)",
    )
    found.add_argument(
        "--network", nargs="+", action="extend", metavar="NAME", help="only these networks of params.yaml"
    )
    found.add_argument("--seed", nargs="+", action="extend", type=int, metavar="N", help="only these seeds of it")
    found.add_argument("--label", metavar="CLASS", help="the image's true class, to be told right from wrong")
    found.add_argument(
        "--neighbours",
        type=int,
        default=6,
        metavar="N",
        help=f"so many of the nearest training images, 0 to {MOST_NEIGHBOURS}; 0 is the fastest (default: %(default)s)",
    )
    found.add_argument(
        "--output",
        type=Path,
        default=FOLDER,
        metavar="PATH",
        help="the picture, a .png file, or the folder that it is put into (default: %(default)s)",
    )
    return found


def runs(
    networks: Iterable[str],
    seeds: Sequence[int],
    chosen_networks: Sequence[str] | None,
    chosen_seeds: Sequence[int] | None,
) -> list[Run]:
    """The runs of these networks and seeds, in the grid's order; those chosen, None for all.

    Raises InputError where one that is chosen is not among them.
    """
    networks = list(networks)
    _require("--network", chosen_networks, networks)
    _require("--seed", chosen_seeds, seeds)
    return [
        Run(network, seed)
        for network in networks
        for seed in seeds
        if chosen_networks is None or network in chosen_networks
        if chosen_seeds is None or seed in chosen_seeds
    ]


def _require(option: str, chosen: Sequence | None, known: Sequence) -> None:
    for one in chosen or ():
        if one not in known:
            raise InputError(f"{option} {one}: params.yaml has {', '.join(map(str, known))}.")


def require_neighbours(how_many: int) -> None:
    """Raises InputError where the number of neighbours is out of its range."""
    if not 0 <= how_many <= MOST_NEIGHBOURS:
        raise InputError(f"--neighbours {how_many}: expected a number from 0 to {MOST_NEIGHBOURS}.")


def target(output: Path, stem: str, image: str) -> Path:
    """Where the picture goes: `output` itself where it is a .png file, else <stem>.png in that folder.

    Raises InputError for another kind of file, and where the picture would replace the image that it explains.
    """
    if output.suffix.lower() == ".png" and not output.is_dir():
        path = output
    elif output.is_file() or output.suffix.lower() in (".jpg", ".jpeg", ".pdf", ".svg"):
        raise InputError(f"--output {output}: expected a .png file or a folder.")
    else:
        path = output / f"{stem}.png"
    if path.resolve() == Path(image).resolve():
        raise InputError(f"--output {output}: the picture would replace {image}, the image itself. Name another.")
    return path


def require_trained(wanted: Iterable[Run]) -> None:
    """Raises InputError where the settings or the weights of one of the runs are missing."""
    for run in wanted:
        for path in (artifacts.settings_path(run.network), artifacts.weights_path(run.network, run.seed)):
            if not path.is_file():
                raise InputError(
                    f"{path} is missing: {run} is not trained here. Run `dvc repro train@{run.network}-{run.seed}`."
                )
