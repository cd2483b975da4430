"""Galleries: which images are shown for every cause and every network, and how they look as a picture."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from stages.error_analysis.analysis import Analysis
from stages.error_analysis.budget import CAUSES
from stages.error_analysis.figures_style import FAINT, INK, VERMILION, short, styled
from stages.error_analysis.table import Table
from stages.streams import stream

CAUSE_WORDS = {
    "label suspect": "Most of the people asked chose another class than the label.",
    "ambiguous": "At least two of the people asked did not choose the label's class.",
    "universally hard": "Wrong in at least 90% of all runs.",
    "optimizer-sensitive": "Wrong far more often with one optimizer than with the other.",
    "kernel-sensitive": "Wrong far more often with one kernel size than with the other.",
    "seed-unstable": "Wrong with some seeds, right with others.",
    "unexplained": "None of the other causes fits.",
}


@dataclass(frozen=True)
class Tile:
    """One image and the runs whose answers are shown with it: places in analysis.ids and in analysis.runs."""

    index: int
    runs: tuple[int, ...]


@dataclass(frozen=True)
class Gallery:
    """Images drawn at random out of one group; `of` is the number of images in the group."""

    name: str
    group: str
    title: str
    words: str
    of: int
    tiles: tuple[Tile, ...]


def choose(analysis: Analysis, *, each: int, seed: int) -> list[Gallery]:
    """Galleries of at most `each` images: missed by all, one for every cause, wrong and right of every network.

    An image appears once in a gallery; the runs of a cause's gallery are drawn among those that err on it for that
    cause. Of a network with several seeds, the wrong and right images are those of its first. A gallery of no images
    is left out.
    """
    wrong = analysis.predicted != analysis.labels
    everyone = tuple(range(len(analysis.runs)))
    all_wrong = np.flatnonzero(wrong.all(axis=0))
    found = []
    if len(analysis.runs) > 1:
        found.append(
            Gallery(
                name="missed_by_all",
                group="all",
                title="Missed by all networks",
                words=f"Wrong in each of the {len(analysis.runs)} runs.",
                of=len(all_wrong),
                tiles=tuple(Tile(index, everyone) for index in _drawn(all_wrong, each, stream("gallery", "all"))),
            )
        )
    for number, cause in enumerate(CAUSES, start=1):
        erring = analysis.causes == number
        group = np.flatnonzero(erring.any(axis=0))
        rng = stream("gallery", cause)
        tiles = tuple(
            Tile(index, (int(rng.choice(np.flatnonzero(erring[:, index]))),)) for index in _drawn(group, each, rng)
        )
        found.append(
            Gallery(file_name(f"cause {cause}"), "cause", cause.capitalize(), CAUSE_WORDS[cause], len(group), tiles)
        )
    for network in dict.fromkeys(run.network for run in analysis.runs):
        position = [run.network for run in analysis.runs].index(network)
        for answer, members in (("wrong", wrong[position]), ("right", ~wrong[position])):
            group = np.flatnonzero(members)
            rng = stream("gallery", answer, network)
            tiles = tuple(Tile(index, (position,)) for index in _drawn(group, each, rng))
            title = f"{network}: random {answer} ones"
            words = f"Drawn from all held-out images that {analysis.runs[position]} gets {answer}."
            found.append(Gallery(f"{answer}_{network}", "network", title, words, len(group), tiles))
    return [gallery for gallery in found if gallery.tiles]


def file_name(text: str) -> str:
    """Lower case, everything but letters and digits as underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _drawn(group: np.ndarray, at_most: int, rng: np.random.Generator) -> list[int]:
    return [int(index) for index in rng.permutation(group)[:at_most]]


@dataclass(frozen=True)
class Answer:
    """What one network says of an image: the class most of the runs shown name, and its mean probability in those."""

    network: str
    predicted: str
    probability: float
    runs: int
    agreeing: int
    right: bool


def answers(tile: Tile, analysis: Analysis) -> list[Answer]:
    """One Answer a network of the tile's runs, in the grid's order."""
    found = []
    for network in dict.fromkeys(analysis.runs[run].network for run in tile.runs):
        runs = [run for run in tile.runs if analysis.runs[run].network == network]
        said = analysis.predicted[runs, tile.index]
        most = int(np.bincount(said).argmax())
        agreeing = [run for run, one in zip(runs, said, strict=True) if one == most]
        found.append(
            Answer(
                network=network,
                predicted=analysis.class_names[most],
                probability=float(analysis.probabilities[agreeing, tile.index, most].mean()),
                runs=len(runs),
                agreeing=len(agreeing),
                right=most == analysis.labels[tile.index],
            )
        )
    return found


