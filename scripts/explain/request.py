"""What the user asks for: the command line, the runs, the place of the picture."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from stages.errors import InputError
from stages.params import Params
from stages.run import Run

FOLDER = Path("explanations")
MOST_NEIGHBOURS = 30


def parser() -> argparse.ArgumentParser:
    """Of the command line; the attributes of what it parses are image, network, seed, label, neighbours, output."""
    command = argparse.ArgumentParser(
        prog="python -m scripts.explain",
        description="What every trained network says of one image, and what makes it say something else.",
    )
    command.add_argument(
        "image",
        metavar="IMAGE",
        help="a JPEG, PNG or WebP file of any size, or train:ID or test:ID, an image of the data set, counted from 0 "
        "as in the error analysis (./train:1 is a file)",
    )
    command.add_argument(
        "--network", nargs="+", action="extend", metavar="NAME", help="only these networks of params.yaml"
    )
    command.add_argument("--seed", nargs="+", action="extend", type=int, metavar="N", help="only these seeds of it")
    command.add_argument("--label", metavar="CLASS", help="the image's true class, by which answers are right or wrong")
    command.add_argument(
        "--neighbours",
        type=int,
        choices=range(MOST_NEIGHBOURS + 1),
        default=6,
        metavar="N",
        help=f"so many of the nearest training images, 0 to {MOST_NEIGHBOURS} (default: %(default)s)",
    )
    command.add_argument(
        "--output",
        type=Path,
        default=FOLDER,
        metavar="PATH",
        help="the picture, a .png file, or the folder that it is put into (default: %(default)s)",
    )
    return command


def runs(given: Params, networks: Sequence[str] | None, seeds: Sequence[int] | None) -> list[Run]:
    """The runs of these networks and seeds, None for all, in the grid's order; InputError where one is not of it."""
    _require("--network", networks, given.networks)
    _require("--seed", seeds, given.seeds)
    return [
        Run(network, seed)
        for network in given.networks
        for seed in given.seeds
        if (networks is None or network in networks) and (seeds is None or seed in seeds)
    ]


def _require(option: str, chosen: Sequence[str] | Sequence[int] | None, known: Iterable[str] | Iterable[int]) -> None:
    for value in chosen or ():
        if value not in known:
            raise InputError(f"{option} {value}: params.yaml has {', '.join(map(str, known))}.")


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
