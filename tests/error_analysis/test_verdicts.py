import numpy as np
import pytest

from stages.error_analysis import verdicts
from stages.error_analysis.analysis import examine
from stages.error_analysis.runs import Runs
from stages.error_analysis.verdicts import FAILS, HOLDS, INAPPLICABLE, UNTOLD
from stages.params import ErrorAnalysis
from tests.error_analysis import worlds

SETTINGS = ErrorAnalysis(seed=0, resamples=200, confidence=0.95, intervention_images=1)
DIGITS = tuple("0123456789")


def judged(draw, runs=None):
    """The verdicts by claim; the training images say what the held-out ones do."""
    return {verdict.claim: verdict for verdict in verdicts.judge(case_of(draw, runs))}


def case_of(draw, runs=None):
    parts = dict.fromkeys(("training", "held-out"), runs or draw.runs)
    return examine(parts, "held-out", draw.grid, None, SETTINGS)[1]


def draw_of(number=0, images=1200, cells=worlds.CELLS, seeds=2, names=worlds.NAMES, **shares):
    world = worlds.World(**shares)
    return worlds.draw(world, np.random.default_rng(number), images=images, cells=cells, seeds=seeds, names=names)


def spoiled(draw, classes, share):
    """The draw's runs with a share of the images of these classes taken for the next class."""
    predicted = draw.runs.predicted.copy()
    hit = np.isin(draw.runs.labels, classes) & (np.random.default_rng(5).random(len(draw.runs.labels)) < share)
    predicted[:, hit] = (draw.runs.labels[hit] + 1) % 10
    probabilities = 0.9 * np.eye(10, dtype=np.float32)[predicted] + np.float32(0.01)
    return Runs(draw.runs.names, draw.runs.class_names, draw.runs.ids, draw.runs.labels, probabilities)


def test_the_reports_accuracies_hold_where_they_are_planted():
    found = judged(draw_of(cells=worlds.PUBLISHED, seeds=1, images=4000, optimizer=0.3, pair=0.1))
    for claim in ("C1 training", "C1 held-out"):
        assert found[claim].verdict == HOLDS
        assert found[claim].n == 4000


def test_the_reports_accuracies_fail_elsewhere():
    row = judged(draw_of(cells=worlds.PUBLISHED, seeds=1, pair=0.1))["C1 held-out"]
    assert row.verdict == FAILS
    assert "accuracy, nicknet2" in row.reason


def test_the_reports_accuracies_need_its_networks():
    row = judged(draw_of(cells=worlds.CELLS[:2], pair=0.1))["C1 held-out"]
    assert row.verdict == UNTOLD
    assert row.reason == "Not in the grid: nicknet2 (sgd, 15), nicknet3 (sgd, 10)."


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        ({"optimizer": 0.2, "kernel": 0.05}, HOLDS),
        ({"optimizer": 0.05, "kernel": 0.2}, FAILS),
        ({"optimizer": 0.0, "kernel": 0.0}, UNTOLD),
    ],
)
def test_the_optimizer_is_the_main_difference_where_planted(shares, verdict):
    for number in range(2):
        assert judged(draw_of(number, images=1000, seed=0.1, bad_runs=0.02, **shares))["C2"].verdict == verdict


def test_one_seed_does_not_tell_the_main_difference():
    row = judged(draw_of(seeds=1, cells=worlds.PUBLISHED, optimizer=0.2))["C2"]
    assert row.verdict == UNTOLD
    assert row.reason == "One seed: how far accuracy varies from seed to seed is not known."
    assert "effect of optimizer at kernel size 15: 0.199; effect of kernel size with sgd: 0.000" in row.numbers


def test_a_single_optimizer_does_not_tell_the_main_difference():
    assert judged(draw_of(cells=(("sgd", 15), ("sgd", 10)), kernel=0.2))["C2"].verdict == UNTOLD


def test_bird_and_cat_are_below_half_where_they_are_confused():
    found = judged(draw_of(pair=0.3))
    assert {claim: found[claim].verdict for claim in ("C3", "C4", "C6")} == dict.fromkeys(("C3", "C4", "C6"), HOLDS)