def votes(tile: Tile, analysis: Analysis) -> list[str]:
    """The classes that people chose for the image, ascending by class; empty where nobody was asked."""
    if analysis.votes is None:
        return []
    return [analysis.class_names[vote] for vote in sorted(analysis.votes[tile.index])]


def table(galleries: Sequence[Gallery], analysis: Analysis) -> Table:
    """The table galleries: one row for each image and run shown."""
    return Table(
        name="galleries",
        caption="The images shown, drawn at random by the seed, and what the runs shown with each say of it.",
        kind="associated",
        columns=(
            *("gallery", "network", "seed", "id", *([] if analysis.files is None else ["file"])),
            *("true", "predicted", "probability", "cause", "votes", "n"),
        ),
        rows=[
            {
                "gallery": gallery.name,
                "network": analysis.runs[run].network,
                "seed": analysis.runs[run].seed,
                "id": int(analysis.ids[tile.index]),
                **analysis.source(tile.index),
                "true": analysis.class_names[analysis.labels[tile.index]],
                "predicted": analysis.class_names[analysis.predicted[run, tile.index]],
                "probability": float(analysis.probabilities[run, tile.index, analysis.predicted[run, tile.index]]),
                "cause": (("", *CAUSES))[analysis.causes[run, tile.index]],
                "votes": "; ".join(votes(tile, analysis)),
                "n": gallery.of,
            }
            for gallery in galleries
            for tile in gallery.tiles
            for run in tile.runs
        ],
    )


@styled
def draw(gallery: Gallery, images: np.ndarray, analysis: Analysis) -> Figure:
    """The gallery as a picture: true class, the networks' answers with probabilities, people's votes.

    Args:
        images: uint8 (N, H, W, 3), the images of analysis.ids.
    """
    down = -(-len(gallery.tiles) // ACROSS)
    captions = [_lines(tile, analysis) for tile in gallery.tiles]
    row = TILE + GAP + LINE * max(map(len, captions))
    width, height = ACROSS * (TILE + GAP) + GAP, HEAD + down * (row + GAP)
    figure = Figure(figsize=(width, height))
    title = f"{gallery.title} ({len(gallery.tiles)} of {gallery.of:,})"
    figure.text(GAP / width, 1 - GAP / height, title, size=11, weight="bold", va="top")
    for place, (tile, lines) in enumerate(zip(gallery.tiles, captions, strict=True)):
        left = GAP + (place % ACROSS) * (TILE + GAP)
        top = height - HEAD - (place // ACROSS) * (row + GAP)
        axes = figure.add_axes((left / width, (top - TILE) / height, TILE / width, TILE / height))
        axes.set_axis_off()
        axes.imshow(images[tile.index])
        for line, (text, tint, weight) in enumerate(lines):
            bottom = top - TILE - GAP / 3 - LINE * (line + 1) + LINE / 4
            figure.text(left / width, bottom / height, text, size=7.5, color=tint, weight=weight)
    return figure


ACROSS, TILE, GAP, LINE, HEAD = 4, 1.66, 0.14, 0.15, 0.45
"""Tiles a row; inches: a tile's side, the space between, the height of a line of text, the height of the title."""

CHARACTERS = 28
"""What fits under a tile."""


def _lines(tile: Tile, analysis: Analysis) -> list[tuple[str, str, str]]:
    """Text, colour and weight of each line under the tile."""
    lines = [(short(analysis.class_names[analysis.labels[tile.index]], CHARACTERS - 4), INK, "bold")]
    for answer in answers(tile, analysis):
        seeds = f" {answer.agreeing}/{answer.runs}" if answer.runs > 1 else ""
        network = short(answer.network, 11)
        predicted = short(answer.predicted, CHARACTERS - len(network) - len(seeds) - len(":  0.00"))
        text = f"{network}: {predicted}{seeds} {answer.probability:.2f}"
        lines.append((text, INK if answer.right else VERMILION, "normal"))
    chosen = votes(tile, analysis)
    if chosen:
        lines.append((short("people: " + counted(chosen), CHARACTERS), FAINT, "normal"))
    return lines


def counted(chosen: Sequence[str]) -> str:
    """Names with how often each was chosen, most often first: 'dog 2, cat 1'."""
    counts = {name: chosen.count(name) for name in dict.fromkeys(chosen)}
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))
