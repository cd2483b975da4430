"""What a network answers when the pixels of images are changed, see stages.outcomes.Outcomes.

CAUSAL: the pixels are changed, nothing else, and the network is asked again.
"""

from collections.abc import Callable, Sequence

import numpy as np
from tqdm import tqdm

from stages.images import edits, occlusion

Predict = Callable[[np.ndarray], np.ndarray]
"""Images (n, H, W, 3), 0..255, to logits (n, classes); the highest is the answer."""


def choose(correct: np.ndarray, at_most: int, rng: np.random.Generator) -> np.ndarray:
    """Ascending positions of at most `at_most` wrong and as many right ones of bool (N,), each as likely."""
    chosen = [
        rng.choice(group, min(at_most, len(group)), replace=False)
        for group in (np.flatnonzero(~correct), np.flatnonzero(correct))
    ]
    return np.sort(np.concatenate(chosen))


def to_edits(
    predict: Predict, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """before, edited, placebo and norms of Outcomes for images (n, H, W, 3) with labels (n,). Shows a bar."""
    edited, placebo, norms = [], [], []
    pairs = edits.with_placebos(images, rng)
    for changed, noisy in tqdm(pairs, "edits", len(edits.EDITS), leave=False, disable=None):
        right = predict(np.concatenate([changed, noisy])).argmax(axis=1) == np.tile(labels, 2)
        edited.append(right[: len(images)])
        placebo.append(right[len(images) :])
        norms.append(edits.change(images, changed))
    before = predict(images).argmax(axis=1) == labels
    return {"before": before, "edited": np.array(edited), "placebo": np.array(placebo), "norms": np.array(norms)}


def to_errors(
    predict: Predict,
    images: np.ndarray,
    labels: np.ndarray,
    predicted: np.ndarray,
    rngs: Sequence[np.random.Generator],
) -> dict[str, np.ndarray]:
    """error_edited, error_placebo and maps of Outcomes for k images (k, H, W, 3), each with a stream of its own.

    labels, predicted: int (k,), the two classes that a map compares: it is positive for the predicted one.
    """
    kinds = len(edits.EDITS)
    if not len(images):
        none = np.zeros((kinds, 0), bool)
        return {"error_edited": none, "error_placebo": none, "maps": np.zeros(images.shape[:3])}
    logits = np.stack([predict(_variants(image, rng)) for image, rng in zip(images, rngs, strict=True)])
    right = logits[:, 1 : 1 + 2 * kinds].argmax(axis=2) == labels[:, None]
    maps = [
        occlusion.margin_map(each[0], each[1 + 2 * kinds :], answer, label, images.shape)
        for each, answer, label in zip(logits, predicted, labels, strict=True)
    ]
    return {"error_edited": right[:, :kinds].T, "error_placebo": right[:, kinds:].T, "maps": np.array(maps)}


def _variants(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """float32 (m, H, W, 3): the image (H, W, 3), its edits, their placebos, and the image with each place hidden."""
    changed, noisy = zip(*edits.with_placebos(image[None], rng), strict=True)
    return np.concatenate([image[None], *changed, *noisy, occlusion.hidden(image)])
