from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from stages.findings.changes import learned_images, near_duplicates
from stages.findings.registry import Analysis
from tests import worlds

CELLS = (("adam", 15), ("sgd", 15))


def of(right, training, similar=None, **others):
    """Two networks whose answers about held-out images, and about the images that they learned from, are so right."""
    seen = worlds.right_in(np.asarray(training), CELLS, part="training", **others)
    kept = worlds.right_in(np.asarray(right), CELLS, **others)
    similar = similar or (None, None)
    return replace(kept, similarity=similar[0], others={"training": replace(seen, similarity=similar[1])})


def row(sample, **values):
    (found,) = learned_images.FINDING.table(sample).where(**values)
    return found


def test_a_planted_effect_is_recovered():
    """Coverage of both intervals over 200 worlds; each seed's networks are a little better or worse as a whole."""
    rng, truth, covered = np.random.default_rng(0), 0.35, {"images": 0, "seeds": 0}
    for _ in range(200):
        rates = 0.4 + rng.normal(0, 0.02, (2, 4, 1))
        sample = of(rng.random((2, 4, 300)) > rates, rng.random((2, 4, 500)) > rates - truth)
        found = row(sample, network="nicknet1", group="all images")
        covered["seeds"] += found["low_seeds"] <= truth <= found["high_seeds"]
        covered["images"] += found["low_images"] <= truth <= found["high_images"]
    assert covered["images"] / 200 == pytest.approx(0.95, abs=0.04)
    assert covered["seeds"] / 200 == pytest.approx(0.95, abs=0.04)


def test_its_interval_over_images_is_welchs():
    rng = np.random.default_rng(1)
    right, seen = rng.random((2, 3, 50)) < 0.6, rng.random((2, 3, 80)) < 0.9
    found = row(of(right, seen), network="all networks", group="all images")
    test = stats.ttest_ind((~right).mean(axis=(0, 1)), (~seen).mean(axis=(0, 1)), equal_var=False)
    interval = test.confidence_interval(0.95)
    assert (found["low_images"], found["high_images"]) == pytest.approx((interval.low, interval.high))
    assert found["value"] == pytest.approx((~right).mean() - (~seen).mean())
    assert found["share"] == pytest.approx(found["value"] / (~right).mean())


def test_like_is_compared_with_like():
    """Similar images are easy in both parts: within each range nothing is learned, whatever the parts are made of."""
    similar = (np.array([0.5, 0.5, 0.98, 0.98]), np.array([0.5, 0.98, 0.98, 0.98]))
    right, seen = (np.broadcast_to(values > 0.9, (2, 1, 4)) for values in similar)
    sample = of(right, seen, similar)
    values = {found["group"]: found["value"] for found in learned_images.FINDING.rows(sample)}
    assert values["all images"] == 0.25
    assert values["below 0.8"] == values["near-duplicate"] == values["all but near-duplicates"] == 0
    assert values["0.8 to 0.9"] is None


def test_votes_of_both_parts_group_their_images():
    labels = np.array([0, 1, 0, 1])
    sample = of(np.zeros((2, 1, 4), bool), np.ones((2, 1, 4), bool), labels=labels)
    votes = [np.array([[0, 0], [1, 1], [0, 1], [0, 0]], np.uint8), np.array([[0, 0], [0, 1], [0, 1], [1, 1]], np.uint8)]
    training = replace(sample.others["training"], votes=votes[1])
    table = learned_images.FINDING.table(replace(sample, votes=votes[0], others={"training": training}))
    counts = {found["group"]: (found["n"], found["n_training"]) for found in table.where(grouping="dissenting votes")}
    assert counts == {"0": (2, 2), "1": (1, 2), "2": (1, 0)}


def test_what_is_missing_is_named():
    sample = of(np.ones((2, 1, 4), bool), np.ones((2, 1, 4), bool))
    assert learned_images.FINDING.needs(sample) == ""
    assert (
        learned_images.FINDING.needs(sample.others["training"])
        == "the answers to the training images are not available"
    )
    assert [refusal.analysis for refusal in learned_images.FINDING.limits(sample)] == [
        "having learned from an image, by dissenting votes",
        "having learned from an image, by similarity",
    ]
    assert near_duplicates.FINDING.needs(sample) == "the similarity of images is not available"


