"""Changes of one setting in training, of a fake trainer whose repairs are known."""

from dataclasses import replace

import numpy as np
import pytest

from stages.findings.changes import (
    data_scaling,
    dose_response,
    remedies,
    remedies_by_chance,
    remedies_by_class,
    what_remains,
)
from stages.findings.settings import best_rates
from stages.statistics.table import Table
from tests import worlds

CHANGES = {
    "base": {},
    "flipped": {"augment": "flip_shift"},
    "dropped": {"dropout": 0.5},
    "decayed": {"weight_decay": 0.01},
    "noisy": {"label_noise": 0.2},
}


def planted(rng, images):
    """The kind of each image, and a number, evenly drawn from 0 to 1, below which a share of them is turned."""
    return rng.choice(["hard", "lucky", "easy"], images, p=[0.3, 0.4, 0.3]), rng.random(images)


def trained(rng, effects, seeds=3, images=3000, bad_runs=0.0, **others):
    """The base misses 30% of the images always, 40% in half of its runs; a network repairs, and breaks, a share.

    effects: repaired share of the images always missed, and broken share of those always right, by network.
    """
    kinds, turned = planted(rng, images)
    right = rng.random((len(effects), seeds, images)) < np.where(kinds == "lucky", 0.5, kinds == "easy")
    for network, (repairs, breaks) in enumerate(effects.values()):
        right[network] |= (kinds == "hard") & (turned < repairs)
        right[network] &= ~((kinds == "easy") & (turned < breaks))
    right &= rng.random(right.shape) >= rng.uniform(0, bad_runs, (len(effects), seeds, 1))
    return worlds.of_networks(right, {name: CHANGES[name] for name in effects}, **others)


EFFECTS = {"base": (0, 0), "noisy": (0, 0.4), "flipped": (0.5, 0.1), "dropped": (0.2, 0), "decayed": (0, 0)}


def test_a_fake_trainer_is_seen_through():
    """Of the base's errors, half of all answers, 60% are on images always missed, and luck repairs half of the rest."""
    sample = trained(np.random.default_rng(0), EFFECTS)
    table = remedies.rows(sample)
    assert [row["network"] for row in table] == ["flipped", "dropped", "decayed", "noisy"]
    assert [row["effect"] for row in table] == ["helps", "helps", "no effect is seen", "harms"]
    assert {row["base"] for row in table} == {"base"}
    for row in table:
        repairs, breaks = EFFECTS[row["network"]]
        for name, share in (("repaired", 0.6 * repairs), ("broken", 0.6 * breaks)):
            assert row[f"{name}_placebo"] == pytest.approx(0.2, abs=0.015)
            assert row[name] == pytest.approx(0.2 + share, abs=0.03)
            assert row[f"{name}_excess"] == pytest.approx(share, abs=0.03)
        assert row["value"] == pytest.approx(0.3 * (repairs - breaks), abs=0.02)
    said = remedies.FINDING.answer(remedies.FINDING.table(sample)).sentence
    assert said.startswith(
        "Of 4 single changes in training, 2 are seen to help, each judged by itself; most of all, augment flip_shift "
        "instead of none"
    )


def answered(*changes):
    """What is said of changes: setting, base, value, effect."""
    keys = ("setting", "base", "value", "effect")
    span = {"before": "a", "after": "b", "low_seeds": -1.0, "high_seeds": 1.0}
    rows = [dict(zip(keys, change, strict=True)) | span for change in changes]
    said = remedies.answer(Table("remedies", "causal", {}, rows))
    return said and said.sentence


def test_a_smaller_change_that_is_seen_to_help_is_named_before_a_larger_one_that_is_not():
    said = answered(("augment", "base", 0.067, remedies.NOTHING), ("schedule", "base", 0.04, remedies.HELPS))
    assert said == (
        "Of 2 single changes in training, 1 is seen to help, each judged by itself; most of all, schedule b instead of "
        "a (+4.0 percentage points of accuracy)."
    )


