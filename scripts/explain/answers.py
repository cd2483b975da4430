"""What one network says of one image, and what makes it say something else.

CAUSAL throughout: a class is taken away or pixels are changed, and the network is asked again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from scripts.explain.neighbours import Neighbour
from stages.images import edits, occlusion
from stages.streams import stream

NOISES = 100
"""Draws of noise that each edit is compared with: with one image, a single draw would be a coin toss."""


@dataclass(frozen=True)
class Knockout:
    """The answer when some classes may not be chosen. probability: among the classes left."""

    removed: tuple[int, ...]
    answer: int
    probability: float


@dataclass(frozen=True)
class Edited:
    """What an edit does, beside noise as far from the image as the edit is.

    probability: of the answer after the edit. kept: of the class that was the answer before. noise_answers: int64
    (draws,), noise_kept: float64 (draws,), the same after each draw of noise. norm: L2, pixel values 0..255.
    """

    name: str
    answer: int
    probability: float
    kept: float
    noise_answers: np.ndarray
    noise_kept: np.ndarray
    norm: float


@dataclass(frozen=True)
class Occlusion:
    """Which parts speak for the answer, and which for its rival: the label's class, or else the second most probable.

    map: float64 (H, W), logits, positive for the answer, see occlusion.margin_map. side: pixels of the square.
    places: at how many places it was put. turned: at how many of these the answer is another.
    """

    rival: int
    map: np.ndarray
    side: int
    places: int
    turned: int


@dataclass(frozen=True)
class Explanation:
    """What a network says of one image, and why. probabilities: float64 (classes,), sum to 1.

    neighbours: None where the features of the image are all zero, empty where nobody asked.
    """

    probabilities: np.ndarray
    knockouts: tuple[Knockout, ...]
    edits: tuple[Edited, ...]
    occlusion: Occlusion
    neighbours: tuple[Neighbour, ...] | None = ()

    @property
    def predicted(self) -> int:
        return int(self.probabilities.argmax())


def explain(
    predict: Callable[[np.ndarray], np.ndarray],
    image: np.ndarray,
    label: int | None,
    neighbours: tuple[Neighbour, ...] | None = (),
) -> Explanation:
    """Ask a network about an image, uint8 (H, W, 3), and about all that is done to it, at once.

    predict: images (n, H, W, 3) to logits (n, classes). label: the image's class, None where it is not known. The noise
    and the place of the edits' square are the same for every network and image.
    """
    changed, noisy = zip(*edits.with_placebos(image[None], stream("explain"), NOISES), strict=True)
    pieces = [image[None], occlusion.hidden(image), *changed, *noisy]
    logits = np.asarray(predict(np.concatenate(pieces)), "float64")
    whole, covered, *of_edits = np.split(logits, np.cumsum([len(piece) for piece in pieces])[:-1])
    after, after_noise = of_edits[: len(changed)], of_edits[len(changed) :]
    predicted = int(whole.argmax())
    removals = knockouts(whole[0], label)
    rival = removals[0].answer if label is None or label == predicted else label
    return Explanation(
        probabilities=softmax(whole[0]),
        knockouts=removals,
        edits=tuple(
            _edited(edit.name, predicted, by_edit[0], by_noise, float(edits.change(image[None], pixels)[0]))
            for edit, pixels, by_edit, by_noise in zip(edits.EDITS, changed, after, after_noise, strict=True)
        ),
        occlusion=Occlusion(
            rival=rival,
            map=occlusion.margin_map(whole[0], covered, predicted, rival, (1, *image.shape)),
            side=edits.occlusion_side((1, *image.shape)),
            places=len(covered),
            turned=int((covered.argmax(axis=1) != predicted).sum()),
        ),
        neighbours=neighbours,
    )


def knockouts(logits: np.ndarray, label: int | None) -> tuple[Knockout, ...]:
    """The answer without the network's first choice; where the label is another class and known, also the answer
    without the fewest classes that make it right, which are all that the network finds more probable.

    Taking away any other class than the first choice changes nothing. logits: (classes,).
    """
    order = np.argsort(-logits, kind="stable").tolist()
    depths = {1} if label is None or label == order[0] else {1, order.index(label)}
    return tuple(
        Knockout(tuple(order[:depth]), order[depth], float(softmax(logits[order[depth:]])[0]))
        for depth in sorted(depths)
    )


def _edited(name: str, predicted: int, logits: np.ndarray, noise_logits: np.ndarray, norm: float) -> Edited:
    """predicted: the answer before. logits: (classes,), after the edit; noise_logits: (draws, classes)."""
    probabilities, answer = softmax(logits), int(logits.argmax())
    return Edited(
        name=name,
        answer=answer,
        probability=float(probabilities[answer]),
        kept=float(probabilities[predicted]),
        noise_answers=noise_logits.argmax(axis=1),
        noise_kept=softmax(noise_logits, axis=1)[:, predicted],
        norm=norm,
    )
