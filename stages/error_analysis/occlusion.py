"""Occlusion maps: which part of one image speaks for the wrong answer.

Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks" (section 4.2): a square slides over the
image, hides what is under it, and the network is asked again. CAUSAL: what is mapped is what hiding changes. (Grad-CAM
would be of no use here: the kernels cover the image, so that a feature map has no place.)
"""

import numpy as np

from stages.error_analysis.edits import Predict, mean_colour, occluded, occlusion_side


def places(shape: tuple[int, ...]) -> np.ndarray:
    """int (places, 2), corners of the square that slides over an image (n, H, W, 3), a quarter of its side at a time.

    The first and the last place touch the borders, so that no pixel is left out.
    """
    side = occlusion_side(shape)
    step = max(1, side // 4)
    rows, columns = (sorted({*range(0, extent - side, step), extent - side}) for extent in shape[1:3])
    return np.array([(row, column) for row in rows for column in columns])


def occluded_logits(predict: Predict, image: np.ndarray) -> np.ndarray:
    """Logits (places, classes) of one image (H, W, 3) with the square at each place, filled with the mean colour."""
    corners = places((1, *image.shape))
    copies = np.broadcast_to(image, (len(corners), *image.shape))
    return np.asarray(predict(occluded(copies, corners, mean_colour(image[None]))))


def pixel_map(changes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Mean change over all places of the square that cover a pixel.

    Args:
        changes: (places,), what hiding at each place changes.
        shape: (n, H, W, 3) of the images.

    Returns:
        float64 (H, W).
    """
    side = occlusion_side(shape)
    total, count = np.zeros(shape[1:3]), np.zeros(shape[1:3])
    for (row, column), change in zip(places(shape), changes, strict=True):
        total[row : row + side, column : column + side] += change
        count[row : row + side, column : column + side] += 1
    return total / count


def margin_map(predict: Predict, image: np.ndarray, true: int, wrong: int) -> np.ndarray:
    """What each part of the image adds to the wrong class's lead: float64 (H, W), in logits.

    The lead is the logit of class `wrong` minus that of class `true`. Positive: hiding this part lowers the lead, so
    it speaks for the wrong class; negative: it speaks for the true one.
    """
    hidden = occluded_logits(predict, image)
    whole = np.asarray(predict(image[None]))[0]
    changes = (whole[wrong] - whole[true]) - (hidden[:, wrong] - hidden[:, true])
    return pixel_map(changes, (1, *image.shape))