def test_bird_and_cat_are_not_special_where_they_are_not():
    found = judged(draw_of(seed=1.0, unlucky=0.2))
    assert found["C3"].verdict == FAILS
    assert found["C4"].verdict == FAILS
    assert found["C6"].verdict != HOLDS


def test_chance_shares_and_the_bound_stand_beside_the_share():
    draw = draw_of(seed=1.0, unlucky=0.3, seeds=1)
    rows = {row["quantity"]: row["value"] for row in judged(draw)["C4"].evidence}
    assert rows["share by true class if errors fell evenly on the classes"] == 0.2
    # 0.2 by the true class; else 0.8 of the errors, of which 2 of 9 other classes are bird or cat
    expected = pytest.approx(0.2 + 0.8 * 2 / 9)
    assert rows["share by true or predicted class if errors fell evenly on the classes"] == expected
    most = 4 * np.isin(draw.runs.labels, [2, 3]).sum() / (~draw.runs.right).sum()
    assert rows["share by true class at most, at this accuracy"] == pytest.approx(most)


def test_ship_and_truck_hold_where_all_others_are_worse():
    draw = draw_of(seeds=1)
    assert judged(draw, spoiled(draw, range(8), 0.3))["C5"].verdict == HOLDS
    assert judged(draw, spoiled(draw, [8], 0.3))["C5"].verdict == FAILS


def test_the_data_set_matters_most_where_the_images_decide():
    assert judged(draw_of(pair=0.1, label_noise=0.1, seed=0.1))["C7"].verdict == HOLDS
    assert judged(draw_of(seed=1.0, unlucky=0.4))["C7"].verdict == FAILS
    row = judged(draw_of(pair=0.1, seeds=1))["C7"]
    assert (row.verdict, row.reason) == (UNTOLD, "One seed: the share of the seed is not known.")


def test_the_data_set_is_compared_with_both_settings_or_not_at_all():
    row = judged(draw_of(cells=(("sgd", 15), ("sgd", 10)), pair=0.1))["C7"]
    assert row.verdict == UNTOLD
    assert row.reason == "The grid does not compare networks that differ in the optimizer alone."


def test_claims_about_absent_classes_do_not_apply():
    found = judged(draw_of(names=DIGITS, seed=0.2, optimizer=0.1))
    named = ("C1 training", "C1 held-out", "C3", "C4", "C5", "C6")
    assert {found[claim].verdict for claim in named} == {INAPPLICABLE}
    assert found["C5"].reason == "The data set has no such class: ship, truck."
    assert found["C2"].verdict == HOLDS


def test_a_network_that_predicts_one_class_allows_no_causal_claim():
    draw = draw_of(optimizer=0.1, pair=0.1)
    probabilities = draw.runs.probabilities.copy()
    probabilities[0] = np.eye(10, dtype=np.float32)[6]
    runs = Runs(draw.runs.names, draw.runs.class_names, draw.runs.ids, draw.runs.labels, probabilities)
    found = judged(draw, runs)
    for claim in ("C2", "C6", "C7"):
        assert found[claim].verdict == UNTOLD
        assert found[claim].reason == "nicknet1, seed 0 predicts 'frog' for every image."


def test_faultless_networks_are_judged_without_errors():
    found = judged(draw_of())
    assert found["C4"].reason == "There are no errors."
    assert found["C7"].verdict == UNTOLD


def test_markdown_has_one_line_a_claim():
    table = verdicts.verdict_table(verdicts.judge(case_of(draw_of(pair=0.1, seeds=1))), {"C4": FAILS})
    assert [row["on_test_images"] for row in table.rows] == ["", "", "", "", FAILS, "", "", ""]
    lines = verdicts.markdown(table).splitlines()
    assert len(lines) == 2 + 8
    assert len({line.count("|") for line in lines}) == 1


@pytest.mark.parametrize(("cells", "seeds"), [(worlds.PUBLISHED, 1), (worlds.CELLS, 2)])
def test_every_number_has_its_clause_of_intervals(cells, seeds):
    for verdict in judged(draw_of(cells=cells, seeds=seeds, pair=0.1, seed=0.2, optimizer=0.1)).values():
        assert verdict.numbers.count("; ") == verdict.interval.count("; "), verdict
    assert verdict.claim == "C7"
    assert verdict.interval.startswith("[")
