"""Interventions on the pixels: what an edit repairs and breaks, beside noise of the same size.

CAUSAL: we change the pixels of an image and see what the trained network says of it. Images are (n, H, W, 3) with
values from 0 to 255, of any dtype; every edit returns float32 of the same shape, in the same range.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage, stats

from stages.error_analysis.analysis import Analysis
from stages.error_analysis.grid import Run
from stages.error_analysis.intervals import holm
from stages.error_analysis.table import Table
from stages.streams import stream

Predict = Callable[[np.ndarray], np.ndarray]
"""Images (n, H, W, 3), 0..255, to scores (n, classes), logits or probabilities; the highest score is the answer."""

SHIFT = 2
"""Pixels."""
BLUR = 1.0
"""Standard deviation of the Gaussian, pixels."""
LUMA = np.array([0.299, 0.587, 0.114], "float32")
"""Weights of red, green and blue in a grey (ITU-R BT.601)."""


def greyscale(images: np.ndarray) -> np.ndarray:
    """Every pixel's luma in all three channels."""
    grey = np.asarray(images, "float32") @ LUMA
    return np.repeat(grey[..., None], 3, axis=3)


def blurred(images: np.ndarray) -> np.ndarray:
    """Gaussian blur; the border is continued outwards."""
    return ndimage.gaussian_filter(np.asarray(images, "float32"), BLUR, mode="nearest", axes=(1, 2))


def half_contrast(images: np.ndarray) -> np.ndarray:
    """Every value moved half the way to the image's mean luma, which stays."""
    grey = greyscale(images).mean(axis=(1, 2, 3), keepdims=True)
    return (np.asarray(images, "float32") + grey) / 2


def flipped(images: np.ndarray) -> np.ndarray:
    """Left and right exchanged."""
    return np.asarray(images, "float32")[:, :, ::-1]


def shifted(images: np.ndarray, down: int, right: int) -> np.ndarray:
    """Moved by whole pixels (0 or more); the border is continued into the gap."""
    _, height, width, _ = images.shape
    padded = np.pad(np.asarray(images, "float32"), ((0, 0), (down, 0), (right, 0), (0, 0)), mode="edge")
    return padded[:, :height, :width]


def occluded(images: np.ndarray, corners: np.ndarray, fill: np.ndarray) -> np.ndarray:
    """A square of a quarter of the image's side filled with a colour.

    Args:
        images: (n, H, W, 3).
        corners: int (n, 2), row and column of the square's upper left pixel.
        fill: (n, 3) or (3,), the colour.
    """
    _, height, width, _ = images.shape
    side = occlusion_side(images.shape)
    row, column = (corners[:, axis, None, None] for axis in (0, 1))
    rows, columns = np.arange(height)[:, None], np.arange(width)
    inside = (rows >= row) & (rows < row + side) & (columns >= column) & (columns < column + side)
    return _filled(images, inside, fill)


