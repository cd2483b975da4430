import json
from dataclasses import replace

import numpy as np
import pytest

from stages.artifacts import Predictions
from stages.error_analysis.analysis import analyse
from stages.error_analysis.grid import Run, make
from stages.error_analysis.runs import Runs, gather
from stages.error_analysis.summary import summary
from stages.errors import InputError
from stages.params import ErrorAnalysis
from tests.error_analysis import worlds

SETTINGS = ErrorAnalysis(seed=0, resamples=150, confidence=0.95, intervention_images=1)
WORLD = worlds.World(label_noise=0.03, pair=0.05, optimizer=0.1, kernel=0.05, seed=0.2)


def analysed(draw, human_votes=True, runs=None, grid=None):
    rows = [{"images": part, "accuracy": "0.5", "loss": "1"} for part in ("training", "held-out")]
    runs = runs or draw.runs
    parts = dict.fromkeys(("training", "held-out", "test"), runs)
    votes = draw.votes if human_votes else None
    return analyse(parts, grid or draw.grid, votes, dict.fromkeys(runs.names, rows), SETTINGS)


@pytest.fixture(scope="module")
def full():
    return analysed(worlds.draw(WORLD, np.random.default_rng(0), images=600))


@pytest.fixture(scope="module")
def published():
    draw = worlds.draw(WORLD, np.random.default_rng(0), images=600, cells=worlds.PUBLISHED, seeds=1)
    return analysed(draw, human_votes=False)


def test_a_full_grid_is_refused_nothing_but_what_its_histories_lack(full):
    assert {refusal.analysis for refusal in full.refusals} == {"optimizers at the same training loss"}


def test_the_published_grid_names_what_it_cannot_tell(published):
    assert "interaction: cell adam x 10 is not in the grid" in map(str, published.refusals)
    assert "new-seed intervals: needs 2 or more seeds" in map(str, published.refusals)
    assert "shapley" not in published.tables
    listed = [f"{row['analysis']}: {row['reason']}" for row in published.tables["refusals"].rows]
    assert listed == list(map(str, published.refusals))


@pytest.mark.parametrize("name", ["full", "published"])
def test_every_table_keeps_its_columns_and_can_be_written(name, request):
    for table in request.getfixturevalue(name).tables.values():
        for row in table.labelled_rows():
            assert set(row) == set(table.labelled_columns()), table.name
        json.dumps(table.labelled_rows(), allow_nan=False)
        kinds = {row["kind"] for row in table.labelled_rows() if table.name != "refusals"}
        assert kinds <= {"causal", "associated"}, table.name


@pytest.mark.parametrize("name", ["full", "published"])
def test_every_estimate_lies_in_its_interval(name, request):
    for table in request.getfixturevalue(name).tables.values():
        for row in table.rows:
            if table.name in ("claim_numbers", "refusals", "verdicts") or row.get("low") is None:
                continue
            columns = ("value", "share", "kappa", "repair", "r2", "difference", "error_rate")
            value = next(row[column] for column in columns if column in row)
            assert row["low"] - 1e-9 <= value <= row["high"] + 1e-9, (table.name, row)


def test_causes_and_repairs_are_those_of_the_errors(full):
    wrong = full.predicted != full.labels
    np.testing.assert_array_equal(full.causes > 0, wrong)
    repaired = full.removed >= 0
    assert not np.any(repaired & ~wrong)
    np.testing.assert_array_equal(full.removed[repaired], full.predicted[repaired])


def test_added_tables_come_before_the_refusals(full):
    added = replace(full.tables["scores"], name="pixel_edits")
    assert list(full.adding(added).tables)[-2:] == ["pixel_edits", "refusals"]


def test_equal_inputs_give_equal_tables():
    draw = worlds.draw(WORLD, np.random.default_rng(3), images=300, seeds=2)
    one, other = analysed(draw), analysed(draw)
    assert {name: table.rows for name, table in one.tables.items()} == {
        name: table.rows for name, table in other.tables.items()
    }


def test_metrics_are_few_and_flat(full, published):
    found = summary(full.tables)
    assert len(found) == 8
    assert found["optimizer_effect"] == pytest.approx(0.1, abs=0.03)
    assert found["claims_held"] + found["claims_not_held"] + found["claims_untold"] == 8
    assert "label_suspect_share" not in summary(published.tables)


def test_a_single_run_is_analysed_as_far_as_it_goes():
    draw = worlds.draw(worlds.World(pair=0.1), np.random.default_rng(0), images=200, cells=worlds.CELLS[:1], seeds=1)
    found = analysed(draw)
    reasons = {refusal.analysis: refusal.reason for refusal in found.refusals}
    assert reasons["variance shares"] == "need 2 or more networks or seeds"
    assert reasons["comparison of runs"] == "there is one run only"
    assert reasons["cause 'universally hard'"] == "needs 2 or more runs"
    assert {"scores", "confusions", "knockout", "budget"} <= set(found.tables)


def test_a_network_trained_twice_alike_is_counted_once():
    draw = worlds.draw(
        worlds.World(pair=0.1, seed=0.3), np.random.default_rng(0), images=200, cells=worlds.PUBLISHED[1:]
    )
    settings = {"a": worlds.settings("sgd", 15), "b": worlds.settings("sgd", 15), "c": worlds.settings("sgd", 10)}
    names = tuple(Run(network, seed) for network in settings for seed in range(3))
    doubled = np.concatenate([draw.runs.probabilities[:3], draw.runs.probabilities])
    runs = replace(draw.runs, names=names, probabilities=doubled)
    found = analysed(draw, runs=runs, grid=make(settings, (0, 1, 2)))
    assert {row["network"] for row in found.tables["budget"].rows} == {"a", "c", "all networks"}
    np.testing.assert_array_equal(found.causes[:3], found.causes[3:6])
    assert {row["network"] for row in found.tables["scores"].rows} == {"a", "b", "c"}


def test_a_collapsed_network_is_named_and_causal_tables_are_absent():
    draw = worlds.draw(WORLD, np.random.default_rng(0), images=200)
    probabilities = draw.runs.probabilities.copy()
    probabilities[2] = np.eye(10, dtype=np.float32)[0]
    found = analysed(
        draw, runs=Runs(draw.runs.names, draw.runs.class_names, draw.runs.ids, draw.runs.labels, probabilities)
    )
    assert found.notes == ["nicknet1, seed 2 predicts 'airplane' for every image"]
    assert not {"effects", "shapley", "variance_shares", "knockout", "knockout_any", "pair_repair"} & set(found.tables)
    reasons = {refusal.analysis: refusal.reason for refusal in found.refusals}
    for name in ("class knockout", "effects of optimizer and kernel size", "cause 'optimizer-sensitive'"):
        assert reasons[name] == found.notes[0]


def predictions(ids=(0, 1), classes=2):
    ids = np.array(ids)
    return Predictions(ids, np.zeros(len(ids), np.uint8), np.full((len(ids), classes), 1 / classes, np.float32))


def test_runs_must_be_of_the_same_images():
    with pytest.raises(InputError, match="predictions of b, seed 0 and of a, seed 0 are for different images"):
        gather({Run("a", 0): predictions(), Run("b", 0): predictions(ids=(0, 2))}, ["x", "y"])


def test_runs_must_be_of_the_data_sets_classes():
    with pytest.raises(InputError, match="Expected probabilities of 3 classes, got 2 from a, seed 0"):
        gather({Run("a", 0): predictions()}, ["x", "y", "z"])
