"""As benchmarks.planted, of networks that change one setting in training: what each change repairs is known."""

from dataclasses import replace

import numpy as np

from benchmarks.planted import CLASSES, EPOCHS, POPULATION, SPREAD, answered, drawn_answers, shifted
from benchmarks.planted import drawn as drawn
from stages.run import Run
from tests import worlds

CAT = CLASSES.index("cat")
CHANGES = {
    "base": {},
    "flipped": {"augment": "flip_shift"},
    "dropped": {"dropout": 0.5},
    "catless": {"without": "cat"},
    "half": {"train_share": 0.5},
    "quarter": {"train_share": 0.25},
    "fast": {"learning_rate": 0.1},
    "adam": {"optimizer": "adam", "learning_rate": 0.001},
    "calm": {"optimizer": "adam", "learning_rate": 0.0001},
}
KINDS = {  # share of the images, chance of a wrong answer, and where it is another one
    "remains": (0.1, 0.97, {}),
    "flipped": (0.1, 0.9, {"flipped": 0.1}),
    "scarce": (0.15, 0.3, {"half": 0.5, "quarter": 0.8}),
    "rate": (0.2, 0.2, {"fast": 0.8, "calm": 0.8}),
    "optimizer": (0.1, 0.6, {"adam": 0.2, "calm": 0.2}),
    "absent": (0.1, 0.8, {"catless": 0.2}),
    "luck": (0.15, 0.5, {}),
    "easy": (0.1, 0.03, {}),
}
SHARES = np.array([share for share, _, _ in KINDS.values()])
CHANCES = np.array([[others.get(name, usual) for _, usual, others in KINDS.values()] for name in CHANGES])
"""Float (networks, kinds)."""
KEYS, MANY_SEEDS = ("changed",), 300
LOSSES = {"base": (2.2, 0.9), "fast": (2.2, 0.4), "adam": (2.0, 0.3), "calm": (2.3, 1.2)}
"""Training loss after the first and the last epoch, where it counts."""


def population(rng, seeds):
    labels, chances = _images(rng, POPULATION)
    return _sample(rng, labels, np.repeat(chances[:, None], seeds, axis=1), 2), {}


def fixed_images(rng, images):
    return _images(rng, images)


def trained(rng, images, seeds, resamples):
    labels, chances = images
    shape = len(chances), seeds
    shifts = rng.normal(0, SPREAD, (*shape, 1)) + rng.normal(0, SPREAD, (*shape, len(CLASSES)))
    return _sample(rng, labels, shifted(chances, shifts[..., labels]), resamples)


def _images(rng, images):
    """Labels, and the chances of a wrong answer, float (networks, N): a class that was not there is always missed."""
    labels = rng.integers(0, len(CLASSES), images)
    chances = CHANCES[:, rng.choice(len(KINDS), images, p=SHARES)]
    chances[list(CHANGES).index("catless"), labels == CAT] = 1
    return labels, chances


def _sample(rng, labels, chances, resamples):
    sample = answered(rng, labels, chances, resamples, CHANGES, _without_cat)
    histories = {
        Run(name, seed): worlds.history(np.linspace(*ends, EPOCHS))
        for name, ends in LOSSES.items()
        for seed in sample.seeds
    }
    return replace(sample, histories=histories)


def _without_cat(rng, labels, chances):
    """The network without cats answers another wrong class instead."""
    answers, place = drawn_answers(rng, labels, chances), list(CHANGES).index("catless")
    other = np.where((labels + 2) % len(CLASSES) == CAT, labels + 1, labels + 2) % len(CLASSES)
    answers[place] = np.where(answers[place] == CAT, other, answers[place])
    return answers
