"""What one network says of one image, and what makes it say something else.

CAUSAL throughout: a class is taken away or pixels are changed, and the network is asked again.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax
from stages.error_analysis.edits import Predict
from stages.error_analysis.knockout import without

from stages.error_analysis import edits, occlusion

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
class Answer:
    """What a network says of one image. probabilities: float64 (classes,), sum to 1."""

    probabilities: np.ndarray
    knockouts: tuple[Knockout, ...]
    edits: tuple[Edited, ...]
    occlusion: Occlusion

    @property
    def predicted(self) -> int:
        return int(self.probabilities.argmax())


def ask(predict: Predict, image: np.ndarray, label: int | None, seed: int) -> Answer:
    """Ask a network about an image, uint8 (H, W, 3), and about all that is done to it.

    predict: to logits. label: the image's class, None where it is not known. seed: draws the noise and the place of the
    edits' square; the same for every network.
    """
    logits = _float64(predict(image[None]))[0]
    predicted = int(logits.argmax())
    removals = knockouts(logits, label)
    rival = label if label not in (None, predicted) else removals[0].answer
    return Answer(
        probabilities=softmax(logits),
        knockouts=removals,
        edits=edited(predict, image, predicted, np.random.default_rng(seed)),
        occlusion=occluded(predict, image, predicted, rival),
    )


def knockouts(logits: np.ndarray, label: int | None) -> tuple[Knockout, ...]:
    """The answer without the network's first choice; where the label is another class and known, also the answer
    without the fewest classes that make it right, which are all that the network finds more probable.

    Taking away any other class than the first choice changes nothing. logits: (classes,).
    """
    first = int(logits.argmax())
    found, removed, left = [], [], logits
    while not found or (label not in (None, first) and found[-1].answer != label):
        answer = int(left.argmax())
        after = int(without(left, answer))
        removed.append(answer)
        left = left.copy()
        left[answer] = -np.inf
        found.append(Knockout(tuple(removed), after, float(softmax(left)[after])))
    return (found[0],) if len(found) == 1 else (found[0], found[-1])


def edited(predict: Predict, image: np.ndarray, predicted: int, rng: np.random.Generator) -> tuple[Edited, ...]:
    """Every edit of error_analysis, each beside NOISES draws of its placebo. predicted: the answer before."""
    corners = edits.random_corners((1, *image.shape), rng)
    streams = rng.spawn(len(edits.EDITS))
    return tuple(
        _edited(edit.name, predict, image, edit.apply(image[None], corners)[0], predicted, stream)
        for edit, stream in zip(edits.EDITS, streams, strict=True)
    )


def _edited(
    name: str, predict: Predict, image: np.ndarray, changed: np.ndarray, predicted: int, rng: np.random.Generator
) -> Edited:
    shape = (NOISES, *image.shape)
    noisy = edits.placebo(np.broadcast_to(image, shape), np.broadcast_to(changed, shape), rng)
    logits = _float64(predict(np.concatenate([changed[None], noisy])))
    answers, probabilities = logits.argmax(axis=1), softmax(logits, axis=1)
    return Edited(
        name=name,
        answer=int(answers[0]),
        probability=float(probabilities[0, answers[0]]),
        kept=float(probabilities[0, predicted]),
        noise_answers=answers[1:],
        noise_kept=probabilities[1:, predicted],
        norm=float(np.linalg.norm(changed - np.asarray(image, "float32"))),
    )


def occluded(predict: Predict, image: np.ndarray, predicted: int, rival: int) -> Occlusion:
    """The occlusion map of error_analysis, of the answer against the rival."""
    hidden = occlusion.occluded_logits(predict, image)
    return Occlusion(
        rival=rival,
        map=occlusion.margin_map(predict, image, true=rival, wrong=predicted),
        side=edits.occlusion_side((1, *image.shape)),
        places=len(hidden),
        turned=int((hidden.argmax(axis=1) != predicted).sum()),
    )


def _float64(logits: np.ndarray) -> np.ndarray:
    return np.asarray(logits, "float64")