def test_what_other_findings_say_is_left_to_them_and_the_base_is_named_where_there_are_several():
    optimizer = ("optimizer", "sgd", 0.1, remedies.HELPS)
    assert answered(optimizer, ("kernel_size", "sgd", 0.1, remedies.HELPS)) is None
    said = answered(optimizer, ("augment", "sgd", 0.02, remedies.NOTHING), ("epochs", "adam", 0.01, remedies.NOTHING))
    assert said.startswith(
        "Of 2 single changes in training, none is seen to help; the best is augment b instead of a in sgd"
    )
    assert answered(("augment", "sgd", 0.02, remedies.UNDECIDED)).endswith("; with one seed, luck is not excluded.")


def test_repaired_and_broken_answers_beyond_luck_make_up_the_difference():
    sample = trained(np.random.default_rng(1), EFFECTS, images=200, bad_runs=0.3)
    accuracy = sample.right[0].mean()
    for row in remedies.rows(sample):
        difference = (1 - accuracy) * row["repaired_excess"] - accuracy * row["broken_excess"]
        assert row["last_epoch"] == pytest.approx(difference)


@pytest.mark.parametrize("bad_runs", [0.0, 0.1])
def test_a_change_that_does_nothing_is_said_to_do_nothing(bad_runs):
    words = []
    for number in range(200):
        rng = np.random.default_rng(number)
        nothing = {"base": (0, 0), "flipped": (0, 0)}
        (row,) = remedies.rows(trained(rng, nothing, images=150, bad_runs=bad_runs, number_of_resamples=100))
        words.append(row["effect"])
    assert words.count("no effect is seen") >= 190


def test_the_excess_lies_in_both_intervals():
    effects = {"base": (0, 0), "flipped": (0.3, 0.1)}
    covered = {(name, over): 0 for name in ("repaired", "broken") for over in ("images", "seeds")}
    for number in range(60):
        (row,) = remedies.rows(trained(np.random.default_rng(number), effects, seeds=4, images=400))
        kinds, turned = planted(np.random.default_rng(number), 400)
        lucky = np.mean(kinds == "lucky") / 2
        for name, kind, share in (("repaired", "hard", 0.3), ("broken", "easy", 0.1)):
            with_new_seeds = np.mean((kinds == kind) & (turned < share)) / (np.mean(kinds == kind) + lucky)
            for over, truth in (("images", 0.6 * share), ("seeds", with_new_seeds)):
                covered[name, over] += row[f"{name}_low_{over}"] <= truth <= row[f"{name}_high_{over}"]
    assert min(covered.values()) >= 53, covered


def test_classes_whose_errors_a_change_repairs_are_told_apart():
    """The change repairs half of the errors that are always made in one class, and none in the other."""
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 4000)
    right = trained(rng, {"base": (0, 0), "flipped": (0.5, 0)}, images=4000).right
    plain = trained(rng, {"base": (0, 0), "flipped": (0, 0)}, images=4000).right
    sample = worlds.of_networks(
        np.where(labels, right, plain), {"base": {}, "flipped": CHANGES["flipped"]}, labels=labels, part="held-out"
    )
    table = remedies_by_class.FINDING.table(sample)
    excess = {row["class"]: row for row in table.where(answers="repaired")}
    assert excess["automobile"]["excess"] == pytest.approx(0.3, abs=0.03)
    assert excess["airplane"]["excess"] == pytest.approx(0, abs=0.03)
    for over in ("images", "seeds"):
        assert excess["automobile"][f"low_{over}"] > 0.2 > 0.05 > excess["airplane"][f"high_{over}"]
    (whole,) = remedies.rows(sample)
    together = sum(row["excess"] * row["n"] for row in excess.values()) / sum(row["n"] for row in excess.values())
    assert together == pytest.approx(whole["repaired_excess"])
    assert sum(row["n"] for row in excess.values()) == whole["errors"]


