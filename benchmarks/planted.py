"""Two worlds in which the truth is known: one draws new images for the same runs, one new runs for the same images.

Every image is of one kind, and the kind and the network decide how likely a run is to get it wrong.
"""

from dataclasses import replace

import numpy as np
from scipy.special import expit, logit

from stages.outcomes import Outcomes
from stages.statistics.chances import BANDS
from tests import worlds

CLASSES = ("bird", "cat", "ship", "truck")
CHANCES = {  # of a wrong answer, by network, in the order of worlds.CELLS: adam 15, adam 10, sgd 15, sgd 10
    "always": (0.97, 0.97, 0.97, 0.97),
    "mostly": (0.7, 0.7, 0.7, 0.7),
    "optimizer": (0.15, 0.15, 0.7, 0.7),
    "kernel": (0.7, 0.15, 0.7, 0.15),
    "luck": (0.15, 0.15, 0.15, 0.15),
    "easy": (0.02, 0.02, 0.02, 0.02),
}
HARD, USUAL = (0.1, 0.2, 0.2, 0.1, 0.2, 0.2), (0.05, 0.1, 0.1, 0.05, 0.2, 0.5)
"""Shares of the kinds, in the order of CHANCES, among the images of the first two classes and of the others."""
SLIPS = np.array([0.5, 0.3, 0.1, 0.1, 0.1, 0.05])
"""How often a vote differs from the label, by kind."""
EDITED, PLACEBO = 0.3, 0.2
"""How often an edit turns an answer, and its placebo."""
FITTED = 0.3
"""Chance of a wrong answer to an image that a run learned from, in parts of that to another image of its kind."""
SIMILAR, SIMILARITIES = (0.3, 0.4, 0.2, 0.1), (0.5, 0.85, 0.95, 0.99)
"""To the nearest training image: shares of the images that have each."""
POPULATION, MANY_SEEDS, EPOCHS = 20_000, 1000, 12
KEYS = ()
"""Of the streams of random numbers."""
NEXT = 0.6
"""How often a wrong answer names the next class; how often, of the others, the one after it."""
SPREAD = 0.15
"""Standard deviation over seeds of the logit of a run's chances, as a whole, and once more in each class."""


def population(rng, seeds):
    """All the images that there are, with the answers of the runs, which are the truth; and the error masses."""
    labels, kinds, held_out = _images(rng, POPULATION)
    sample = answered(rng, labels, np.repeat(held_out[:, None], seeds, axis=1), 2)
    votes = np.where(
        rng.random((POPULATION, 3)) < SLIPS[kinds][:, None],
        (labels[:, None] + rng.integers(1, 3, (POPULATION, 3))) % len(CLASSES),
        labels[:, None],
    )
    (apart,) = rng.spawn(1)
    known = {"votes": votes.astype(np.uint8), "interventions": _edits(rng, sample), "similarity": similarity(apart)}
    labels, _, chances = _images(apart, POPULATION)
    training = answered(apart, labels, FITTED * np.repeat(chances[:, None], seeds, axis=1), 2)
    others = {"training": replace(training, part="training", similarity=similarity(apart))}
    return replace(sample, **known, others=others), {"error_mass": masses(held_out)}


def similarity(rng):
    return rng.choice(SIMILARITIES, POPULATION, p=SIMILAR)


def drawn(rng, whole, images, resamples):
    """So many images of the population, each as likely as any other; and as many of those learned from."""
    places = rng.integers(0, POPULATION, images)
    new = {"number_of_resamples": resamples, "ids": np.arange(images), "labels": whole.labels[places]}
    new |= {"probabilities": whole.probabilities[:, :, places]}
    new |= {name: getattr(whole, name)[places] for name in ("votes", "similarity") if getattr(whole, name) is not None}
    new["epochs"] = {run: answers[:, places] for run, answers in whole.epochs.items()}
    new["interventions"] = {run: _at(outcomes, places) for run, outcomes in whole.interventions.items()}
    new["others"] = {part: drawn(rng.spawn(1)[0], other, images, resamples) for part, other in whole.others.items()}
    return replace(whole, **new)


def fixed_images(rng, images):
    """Labels and chances, float (networks, N), of images that stay as they are: held-out, and learned from."""
    drawn = [_images(each, images) for each in (rng, *rng.spawn(1))]
    return [(labels, factor * chances) for (labels, _, chances), factor in zip(drawn, (1, FITTED), strict=True)]