def occlusion_side(shape: tuple[int, ...]) -> int:
    """Pixels, the side of the occluding square for images (n, H, W, 3): 8 of 32."""
    return max(1, min(shape[1:3]) // 4)


def random_corners(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """int (n, 2): a place for the occluding square in each of the images (n, H, W, 3), every place as likely."""
    return rng.integers(0, np.array(shape[1:3]) - occlusion_side(shape) + 1, size=(shape[0], 2))


def centre_only(images: np.ndarray) -> np.ndarray:
    """All but the central half of the height and of the width hidden."""
    return _hidden(images, ~_centre(images.shape))


def border_only(images: np.ndarray) -> np.ndarray:
    """The central half of the height and of the width hidden."""
    return _hidden(images, _centre(images.shape))


def mean_colour(images: np.ndarray) -> np.ndarray:
    """float32 (n, 3)."""
    return np.asarray(images, "float32").mean(axis=(1, 2))


def _hidden(images: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Filled, where bool (H, W) says so, with the mean colour of what stays: the image's own would tell of the rest."""
    kept = images[:, ~where] if not where.all() else images.reshape(len(images), -1, 3)
    return _filled(images, where, np.asarray(kept, "float32").mean(axis=1))


def _centre(shape: tuple[int, ...]) -> np.ndarray:
    """bool (H, W)."""
    _, height, width, _ = shape
    centre = np.zeros((height, width), bool)
    centre[height // 4 : height - height // 4, width // 4 : width - width // 4] = True
    return centre


def _filled(images: np.ndarray, where: np.ndarray, fill: np.ndarray) -> np.ndarray:
    colour = np.atleast_2d(fill)[:, None, None]
    return np.where(where[..., None], colour, images).astype("float32")


@dataclass(frozen=True)
class Edit:
    """One edit: its name, what it does in words, and the function of the images and of the squares' corners."""

    name: str
    words: str
    apply: Callable[[np.ndarray, np.ndarray], np.ndarray]


BLACK = np.zeros(3, "float32")

EDITS = (
    Edit("greyscale", "colour removed, brightness kept", lambda images, corners: greyscale(images)),
    Edit("blur", "Gaussian blur, standard deviation 1 pixel", lambda images, corners: blurred(images)),
    Edit("half contrast", "halfway to the mean brightness", lambda images, corners: half_contrast(images)),
    Edit("flip", "left and right exchanged", lambda images, corners: flipped(images)),
    Edit("shift right", "2 pixels to the right", lambda images, corners: shifted(images, down=0, right=SHIFT)),
    Edit("shift down", "2 pixels down", lambda images, corners: shifted(images, down=SHIFT, right=0)),
    Edit(
        "occlusion (mean)",
        "a random square of a quarter of the side, filled with the image's mean colour",
        lambda images, corners: occluded(images, corners, mean_colour(images)),
    ),
    Edit(
        "occlusion (black)",
        "the same square filled with black",
        lambda images, corners: occluded(images, corners, BLACK),
    ),
    Edit(
        "centre only",
        "all but the central quarter of the area filled with the mean colour of that",
        lambda images, corners: centre_only(images),
    ),
    Edit(
        "border only",
        "the central quarter of the area filled with the mean colour of the rest",
        lambda images, corners: border_only(images),
    ),
)


def placebo(images: np.ndarray, edited: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Images with random noise as far from them as the edited ones are: equal L2 norm of the change, per image.

    The noise is Gaussian, independent over pixels and channels, cut off where it would leave 0..255, and scaled until
    the norm after the cut is the edit's. Where even the strongest such noise is smaller than the edit (an edit that
    turns most of an image from black to white), it is that strongest noise.

    Args:
        images, edited: (n, H, W, 3), 0..255.

    Returns:
        float32 (n, H, W, 3), 0..255.
    """
    flat = np.asarray(images, "float32").reshape(len(images), -1)
    wanted = np.linalg.norm(np.asarray(edited, "float32").reshape(flat.shape) - flat, axis=1)
    noise = rng.standard_normal(flat.shape, "float32")
    room = np.where(noise > 0, 255 - flat, flat)
    size = np.abs(noise)

    def norm(scale: np.ndarray) -> np.ndarray:
        return np.linalg.norm(np.minimum(size * scale[:, None], room), axis=1)

    low, high = np.zeros(len(flat), "float32"), np.full(len(flat), 1e4, "float32")
    for _ in range(40):  # 1e4 / 2**40 is below what float32 tells apart
        middle = (low + high) / 2
        short = norm(middle) < wanted
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    scaled = np.minimum(size * high[:, None], room)
    moved = flat + np.sign(noise) * np.where(wanted[:, None] > 0, scaled, 0)
    return np.clip(moved, 0, 255).reshape(images.shape)


def choose(correct: np.ndarray, at_most: int, rng: np.random.Generator) -> np.ndarray:
    """Ascending positions of at most `at_most` wrong and as many right ones of bool (N,), each as likely."""
    chosen = [
        rng.choice(group, min(at_most, len(group)), replace=False)
        for group in (np.flatnonzero(~correct), np.flatnonzero(correct))
    ]
    return np.sort(np.concatenate(chosen))


@dataclass(frozen=True)
class Outcomes:
    """What a network says of n images before and after each of E edits, and after the placebo of each.

    before: bool (n,), right without any edit. edited, noisy: bool (E, n), right after the edit, after its placebo.
    norms: float32 (E, n), L2 norm of the edit's change, pixel values 0..255. names: the E edits.
    """

    names: tuple[str, ...]
    before: np.ndarray
    edited: np.ndarray
    noisy: np.ndarray
    norms: np.ndarray


def intervene(predict: Predict, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Outcomes:
    """Ask the network about the images (n, H, W, 3), labels (n,), and about every edit and every placebo of them."""
    corners = random_corners(images.shape, rng)
    edited, noisy, norms = [], [], []
    for edit, noise in zip(EDITS, rng.spawn(len(EDITS)), strict=True):
        changed = edit.apply(images, corners)
        edited.append(_right(predict, changed, labels))
        noisy.append(_right(predict, placebo(images, changed, noise), labels))
        norms.append(np.linalg.norm((changed - images).reshape(len(images), -1), axis=1))
    return Outcomes(
        names=tuple(edit.name for edit in EDITS),
        before=_right(predict, images, labels),
        edited=np.array(edited),
        noisy=np.array(noisy),
        norms=np.array(norms, "float32"),
    )


def _right(predict: Predict, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.asarray(predict(images)).argmax(axis=1) == labels


@dataclass(frozen=True)
class Difference:
    """A difference of two proportions of the same n cases, with its interval and exact McNemar p; None for n of 0."""

    n: int
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None


def paired_difference(first: np.ndarray, second: np.ndarray, confidence: float) -> Difference:
    """How much more often `first` is true than `second`, both bool (n,), case by case.

    Interval: Bonett and Price 2012, "Adjusted Wald confidence interval for a difference of binomial proportions based
    on paired data", Journal of Educational and Behavioral Statistics 37(4), 479-488. (A bootstrap would give an
    interval of no width where no case differs, which is common with rare repairs.) p: exact McNemar test, two-sided
    (binomial test of the cases where one is true and the other is not).
    """
    n = len(first)
    if n == 0:
        return Difference(0, None, None, None, None, None, None)
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(~first & second))
    a, b = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
    half = stats.norm.ppf((1 + confidence) / 2) * np.sqrt((a + b - (a - b) ** 2) / (n + 2))
    discordant = only_first + only_second
    return Difference(
        n=n,
        first=float(first.mean()),
        second=float(second.mean()),
        difference=(only_first - only_second) / n,
        low=float(max(-1, a - b - half)),
        high=float(min(1, a - b + half)),
        p=float(stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0,
    )


def rows(outcomes: Outcomes, confidence: float) -> list[dict[str, Any]]:
    """Two rows an edit: what it repairs of the wrong images, what it breaks of the right ones, beside its placebo."""
    found = []
    for name, edited, noisy, norms in zip(outcomes.names, outcomes.edited, outcomes.noisy, outcomes.norms, strict=True):
        for direction, group in (("repair", ~outcomes.before), ("break", outcomes.before)):
            turned, turned_by_noise = (after[group] != outcomes.before[group] for after in (edited, noisy))
            result = paired_difference(turned, turned_by_noise, confidence)
            found.append(
                {
                    "edit": name,
                    "direction": direction,
                    "n": result.n,
                    "rate": result.first,
                    "placebo_rate": result.second,
                    "difference": result.difference,
                    "low": result.low,
                    "high": result.high,
                    "p": result.p,
                    "p_holm": None,
                    "mean_l2": float(norms[group].mean()) if result.n else None,
                }
            )
    return found


COLUMNS = (
    *("network", "seed", "edit", "direction", "n", "rate", "placebo_rate"),
    *("difference", "low", "high", "p", "p_holm", "mean_l2"),
)


def pixel_edits(
    networks: Mapping[Run, Predict],
    images: np.ndarray,
    analysis: Analysis,
    *,
    at_most: int,
    seed: int,
    confidence: float,
) -> Table:
    """The table pixel_edits: every edit on at most `at_most` wrong and as many right images of each network.

    Args:
        networks: the runs to ask, each one of analysis.runs.
        images: uint8 (N, H, W, 3), the images of analysis.ids.
        seed: draws the images, the squares and the noise.
    """
    found = []
    for run, predict in networks.items():
        position = analysis.runs.index(run)
        rng = stream("edits", run.network, run.seed)
        chosen = choose(analysis.predicted[position] == analysis.labels, at_most, rng)
        outcomes = intervene(predict, images[chosen], analysis.labels[chosen], rng)
        found += [{"network": run.network, "seed": run.seed} | row for row in rows(outcomes, confidence)]
    tested = [row for row in found if row["p"] is not None]
    for row, corrected in zip(tested, holm(np.array([row["p"] for row in tested])), strict=True):
        row["p_holm"] = float(corrected)
    return Table(
        name="pixel_edits",
        caption=(
            f"What pixel edits repair and break, on at most {at_most} wrong and {at_most} right images a network, "
            "drawn at random: the share of wrong images that an edit turns right (repair), of right ones that it turns "
            "wrong (break), and the same for random noise of equal L2 norm (placebo). What counts is the difference: a "
            "wrong answer that any nudge turns was a close call. Interval: Bonett and Price 2012, over images; p: "
            "exact McNemar test of edit against placebo, p_holm: corrected over the table (Holm); mean_l2: mean L2 "
            "norm of the change, pixel values 0 to 255."
        ),
        kind="causal",
        columns=COLUMNS,
        rows=found,
    )