@pytest.mark.parametrize("repairs", [0.0, 0.5])
def test_errors_made_with_every_seed_are_repaired_only_by_a_change_that_acts_on_them(repairs):
    """Four seeds: of the images that three runs miss, 30% are hard, 0.4 / 8 by luck, and luck repairs half of these."""
    effects = {"base": (0, 0), "flipped": (repairs, 0)}
    table = remedies_by_chance.FINDING.table(trained(np.random.default_rng(3), effects, seeds=4, images=6000))
    bands = {row["missed_by"]: row for row in table.rows}
    assert list(bands) == ["all", "half or more", "fewer"]
    assert bands["all"]["placebo"] == pytest.approx(0.025 / 0.35, abs=0.01)
    assert bands["all"]["excess"] == pytest.approx(0.3 * repairs / 0.35, abs=0.02)
    for band in ("half or more", "fewer"):
        assert bands[band]["placebo"] == pytest.approx(0.5, abs=0.02)
        assert bands[band]["low_images"] < 0 < bands[band]["high_images"]


def test_one_seed_has_no_placebo_and_nothing_is_decided():
    right = np.array([[[1, 1, 0, 0, 0]], [[1, 0, 1, 1, 0]]]) > 0
    sample = worlds.of_networks(right, {"base": {}, "flipped": {"augment": "flip_shift"}})
    (row,) = remedies.rows(sample)
    assert (row["repaired"], row["broken"], row["value"]) == pytest.approx((2 / 3, 1 / 2, 1 / 5))
    assert (row["effect"], row["repaired_placebo"], row["p_adjusted"]) == ("cannot be decided", None, None)
    assert len(remedies.FINDING.limits(sample)) == 2


def test_an_interval_of_no_width_is_left_out():
    """Nothing is ever repaired, in any draw of the images: that does not say that luck plays no part."""
    right = np.zeros((2, 3, 4), bool)
    right[:, :, 0] = True
    (row,) = remedies.rows(worlds.of_networks(right, {"base": {}, "flipped": {"augment": "flip_shift"}}))
    assert (row["repaired_excess"], row["repaired_low_images"], row["repaired_high_images"]) == (0, None, None)


def test_images_of_a_class_left_out_are_not_compared():
    right = np.array([[[1, 0, 1, 0, 1, 1]] * 2, [[1, 1, 0, 0, 0, 0]] * 2]) > 0
    sample = worlds.of_networks(right, {"base": {}, "catless": {"without": "automobile"}}, labels=[0, 0, 0, 0, 1, 1])
    (row,) = remedies.rows(sample)
    assert (row["n"], row["errors"], row["value"]) == (4, 4, 0)
    assert (row["repaired"], row["broken"]) == (1 / 2, 1 / 2)


def test_networks_that_differ_in_more_are_not_compared():
    changes = {"base": {}, "both": {"augment": "flip_shift", "dropout": 0.5}}
    sample = worlds.of_networks(np.arange(8).reshape(2, 2, 2) % 3 > 0, changes)
    assert remedies.FINDING.needs(sample) == "no two networks differ in one setting alone"


SHARES = {"base": {}, "half": {"train_share": 0.5}, "quarter": {"train_share": 0.25}, "flipped": CHANGES["flipped"]}


def wrong_in(counts, changes, images=1000):
    """The first so many images are wrong, int (networks, seeds)."""
    return worlds.of_networks(np.arange(images) >= np.asarray(counts)[..., None], changes)


def test_accuracy_by_the_value_of_a_setting():
    table = dose_response.FINDING.table(wrong_in([[400, 404], [440, 444], [500, 500], [300, 300]], SHARES))
    assert [(row["network"], row["dose"], round(row["accuracy"], 9)) for row in table.rows] == [
        *(("quarter", 0.25, 0.5), ("half", 0.5, 0.558), ("base", 1.0, 0.598)),
    ]
    assert {row["setting"] for row in table.rows} == {"train_share"}
    assert [row["low_seeds"] is None for row in table.rows] == [True, False, False]
    assert table.rows[2]["low_seeds"] == pytest.approx(0.598 - 12.706 * 0.002, abs=1e-5)