def trained(rng, images, seeds, resamples):
    """The answers of new runs, each of them better or worse than the others as a whole and in each class."""
    (labels, chances), (learned, fitted) = images
    shape = len(chances), seeds
    shifts = rng.normal(0, SPREAD, (*shape, 1)) + rng.normal(0, SPREAD, (*shape, len(CLASSES)))
    sample = answered(rng, labels, shifted(chances, shifts[..., labels]), resamples)
    training = answered(rng.spawn(1)[0], learned, shifted(fitted, shifts[..., learned]), resamples)
    return replace(sample, others={"training": replace(training, part="training")})


def shifted(chances, shifts):
    """Chances (networks, N), with their logits moved by shifts (networks, seeds, N)."""
    return expit(logit(chances)[:, None] + shifts)


def masses(chances):
    """Share of the errors in each band of chances, of each network and of all, by arithmetic; chances (networks, N)."""
    limits = {"at least 0.9": (0.9, 2), "0.5 to 0.9": (0.5, 0.9), "below 0.5": (0, 0.5)}
    assert list(limits) == list(BANDS)
    groups = {f"nicknet{place + 1}": each for place, each in enumerate(chances)} | {"all networks": chances}
    return {
        (network, band): {"share": float(group[(low <= group) & (group < high)].sum() / group.sum())}
        for network, group in groups.items()
        for band, (low, high) in limits.items()
    }


def _images(rng, images):
    """Labels, kinds and the chances of a wrong answer, float (networks, N)."""
    labels = rng.integers(0, len(CLASSES), images)
    shares = np.array([HARD, HARD, USUAL, USUAL])[labels]
    kinds = (rng.random((images, 1)) > shares.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return labels, kinds, np.array(list(CHANCES.values())).T[:, kinds]


def answered(rng, labels, chances, resamples, changes=None, answers=None):
    """A sample with answers drawn with these chances of being wrong, (networks, seeds, N), after each late epoch.

    changes: the settings that each network changes, or None for the networks of worlds.CELLS. answers: draws them.
    """
    before, after = ((answers or drawn_answers)(rng, labels, chances) for _ in range(2))
    scores = rng.random((*chances.shape, len(CLASSES)))
    scores += 0.3 * (labels[:, None] == np.arange(len(CLASSES)))
    scores += 1.3 * (after[..., None] == np.arange(len(CLASSES)))
    cells = [("sgd", 10)] * len(changes) if changes else worlds.CELLS
    sample = worlds.sample(
        labels, scores / scores.sum(axis=3, keepdims=True), CLASSES, cells, number_of_resamples=resamples
    )
    sample = worlds.changed(sample, changes) if changes else sample
    epochs = np.stack([before] * (EPOCHS - 1) + [sample.predicted], axis=2).astype(np.uint8)
    return replace(sample, epochs=dict(zip(sample.runs, sample.by_run(epochs), strict=True)))


def drawn_answers(rng, labels, chances):
    """A wrong answer names one of the next classes, the first of these most often."""
    steps = np.minimum(rng.geometric(NEXT, chances.shape), len(CLASSES) - 1)
    return np.where(rng.random(chances.shape) < chances, (labels + steps) % len(CLASSES), labels)


def _edits(rng, sample):
    """What the runs answer to two edits of every image."""
    outcomes = {}
    for run, right in zip(sample.runs, sample.by_run(sample.right), strict=True):
        edited, placebo = (right ^ (rng.random((2, len(right))) < chance) for chance in (EDITED, PLACEBO))
        none = np.zeros((2, 0), bool)
        outcomes[run] = Outcomes(
            edits=np.array(["blur", "flip"]),
            ids=sample.ids,
            before=right,
            edited=edited,
            placebo=placebo,
            norms=np.ones((2, len(right)), np.float32),
            error_ids=np.zeros(0, int),
            error_edited=none,
            error_placebo=none,
            maps=np.zeros((0, 8, 8)),
        )
    return outcomes


def _at(outcomes, places):
    new = {name: getattr(outcomes, name)[:, places] for name in ("edited", "placebo", "norms")}
    return replace(outcomes, ids=np.arange(len(places)), before=outcomes.before[places], **new)
