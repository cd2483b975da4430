"""Pixel edits, and for each a placebo: noise that changes an image as much.

Images are (n, H, W, 3) with values from 0 to 255, of any dtype; what is made of them is float32 of the same shape, in
the same range.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SHIFT = 2
"""Pixels."""
BLUR = 1.0
"""Standard deviation of the Gaussian, pixels."""
LUMA = np.array([0.299, 0.587, 0.114], "float32")
"""Weights of red, green and blue in a grey (ITU-R BT.601)."""
BLACK = np.zeros(3, "float32")


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

    corners: int (n, 2), row and column of the square's upper left pixel. fill: (n, 3) or (3,), the colour.
    """
    _, height, width, _ = images.shape
    side = occlusion_side(images.shape)
    row, column = (corners[:, axis, None, None] for axis in (0, 1))
    rows, columns = np.arange(height)[:, None], np.arange(width)
    inside = (rows >= row) & (rows < row + side) & (columns >= column) & (columns < column + side)
    return _filled(images, inside, fill)


def occlusion_side(shape: tuple[int, ...]) -> int:
    """Pixels, the side of the occluding square for images of this shape, (n, H, W, 3).

    >>> occlusion_side((1, 32, 40, 3))
    8
    """
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


EDITS = (
    Edit("greyscale", "colour removed, brightness kept", lambda images, _: greyscale(images)),
    Edit("blur", "Gaussian blur, standard deviation 1 pixel", lambda images, _: blurred(images)),
    Edit("half contrast", "halfway to the mean brightness", lambda images, _: half_contrast(images)),
    Edit("flip", "left and right exchanged", lambda images, _: flipped(images)),
    Edit("shift right", "2 pixels to the right", lambda images, _: shifted(images, down=0, right=SHIFT)),
    Edit("shift down", "2 pixels down", lambda images, _: shifted(images, down=SHIFT, right=0)),
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
        lambda images, _: centre_only(images),
    ),
    Edit(
        "border only",
        "the central quarter of the area filled with the mean colour of the rest",
        lambda images, _: border_only(images),
    ),
)


def with_placebos(
    images: np.ndarray, rng: np.random.Generator, draws: int = 1
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each of EDITS the edited images (n, H, W, 3), and `draws` placebos of each: (n * draws, H, W, 3)."""
    corners = random_corners(images.shape, rng)
    for edit, noise in zip(EDITS, rng.spawn(len(EDITS)), strict=True):
        edited = edit.apply(images, corners)
        yield edited, placebo(np.repeat(images, draws, axis=0), np.repeat(edited, draws, axis=0), noise)


def change(images: np.ndarray, edited: np.ndarray) -> np.ndarray:
    """float32 (n,): the L2 norm of each image's change, over pixels and channels."""
    difference = np.asarray(edited, "float32") - np.asarray(images, "float32")
    return np.linalg.norm(difference.reshape(len(images), -1), axis=1)


def placebo(images: np.ndarray, edited: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Images with random noise as far from them as the edited ones are: equal L2 norm of the change, per image.

    The noise is Gaussian, independent over pixels and channels, cut off where it would leave 0..255, and scaled until
    the norm after the cut is the edit's. Where even the strongest such noise is smaller than the edit (an edit that
    turns most of an image from black to white), it is that strongest noise.
    """
    flat = np.asarray(images, "float32").reshape(len(images), -1)
    target = change(images, edited)
    noise = rng.standard_normal(flat.shape, "float32")
    room = np.where(noise > 0, 255 - flat, flat)
    size = np.abs(noise)

    def norm(scale: np.ndarray) -> np.ndarray:
        return np.linalg.norm(np.minimum(size * scale[:, None], room), axis=1)

    low, high = np.zeros(len(flat), "float32"), np.full(len(flat), 1e4, "float32")
    for _ in range(40):  # 1e4 / 2**40 is below what float32 tells apart
        middle = (low + high) / 2
        short = norm(middle) < target
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    scaled = np.minimum(size * high[:, None], room)
    moved = flat + np.sign(noise) * np.where(target[:, None] > 0, scaled, 0)
    return np.clip(moved, 0, 255).reshape(images.shape)