def test_what_a_doubling_of_the_data_saves_and_where_four_times_as_much_leads():
    (row,) = data_scaling.rows(wrong_in([[405, 324], [450, 405], [500, 506], [1, 1]], SHARES))
    slopes = [np.log2(0.9), np.log2(324 / 506) / 2]  # of three evenly spaced points, the slope is that of the outer two
    assert row["saved"] == pytest.approx(1 - 2 ** np.mean(slopes))
    assert row["saved_last"] == pytest.approx(1 - np.sqrt(0.9 * 324 / 405))
    assert row["saved_low_seeds"] < row["saved"] < row["saved_high_seeds"]
    logs = [np.log(0.405 * 0.81), np.log([0.324, 0.405, 0.506]).mean() + 3 * slopes[1] * np.log(2)]
    assert row["error_with_more"] == pytest.approx(np.exp(np.mean(logs)))
    assert row["expected"] == pytest.approx(np.sqrt(0.405 * 0.405**2 / 0.506))
    assert data_scaling.FINDING.needs(wrong_in([[0], [1], [2], [3]], SHARES)) == "a run makes no errors"


def test_what_every_run_gets_wrong_is_listed_with_what_people_say():
    sample = worlds.of_networks(
        np.zeros((2, 2, 4), bool), {"base": {}, "flipped": CHANGES["flipped"]}, labels=[0, 1, 2, 0]
    )
    probabilities = sample.probabilities.copy()
    probabilities[0, 0, 0] = [0.1, 0.1, 0.8]  # one of four runs takes the first image for a bird
    probabilities[1, 1, 3] = [0.8, 0.1, 0.1]  # one of them has the last one right
    votes = np.array([[0, 1, 1], [2, 2, 2], [2, 2, 255], [0, 0, 0]], np.uint8)
    table = what_remains.FINDING.table(replace(sample, probabilities=probabilities, votes=votes))
    keys = ("id", "true", "predicted", "agreeing", "votes", "votes_for_true", "votes_for_predicted")
    assert [tuple(row[key] for key in keys) for row in table.rows] == [
        (1, "automobile", "bird", 4, 3, 0, 3),
        (2, "bird", "airplane", 4, 2, 2, 0),
        (0, "airplane", "automobile", 3, 3, 1, 2),
    ]
    said = (
        "75.0% of the images are wrong in every one of 4 runs, whatever was changed; for 67% of these, at most half of"
    )
    assert what_remains.FINDING.answer(table).sentence.startswith(said)


@pytest.mark.parametrize("lead", [0.0, 0.1])
def test_optimizers_are_compared_at_their_best_rates_on_images_that_did_not_choose_them(lead):
    """At the middle rate, adam leads by so much; sgd's rates are alike, so that the best in a sample flatters it."""
    rates = {f"adam{rate}": {"optimizer": "adam", "learning_rate": rate} for rate in (0.0001, 0.001, 0.01)}
    rates |= {f"sgd{rate}": {"learning_rate": rate} for rate in (0.001, 0.01, 0.1)}
    chances = np.array([0.3, 0.6 + lead, 0.4, 0.6, 0.6, 0.6])[:, None, None]
    differences, covered = [], 0
    for number in range(40):
        sample = worlds.of_networks(np.random.default_rng(number).random((6, 3, 400)) < chances, rates)
        (row,) = best_rates.rows(sample)
        assert (row["network_a"], row["rate_a"], row["at_end_a"], row["n"]) == ("adam0.001", 0.001, False, 200)
        assert row["optimizer_b"] == "sgd"
        assert row["at_end_b"] == (row["rate_b"] != 0.01)
        differences.append(row["value"])
        by_seeds = row["low_seeds"] is not None and row["low_seeds"] <= lead <= row["high_seeds"]  # none: seeds alike
        covered += by_seeds and row["low_images"] <= lead <= row["high_images"]
    assert np.mean(differences) == pytest.approx(lead, abs=0.01)
    assert covered >= 34


def test_without_two_ladders_no_best_rates_are_compared():
    sample = worlds.of_networks(np.arange(8).reshape(2, 2, 2) % 3 > 0, {"base": {}, "fast": {"learning_rate": 0.1}})
    assert best_rates.FINDING.needs(sample).startswith("needs two optimizers with two or more learning rates each")
