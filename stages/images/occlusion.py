"""Occlusion maps: which part of an image speaks for one class rather than another.

Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks" (section 4.2): a square slides over the
image, hides what is under it, and the network is asked again. (Grad-CAM would be of no use here: the kernels cover the
image, so that a feature map has no place.)
"""

import numpy as np

from stages.images.edits import mean_colour, occluded, occlusion_side

FIRST, SECOND = np.array([213.0, 94.0, 0.0]), np.array([0.0, 114.0, 178.0])
"""Vermilion and blue of Okabe and Ito 2008, which colour-blind readers tell apart; red, green and blue, 0..255."""


def corners(shape: tuple[int, ...]) -> np.ndarray:
    """int (places, 2), corners of the square that slides over an image (n, H, W, 3), a quarter of its side at a time.

    The first and the last place touch the borders, so that no pixel is left out.
    """
    side = occlusion_side(shape)
    step = max(1, side // 4)
    rows, columns = (sorted({*range(0, extent - side, step), extent - side}) for extent in shape[1:3])
    return np.array([(row, column) for row in rows for column in columns])


def hidden(image: np.ndarray) -> np.ndarray:
    """float32 (places, H, W, 3): the image (H, W, 3) with the square at each place, filled with the mean colour."""
    places = corners((1, *image.shape))
    return occluded(np.broadcast_to(image, (len(places), *image.shape)), places, mean_colour(image[None]))


def pixel_map(changes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """float64 (H, W): mean change over all places of the square that cover a pixel.

    changes: (places,), what hiding at each place changes. shape: (n, H, W, 3) of the images.
    """
    side = occlusion_side(shape)
    total, count = np.zeros(shape[1:3]), np.zeros(shape[1:3])
    for (row, column), change in zip(corners(shape), changes, strict=True):
        total[row : row + side, column : column + side] += change
        count[row : row + side, column : column + side] += 1
    return total / count


def margin_map(whole: np.ndarray, covered: np.ndarray, first: int, second: int, shape: tuple[int, ...]) -> np.ndarray:
    """What each part of an image adds to the lead of class `first` over class `second`: float64 (H, W), in logits.

    The lead is the difference of their logits. Positive: hiding this part lowers the lead, so it speaks for `first`;
    negative: for `second`. whole: (classes,), the logits of the image; covered: (places, classes), those of `hidden`;
    shape: (n, H, W, 3) of the images.
    """
    return pixel_map((whole[first] - whole[second]) - (covered[:, first] - covered[:, second]), shape)


def overlay(image: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    """A pale grey version of the image, orange where a part speaks for the first class, blue for the second.

    The colour is full at the largest absolute value of this map. image: uint8 (H, W, 3). evidence: (H, W), see
    margin_map. Returns uint8 (H, W, 3).
    """
    grey = 150 + 105 * image.mean(axis=2, keepdims=True) / 255
    largest = np.abs(evidence).max()
    strength = (np.abs(evidence) / largest if largest > 0 else np.zeros_like(evidence, float))[..., None]
    tint = np.where(evidence[..., None] > 0, FIRST, SECOND)
    return np.rint(grey * (1 - 0.85 * strength) + tint * 0.85 * strength).astype("uint8")