def test_accuracy_with_and_without_near_duplicates():
    similar = np.array([0.97, 0.969, 1.0, 0.2])
    sample = worlds.right_in(np.array([[[True, False, False, True]]]), CELLS, similarity=similar)
    test = replace(sample, part="test", similarity=np.zeros(4))
    table = near_duplicates.FINDING.table(replace(sample, others={"test": test}))
    found = {(row["part"], row["which"]): (row["accuracy"], row["n"]) for row in table.rows}
    assert found == {
        ("held-out", "all"): (0.5, 4),
        ("held-out", "near-duplicates"): (0.5, 2),
        ("held-out", "without them"): (0.5, 2),
        ("test", "all"): (0.5, 4),
        ("test", "near-duplicates"): (None, 0),
        ("test", "without them"): (0.5, 4),
    }


def of_changes(right, training, learned, changes, **others):
    """A sample of changed networks; learned: int (networks, seeds, images), as which class, -1 for not at all."""
    sample = worlds.of_networks(right, changes, labels=np.arange(np.shape(right)[2]) % 2, **others)
    labels = np.arange(np.shape(training)[2]) % 2
    seen = worlds.of_networks(training, changes, labels=labels, part="training", **others)
    return replace(sample, others={"training": replace(seen, learned_as=np.asarray(learned, np.int16))})


def test_a_network_that_learned_from_some_is_asked_about_these():
    """Planted: an image that was learned as what it is is missed in 10% of the runs, any other one in 40%."""
    rng, seeds, images = np.random.default_rng(5), 3, 4000
    labels = np.arange(images) % 2
    learned = np.broadcast_to(labels, (4, seeds, images)).copy()
    learned[1][rng.random((seeds, images)) < 0.5] = -1
    learned[2][rng.random((seeds, images)) < 0.3] ^= 1
    learned[3][:, labels == 1] = -1
    chances = np.where(learned == labels, 0.1, 0.4)
    chances[3][:, labels == 1] = 1
    held_out = np.where((np.arange(4) == 3)[:, None, None] & (labels == 1), 1, 0.4)
    changes = {
        "base": {},
        "half": {"train_share": 0.5},
        "noisy": {"label_noise": 0.6},
        "one": {"without": "automobile"},
    }
    right = rng.random((2, 4, seeds, images)) >= np.stack([np.broadcast_to(held_out, chances.shape), chances])
    sample = of_changes(*right, learned, changes)
    table = learned_images.FINDING.table(sample)
    for name in changes:
        (row,) = table.where(network=name, grouping="all")
        assert row["value"] == pytest.approx(0.3, abs=0.02)
        assert row["training_error"] == pytest.approx(0.1, abs=0.01)
        assert row["low_images"] < 0.3 < row["high_images"]
    assert (row["n"], row["n_training"]) == (images / 2, images / 2)
    (empty,) = table.where(network="one", group="automobile")
    assert (empty["n"], empty["value"]) == (0, None)
    (together,), (base,) = (table.where(network=name, grouping="all") for name in (learned_images.ALL, "base"))
    assert together["value"] == base["value"]


def test_a_network_whose_images_people_chose_is_left_out_by_name():
    right, learned = np.ones((2, 2, 4), bool), np.zeros((2, 2, 4))
    chosen = of_changes(right, right, learned, {"base": {}, "voted": {"labels": "votes"}})
    assert {row["network"] for row in learned_images.FINDING.rows(chosen)} == {"base", learned_images.ALL}
    reason = "people's votes decide what voted learns from (labels), not the lot"
    assert learned_images.FINDING.limits(chosen)[-1].reason == reason


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (0.3, "40% of the held-out images: not having learned from an image costs 30.4 percentage points."),
        (0.0, "11% of the held-out images: having learned from an image is not seen to change anything."),
    ],
)
def test_the_sentence_says_whether_learning_from_an_image_changes_it(more, said):
    rng = np.random.default_rng(3)
    held_out, learned = (rng.random((2, 4, 2000)) > error for error in (0.1 + more, 0.1))
    (answer,) = Analysis(of(held_out, learned)).answers.where(finding="learned_images")
    assert answer["sentence"] == f"Networks that learn from all training images miss 10% of these and {said}"
    assert (answer["low"] > 0) == (more > 0)
