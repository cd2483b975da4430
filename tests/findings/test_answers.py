"""The sentences at the top of the page: of what is planted, the right one appears, with its number."""

import numpy as np

from stages.findings import registry
from stages.findings.registry import ANSWERS, Analysis
from stages.findings.settings import effects
from stages.statistics.table import Table
from tests import worlds
from tests.report import reports


def sentence(finding, world, **options):
    """What the finding says of a draw of the world; '' where it says nothing."""
    sample = worlds.draw(world, np.random.default_rng(1), **options).sample
    rows = Analysis(sample).answers.where(finding=finding)
    return rows[0]["sentence"] if rows else ""


def test_there_are_at_most_six():
    sample = reports.sample(worlds.CELLS, seeds=3, votes=True)
    said = [row["finding"] for row in Analysis(sample).answers.rows]
    assert len(said) == registry.SENTENCES
    assert said == [name for name in ANSWERS if name in said]


def test_a_setting_that_matters_is_named_with_what_it_changes():
    said = sentence("effects", worlds.World(optimizer=0.2, bad_runs=0.02))
    assert said == (
        "The accuracy changes most with optimizer adam instead of sgd: +19.3 percentage points "
        "(mean over the last sixth of the epochs)."
    )


def test_settings_that_do_not_matter_are_said_to_be_so():
    assert sentence("effects", worlds.World(seed=0.3)).startswith("No setting that was compared is seen to change")


def test_a_small_effect_that_all_seeds_show_comes_before_a_large_one_that_few_show():
    rows = [
        {"effect": "optimizer", "contrast": "adam - sgd", "value": 0.05, "low_seeds": 0.04, "high_seeds": 0.06},
        {"effect": "kernel size", "contrast": "15 - 10", "value": -0.2, "low_seeds": -0.5, "high_seeds": 0.1},
    ]
    said = effects.answer(Table("effects", "causal", {}, rows)).sentence
    assert said.startswith("The accuracy changes most with optimizer adam instead of sgd: +5.0 percentage points")


def test_one_seed_leaves_luck_open():
    assert sentence("effects", worlds.World(optimizer=0.2), seeds=1).endswith("with one seed, luck is not excluded.")


def test_errors_of_every_run_are_no_luck():
    said = sentence("error_mass", worlds.World(pair=0.3), seeds=5)
    assert said == "100% of the errors are on images that the network misses with nearly every seed."


def test_errors_of_few_runs_are_luck():
    said = sentence("error_mass", worlds.World(seed=1.0, unlucky=0.2), seeds=5, images=4000)
    assert said.endswith("misses with few seeds, so that they are luck of the run.")


def test_disputed_labels_are_missed_and_undisputed_ones_are_not():
    assert sentence("errors_by_votes", worlds.World(label_noise=0.1)) == (
        "Of the images whose label nobody disputes, 0% of the answers are wrong; "
        "where 3 people chose another class, 100%."
    )


def test_what_few_seeds_exclude_and_what_it_would_take():
    said = sentence("equivalence", worlds.World(bad_runs=0.3), seeds=3)
    assert said.startswith("3 seeds exclude an effect (")
    assert said.endswith(" seeds.")
