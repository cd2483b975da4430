import numpy as np
import pytest

from stages.errors import InputError
from stages.select import selection
from stages.settings import NetworkSettings
from stages.statistics import votes

NAMES = ["a", "b", "c", "d"]
RNG = np.random.default_rng(0)
LABELS = RNG.permutation(np.repeat(np.arange(4, dtype="uint8"), [100, 60, 40, 5]))
TRAINING = np.arange(5, 205)
PEOPLE = np.where(RNG.random((205, 3)) < 0.3, RNG.integers(0, 4, (205, 3)), LABELS[:, None]).astype("uint8")
DISSENT = votes.dissent(PEOPLE, LABELS)


def settings(**changes):
    given = {"optimizer": "adam", "kernel_size": 3, "filters": [4], "pool_after": [], "dense_units": []}
    return NetworkSettings(**given, epochs=1, batch_size=1, **changes)


def targets(seed=0, **changes):
    return selection.targets(settings(**changes), seed, LABELS, TRAINING, NAMES, PEOPLE)


def learned(seed=0, **changes):
    """The images learned from, each as its label."""
    result = targets(seed, **changes)
    found = np.flatnonzero(result >= 0)
    np.testing.assert_array_equal(result[found], LABELS[found])
    return found


def counts(images):
    return np.bincount(LABELS[images], minlength=4)


def test_by_default_all_training_images_are_learned_as_their_labels():
    np.testing.assert_array_equal(learned(), TRAINING)
    assert targets().dtype == np.int16


def test_a_smaller_share_lies_within_a_larger_one_and_every_class_has_its_share():
    whole = counts(TRAINING)
    previous = set(TRAINING)
    for share in (0.8, 0.5, 0.25, 0.01):
        images = learned(train_share=share)
        assert set(images) < previous
        np.testing.assert_array_equal(counts(images), [max(1, round(share * count)) for count in whole])
        previous = set(images)
    assert set(learned(train_share=0.5)) != set(learned(1, train_share=0.5))
    np.testing.assert_array_equal(learned(1, train_share=0.5), learned(1, train_share=0.5))


def test_without_a_class_the_others_stay():
    np.testing.assert_array_equal(learned(without="b"), TRAINING[LABELS[TRAINING] != 1])


def test_a_class_that_is_not_there_is_refused_by_name():
    selection.require_classes({"x": settings(without="d"), "y": settings()}, NAMES)
    with pytest.raises(InputError, match=r"networks.y.without: no class is called 'e'; there are a, b, c, d\."):
        selection.require_classes({"x": settings(without="d"), "y": settings(without="e")}, NAMES)


def test_doubtful_images_are_dropped_within_their_class_and_the_placebo_drops_as_many_of_each():
    doubtful, random = learned(drop="doubtful:0.2"), learned(drop="random:0.2")
    np.testing.assert_array_equal(counts(doubtful), counts(random))
    np.testing.assert_array_equal(counts(doubtful)[:3], np.round(0.8 * counts(TRAINING)[:3]))
    dropped = np.setdiff1d(TRAINING, doubtful)
    for label in range(4):
        kept_most = DISSENT[doubtful[LABELS[doubtful] == label]].max()
        assert (DISSENT[dropped[LABELS[dropped] == label]] >= kept_most).all()
    assert DISSENT[np.setdiff1d(TRAINING, random)].mean() < DISSENT[dropped].mean()
    assert set(random) != set(learned(1, drop="random:0.2"))


def test_votes_are_learned_as_their_majority_and_as_the_label_where_there_is_none():
    result, majority = targets(labels="votes"), votes.majority(PEOPLE)
    np.testing.assert_array_equal(np.flatnonzero(result >= 0), TRAINING)
    decided = TRAINING[majority[TRAINING] >= 0]
    np.testing.assert_array_equal(result[decided], majority[decided])
    undecided = np.setdiff1d(TRAINING, decided)
    assert len(undecided)
    np.testing.assert_array_equal(result[undecided], LABELS[undecided])
    assert (result[decided] != LABELS[decided]).any()


def test_label_noise_shuffles_its_share_and_keeps_the_classes_frequencies():
    changed = set()
    for share in (0.1, 0.4, 1.0):
        result = targets(label_noise=share)
        np.testing.assert_array_equal(np.bincount(result[TRAINING], minlength=4), counts(TRAINING))
        wrong = set(TRAINING[result[TRAINING] != LABELS[TRAINING]])
        assert 0.4 * share < len(wrong) / len(TRAINING) <= share
        assert (
            len(changed - wrong) < len(changed) / 2 + 1
        )  # among the images of the smaller share, some are right again
        changed = wrong
    np.testing.assert_array_equal(targets(label_noise=0.4), targets(label_noise=0.4))


def test_settings_combine_in_order():
    """Noise and votes touch only what is learned from; the share is of what the others leave."""
    images = np.flatnonzero(targets(without="a", drop="doubtful:0.5", train_share=0.5, label_noise=1.0) >= 0)
    assert set(images) < set(learned(without="a", drop="doubtful:0.5"))
    np.testing.assert_array_equal(
        counts(images), [0, *[max(1, round(n / 2)) for n in counts(learned(drop="doubtful:0.5"))[1:]]]
    )
