"""What is made of the answers to changed images."""

from dataclasses import replace

import numpy as np
import pytest

from stages.findings.images import explained_images, pixel_edits
from stages.outcomes import Outcomes
from stages.run import Run
from stages.statistics.intervals import holm
from tests import worlds


@pytest.fixture(scope="module")
def sample():
    world = worlds.World(pair=0.1, optimizer=0.1, seed=0.2)
    drawn = worlds.draw(world, np.random.default_rng(0), images=200, cells=worlds.PUBLISHED, seeds=2)
    return worlds.asked(drawn.sample, np.random.default_rng(1))


def with_outcomes(sample, **changes):
    """The sample, in which every run has the first run's outcomes with these changes."""
    changed = replace(sample.interventions[sample.runs[0]], **changes)
    return replace(sample, interventions=dict.fromkeys(sample.runs, changed))


def test_edits_are_counted_in_both_directions_beside_the_placebo(sample):
    """Of 4 wrong images one is repaired by the edit only, 2 by both; of 6 right ones 3 are broken, by noise alone."""
    edited, placebo = [1, 1, 1, 0, 1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0, 0, 1, 1, 1]
    table = pixel_edits.FINDING.table(
        with_outcomes(
            sample,
            edits=np.array(["flip"]),
            before=np.arange(10) >= 4,
            edited=np.array([edited]) > 0,
            placebo=np.array([placebo]) > 0,
            norms=np.arange(10, dtype=np.float32)[None],
        )
    )
    repair, harm = table.rows[:2]
    assert [repair[key] for key in ("edit", "direction", "n", "mean_l2")] == ["flip", "repair", 4, 1.5]
    assert [repair[key] for key in ("rate", "placebo_rate", "difference", "p")] == [0.75, 0.5, 0.25, 1]
    assert [harm[key] for key in ("direction", "n", "mean_l2")] == ["break", 6, 6.5]
    assert [harm[key] for key in ("rate", "placebo_rate", "difference", "p")] == [0, 0.5, -0.5, 0.25]


def test_every_run_is_there_and_p_is_corrected_over_all_of_them(sample):
    table = pixel_edits.FINDING.table(sample)
    assert [Run(row["network"], row["seed"]) for row in table.rows[::6]] == list(sample.runs)
    corrected = [row["p_holm"] for row in table.rows]
    np.testing.assert_array_equal(corrected, holm(np.array([row["p"] for row in table.rows])))
    assert any(row["p"] < row["p_holm"] for row in table.rows)


def test_a_run_without_errors_has_nothing_to_repair(sample):
    for row in pixel_edits.FINDING.table(with_outcomes(sample, before=np.ones(40, bool))).rows:
        assert (row["rate"] is None) == (row["p_holm"] is None) == (row["direction"] == "repair")


def test_without_answers_to_changed_images_both_are_refused(sample):
    unasked = replace(sample, interventions={})
    for finding in (pixel_edits.FINDING, explained_images.FINDING):
        assert finding.needs(sample) == ""
        assert finding.needs(unasked) == "no run was asked about changed images"


def test_the_networks_take_turns_each_with_an_image_of_its_own(sample):
    rows = explained_images.FINDING.table(sample).rows
    assert [row["network"] for row in rows] == ["nicknet1", "nicknet2", "nicknet3"] * 4
    assert {row["seed"] for row in rows} == {0}
    assert len({row["id"] for row in rows}) == 12


@pytest.mark.parametrize(
    ("at_most", "expected"),
    [(9, [("a", 0), ("b", 1), ("a", 1), ("b", 3), ("b", 4)]), (3, [("a", 0), ("b", 1), ("a", 1)])],
)
def test_each_takes_the_first_of_its_errors_that_is_not_used_yet(at_most, expected):
    errors = {Run("a", 0): np.array([5, 7]), Run("b", 0): np.array([5, 3, 7, 2, 1])}
    turns = explained_images.taking_turns(errors, at_most)
    assert [(run.network, place) for run, place in turns] == expected


def one_error(probabilities):
    """Images 3 and 7 of classes a and b, the second an error that flip, its placebo, and grey repair."""
    repaired, by_noise = np.array([[0, 1, 1], [0, 1, 0]]) > 0
    outcomes = Outcomes(
        edits=np.array(["blur", "flip", "grey"]),
        **{key: np.zeros((3, 0)) for key in ("ids", "before", "edited", "placebo", "norms")},
        error_ids=np.array([7]),
        error_edited=repaired[:, None],
        error_placebo=by_noise[:, None],
        maps=np.array([[[-3.0, 2.5], [0, 1]]]),
    )
    asked = {Run("nicknet1", 0): outcomes}
    sample = worlds.sample([0, 1], np.array([[probabilities]]), "abc", interventions=asked, files=("3.png", "7.png"))
    return replace(sample, ids=np.array([3, 7]))


@pytest.mark.parametrize(("probabilities", "removed"), [([0, 0.4, 0.6], "c"), ([0.3, 0.1, 0.6], "")])
def test_a_case_names_what_undoes_the_error(probabilities, removed):
    (row,) = explained_images.FINDING.table(one_error([[0.5, 0.3, 0.2], probabilities])).rows
    assert row == {
        **{"network": "nicknet1", "seed": 0, "id": 7, "file": "7.png", "true": "b", "predicted": "c"},
        **{"probability": pytest.approx(0.6), "edits": "flip; grey", "noise_too": "flip", "class_removed": removed},
        "strongest_evidence": 2.5,
    }


def test_a_run_that_answers_one_class_only_is_not_explained():
    assert explained_images.FINDING.table(one_error([[0.5, 0.3, 0.2], [0.6, 0.4, 0]])).rows == []
