import numpy as np
import pytest

from stages.findings.networks import class_leaning
from stages.report import style
from tests import worlds

CLASSES = 5


def world(rng, leaning, images=2000, seeds=2):
    """Runs whose calibrated probabilities, exp(z) normalised, were multiplied by a factor a class: exp(leaning)."""
    labels = rng.permutation(np.arange(images) % CLASSES)
    logits = rng.normal(size=(1, seeds, images, CLASSES)) + 1.5 * np.eye(CLASSES)[labels]
    odds = np.exp(1.5 * logits + np.asarray(leaning))
    return worlds.sample(labels, odds / odds.sum(axis=-1, keepdims=True), worlds.NAMES[:CLASSES], [("adam", 15)])


def test_a_planted_leaning_is_found_and_its_cost_repaired():
    leaning = [2.0, 0.0, 0.0, 0.0, -2.0]
    planted, even = (world(np.random.default_rng(0), given) for given in (leaning, [0.0] * CLASSES))
    lost = even.right.mean(axis=2) - planted.right.mean(axis=2)
    assert lost.min() > 0.05
    whole, *runs = class_leaning.FINDING.rows(planted)
    assert [row["value"] for row in runs] == pytest.approx(lost[0], abs=0.015)
    assert all(row["leaning"] > 0.15 > 0.03 > row["leaning_balanced"] for row in (whole, *runs))
    assert 0 < whole["low_images"] < whole["value"] < whole["high_images"]
    assert whole["repaired"] - whole["broken"] == pytest.approx(whole["value"])
    assert whole["leaning"] == pytest.approx(np.mean([row["leaning"] for row in runs]))


def test_without_a_leaning_nothing_is_gained():
    """Fitted and counted on the same few images, the shifts would seem to gain."""
    whole = class_leaning.FINDING.rows(world(np.random.default_rng(1), [0.0] * CLASSES, images=200, seeds=20))[0]
    assert abs(whole["value"]) < 0.02


def test_the_shifts_are_those_that_were_planted():
    sample = world(np.random.default_rng(2), [1.0, 0.0, 0.0, 0.0, -1.0], images=20_000, seeds=1)
    found = class_leaning.shifts(np.log(sample.probabilities[0, 0].astype(float)), sample.labels)
    np.testing.assert_allclose(found, [-1, 0, 0, 0, 1], atol=0.1)


def test_a_run_that_is_always_sure_of_one_class_stays_as_it_is():
    sample = worlds.sample([0, 1, 2, 3] * 5, np.eye(4)[np.zeros((1, 1, 20), int)], worlds.NAMES[:4], [("sgd", 5)])
    row = class_leaning.FINDING.rows(sample)[-1]
    assert row["leaning"] == 0.75
    assert row["n"] == 20


def test_an_interval_over_images_grows_narrower_with_the_square_root_of_their_number():
    few, many = (
        np.mean([row["high_images"] - row["low_images"] for row in class_leaning.FINDING.rows(one)[1:]])
        for one in (world(np.random.default_rng(3), [1.0, 0, 0, 0, -1.0], images=n, seeds=8) for n in (200, 1800))
    )
    assert few / many == pytest.approx(3, abs=0.8)


def test_fewer_images_than_groups_are_refused():
    sample = world(np.random.default_rng(4), [0.0] * CLASSES, images=9)
    assert class_leaning.FINDING.needs(sample) == "needs 10 images or more"
    sample = world(np.random.default_rng(4), [0.0] * CLASSES, images=10)
    assert class_leaning.FINDING.needs(sample) == ""
    assert class_leaning.FINDING.rows(sample)[0]["n"] == 10


def test_runs_that_are_right_about_every_image_have_no_interval_over_images_and_are_drawn():
    labels = np.arange(400) % 4
    sample = worlds.sample(labels, np.eye(4)[labels][None, None] * 0.9 + 0.025, worlds.NAMES[:4], [("sgd", 5)])
    table = class_leaning.FINDING.table(sample)
    assert {row["low_images"] for row in table.rows} == {None}
    (picture,) = class_leaning.FINDING.pictures
    assert picture.draw(table, style)
