"""The effect of having learned from an image, where it is known by construction."""

from dataclasses import replace

import numpy as np
import pytest

from stages.findings.learned_images import ALL, ALL_IMAGES, FINDING
from stages.findings.registry import Analysis
from stages.statistics.grid import make
from tests import worlds

CELLS = (("adam", 15), ("sgd", 15))


def sample(held_out, learned, **others):
    """Two networks; held_out, learned: bool (networks, seeds, N), which answers are right."""
    training = worlds.right_in(learned, CELLS, part="training")
    return worlds.right_in(held_out, CELLS, others={"training": training}, **others)


def test_the_effect_is_the_difference_of_the_error_rates_with_its_interval_over_seeds():
    held_out = np.ones((2, 2, 10), bool)
    held_out[0, 0, :4] = held_out[0, 1, :2] = held_out[1, :, :6] = False
    learned = np.ones((2, 2, 20), bool)
    learned[0, :, :2] = False
    table = FINDING.table(sample(held_out, learned))
    (first,) = table.where(network="nicknet1", group=ALL_IMAGES)
    assert (first["held_out_error"], first["training_error"]) == (pytest.approx(0.3), pytest.approx(0.1))
    assert (first["effect"], first["share"]) == (pytest.approx(0.2), pytest.approx(2 / 3))
    # t with one degree of freedom is 12.706; the seeds' differences are 0.3 and 0.1.
    assert first["high_seeds"] == pytest.approx(0.2 + 12.706 * 0.1, abs=1e-3)
    (second,) = table.where(network="nicknet2", group=ALL_IMAGES)
    assert (second["effect"], second["low_seeds"]) == (pytest.approx(0.6), None)
    (every,) = table.where(network=ALL, group=ALL_IMAGES)
    assert every["effect"] == pytest.approx(0.4)
    (classwise,) = table.where(network="nicknet2", group="airplane")  # labels 0, 1, 0, 1, ...: 3 of 5 are missed
    assert (classwise["held_out_error"], classwise["n"]) == (pytest.approx(0.6), 5)


def test_images_are_grouped_by_the_votes_that_both_parts_have():
    votes = np.array([[0, 0], [1, 0]] * 2, "uint8")  # the second and fourth image: label 1, one dissent
    drawn = sample(np.zeros((2, 2, 4), bool), np.ones((2, 2, 4), bool))
    training = replace(drawn.others["training"], votes=votes)
    groups = {row["group"] for row in FINDING.rows(replace(drawn, votes=votes, others={"training": training}))}
    assert {"0 dissenting votes", "1 dissenting votes"} < groups
    assert "2 dissenting votes" not in groups


def test_a_network_that_chooses_what_it_learns_from_is_left_out_by_name():
    drawn = sample(np.zeros((2, 2, 4), bool), np.ones((2, 2, 4), bool))
    settings = {"nicknet1": worlds.settings("adam", 15), "nicknet2": worlds.settings("adam", 15, train_share=0.5)}
    chosen = replace(drawn, grid=make(settings, (0, 1)))
    assert {row["network"] for row in FINDING.rows(chosen)} == {"nicknet1", ALL}
    (refusal,) = FINDING.limits(chosen)
    assert refusal.reason == "its train_share decides what it learns from"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (0.3, "not having learned from an image costs +30.4 percentage points."),
        (0.0, "having learned from an image is not seen to change it."),
    ],
)
def test_the_sentence_says_whether_learning_from_an_image_changes_it(error, said):
    rng = np.random.default_rng(3)
    held_out, learned = (rng.random((2, 4, 2000)) > 0.1 + more for more in (error, 0))
    (row,) = Analysis(sample(held_out, learned)).answers.where(finding="learned_images")
    assert said in row["sentence"]
