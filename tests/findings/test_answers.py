"""The sentences at the top of the page: of what is planted, the right one appears, with its number."""

import re

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
    sample = reports.sample(worlds.CELLS, seeds=6, votes=True)
    said = [row["finding"] for row in Analysis(sample).answers.rows]
    assert len(said) == registry.SENTENCES
    assert said == [name for name in ANSWERS if name in said]


def test_a_setting_that_matters_is_named_with_what_it_changes():
    said = sentence("effects", worlds.World(optimizer=0.2, bad_runs=0.02))
    assert said == (
        "Optimizer adam instead of sgd changes the accuracy by +19.3 percentage points (mean over the last sixth of "
        "the epochs); of kernel size, no effect is seen."
    )


def effect(name, contrast, value, half):
    ends = {
        f"{end}_{over}": value + sign * half for over in ("images", "seeds") for end, sign in (("low", -1), ("high", 1))
    }
    return {"effect": name, "contrast": contrast, "value": value, **ends}


def test_settings_that_do_not_matter_are_said_to_be_so():
    assert sentence("effects", worlds.World(seed=0.3)).startswith("No setting that was compared is seen to change")


def test_a_small_effect_that_all_seeds_show_comes_before_a_large_one_that_few_show():
    rows = [effect("optimizer", "adam - sgd", 0.05, 0.01), effect("kernel size", "15 - 10", -0.2, 0.3)]
    said = effects.answer(Table("effects", "causal", {}, rows)).sentence
    assert said.startswith("Optimizer adam instead of sgd changes the accuracy by +5.0 percentage points (mean")
    assert said.endswith("; of kernel size, no effect is seen.")


def test_where_the_settings_depend_on_each_other_simple_effects_are_named():
    rows = [
        effect("optimizer", "adam - sgd", 0.01, 0.005),
        effect("interaction", "(adam - sgd at 15) - (adam - sgd at 10)", 0.12, 0.02),
        effect("optimizer at kernel size 15", "adam - sgd", 0.07, 0.01),
        effect("optimizer at kernel size 10", "adam - sgd", -0.05, 0.01),
    ]
    said = effects.answer(Table("effects", "causal", {}, rows)).sentence
    assert said.startswith("Optimizer adam instead of sgd at kernel size 15 changes the accuracy by +7.0 percentage")


def test_one_seed_leaves_luck_open():
    assert sentence("effects", worlds.World(optimizer=0.2), seeds=1).endswith("with one seed, luck is not excluded.")


def test_errors_of_every_run_are_no_luck():
    said = sentence("error_mass", worlds.World(pair=0.3), seeds=5)
    assert said == "Of the errors, 100% are on images that the network misses with nearly every seed."


def test_errors_of_few_runs_are_luck():
    said = sentence("error_mass", worlds.World(seed=1.0, unlucky=0.2), seeds=5, images=4000)
    assert said.endswith("misses with less than half of the seeds, so that they are luck of the run.")


def test_disputed_labels_are_missed_and_undisputed_ones_are_not():
    assert sentence("errors_by_votes", worlds.World(label_noise=0.1)) == (
        "Of the images whose label nobody disputes, 0% of the answers are wrong; "
        "where 3 people chose another class, 100%."
    )


def test_what_few_seeds_exclude_and_what_it_would_take():
    said = sentence("equivalence", worlds.World(bad_runs=0.3), seeds=3)
    may = r"After 3 seeds, (optimizer|kernel size).* may still change the accuracy by up to [0-9.]+ percentage points "
    would = (
        "either way; to find a change of 1 point with a chance of 80% would take about [0-9,]+ seeds, if they differ"
    )
    assert re.fullmatch(f"{may}{would} as these do.", said)
    assert not sentence("equivalence", worlds.World(optimizer=0.2, kernel=0.2, bad_runs=0.002), seeds=5)
