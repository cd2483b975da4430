"""A class left out in training, of a fake trainer whose repairs are known, beside the class barred at the output."""

import numpy as np
import pytest

from stages.claims import c6
from stages.findings.changes import absent_class
from stages.findings.networks import knockout
from stages.findings.registry import Analysis
from tests import worlds

NAMES = ("bird", "cat", "ship")
BIRD, CAT, SHIP = range(3)
CHANGES = {"catless": {"without": "cat"}, "base": {}, "flipped": {"augment": "flip_shift"}}


def answered(order, labels, changes=("catless", "base", "flipped")):
    """A sample in which the classes come in this order, int (networks, seeds, N, classes), the answer first."""
    probabilities = np.zeros(order.shape)
    np.put_along_axis(probabilities, order, np.array([0.6, 0.3, 0.1]), axis=3)
    drawn = worlds.sample(labels, probabilities, NAMES, [("sgd", 10)] * len(order))
    return worlds.changed(drawn, {name: CHANGES[name] for name in changes})


def kinds(rng, images):
    """Of each image: label, whether its errors are always made or luck, whether bird is second, and is repaired."""
    kind = rng.choice(["always", "luck", "right"], images, p=[0.4, 0.4, 0.2])
    return rng.choice([BIRD, SHIP], images), kind, rng.random(images) < 0.5, rng.random(images) < 0.75


def planted(rng, seeds=3, images=3000):
    """Birds taken for cats: 40% always, half of these with bird second; another 40% in half of the base's runs.

    Without cat in training, three quarters of the first come right, and those of luck as often as before.
    """
    labels, kind, second, repaired = kinds(rng, images)
    order = np.empty((3, seeds, images, 3), int)
    order[:] = np.where((labels == BIRD)[:, None], [BIRD, SHIP, CAT], [SHIP, BIRD, CAT])
    bird, lucky = labels == BIRD, rng.random((3, seeds, images)) < 0.5
    for network in range(3):
        missed = bird & ((kind == "always") | (kind == "luck") & lucky[network])
        order[network][missed & second] = [CAT, BIRD, SHIP]
        order[network][missed & ~second] = [CAT, SHIP, BIRD]
    catless = bird & ((kind == "always") & ~repaired | (kind == "luck") & lucky[0])
    order[0] = np.where((labels == BIRD)[:, None], [BIRD, SHIP, CAT], [SHIP, BIRD, CAT])
    order[0][catless] = [SHIP, BIRD, CAT]
    return answered(order, labels)


def test_a_planted_absence_is_told_from_luck_and_from_the_knockout():
    """Of such errors two thirds are always made; luck repairs half of the others, and the knockout half of all."""
    table = absent_class.FINDING.table(planted(np.random.default_rng(0)))
    assert {(row["network"], row["base"], row["class"]) for row in table.rows} == {("catless", "base", "cat")}
    (trained,), (barred,) = (table.where(true="bird", how=how) for how in (absent_class.ABSENT, absent_class.BARRED))
    for row, share in ((trained, 2 / 3 * 0.75 + 1 / 6), (barred, 2 / 3 * 0.5 + 1 / 3 * 0.75)):
        assert row["placebo"] == pytest.approx(1 / 6, abs=0.02)
        assert row["share"] == pytest.approx(share, abs=0.03)
        assert row["excess"] == pytest.approx(share - 1 / 6, abs=0.03)
        assert row["low_images"] < row["excess"] < row["high_images"]
        assert row["low_seeds"] < row["excess"] < row["high_seeds"]
    assert (trained["same_run"], barred["same_run"]) == (None, pytest.approx(0.5, abs=0.03))
    (ship,) = table.where(true="ship", how=absent_class.ABSENT)
    assert (ship["n"], ship["share"]) == (0, None)
    assert table.where(true=absent_class.ALL)[0]["share"] == trained["share"]


def of_images(labels, kind, second, repaired):
    """The excess that many seeds give on these images, by training and by barring."""
    always, lucky = ((labels == BIRD) & (kind == name) for name in ("always", "luck"))
    errors = always.sum() + lucky.sum() / 2
    return (always & repaired).sum() / errors, ((always & second).sum() + (lucky & second).sum() / 4) / errors


def test_the_excess_lies_in_both_intervals():
    covered = dict.fromkeys(((how, over) for how in ("left out", "may not") for over in ("images", "seeds")), 0)
    for number in range(60):
        table = absent_class.FINDING.table(planted(np.random.default_rng(number), seeds=4, images=400))
        rows = {row["how"][:8].rstrip(): row for row in table.where(true="bird")}
        truths = {"images": (1 / 2, 5 / 12), "seeds": of_images(*kinds(np.random.default_rng(number), 400))}
        for how, over in covered:
            truth = truths[over][how == "may not"]
            covered[how, over] += rows[how][f"low_{over}"] <= truth <= rows[how][f"high_{over}"]
    assert min(covered.values()) >= 53, covered


def test_the_knockout_in_the_same_run_is_that_of_the_table_knockout():
    sample = planted(np.random.default_rng(1), images=300)
    removed = knockout.FINDING.table(sample).where(network="base", true="bird", removed="cat")
    repaired = sum(each["repaired"] for each in removed)
    (row,) = absent_class.FINDING.table(sample).where(true="bird", how=absent_class.BARRED)
    assert row["same_run"] == pytest.approx(repaired / row["n"])


def test_one_seed_has_no_placebo():
    """The example of docs/analysis.md, with one of its seeds: the network without cat has the bird right."""
    order = np.array([[[[BIRD, SHIP, CAT]]], [[[CAT, BIRD, SHIP]]], [[[CAT, BIRD, SHIP]]]])
    sample = answered(order, [BIRD])
    rows = absent_class.rows(sample)
    assert [(row["true"], row["share"], row["placebo"], row["same_run"], row["n"]) for row in rows] == [
        *(("all other classes", 1, None, None, 1), ("bird", 1, None, None, 1), ("ship", None, None, None, 0)),
        *(("all other classes", 1, None, 1, 1), ("bird", 1, None, 1, 1), ("ship", None, None, None, 0)),
    ]
    assert len(absent_class.FINDING.limits(sample)) == 2


def test_without_such_networks_nothing_is_compared():
    order = np.broadcast_to([BIRD, CAT, SHIP], (2, 1, 4, 3))
    sample = answered(order, [0, 1, 2, 0], changes=("base", "flipped"))
    assert absent_class.FINDING.needs(sample).startswith("no two networks differ in a class left out in training")


def test_the_claim_about_bird_and_cat_cites_it():
    sample = planted(np.random.default_rng(2), images=600)
    cited = [number for number in c6.CLAIM.judge(Analysis(sample)).evidence if "taken for" in number.quantity]
    assert [(number.quantity.split(": ")[1], number.network, number.verdict) for number in cited] == [
        ("cat left out in training", "base", ""),
        ("cat may not be chosen", "base", ""),
    ]
