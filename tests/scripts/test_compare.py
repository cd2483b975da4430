import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import compare
from stages.errors import InputError

PUBLISHED = {"epochs": 2, "optimizer": "adam", "kernel_size": 5, "learning_rate": None, "filters": [4, 8]}


def run(accuracy):
    return {
        "held_out_accuracy": accuracy,
        "held_out_precision": accuracy,
        "held_out_loss": 1 - accuracy,
        "train_accuracy": 1.0,
        "test_accuracy": accuracy,
        "train_images": 4000,
        "held_out_images": 1000,
        "test_images": 10,
    }


def line(rev, runs, networks=("one", "two"), seeds=(0,), name=None, **changes):
    """Of `dvc exp show --json`. runs: accuracies by network and seed."""
    given = networks if isinstance(networks, dict) else {network: {} for network in networks}
    params = PUBLISHED | {"networks": given, "seeds": list(seeds), "split": {"seed": 0}} | changes
    metrics = {f"metrics/{network}/{seed}.json": {"data": run(value)} for (network, seed), value in runs.items()}
    return {
        "rev": rev,
        "name": name,
        "error": None,
        "data": {"params": {"params.yaml": {"data": params}}, "metrics": metrics},
        "experiments": None,
    }


def derived(name, revision, state=None):
    return {"name": name, "revs": [revision], "executor": state and {"state": state}}


BOTH = {("one", 0): 0.5, ("two", 0): 0.25}


def shown(*listed, **baseline):
    commit = line("a" * 40, BOTH, name="main", **baseline)
    return [line("workspace", BOTH, **baseline), commit | {"experiments": list(listed)}]


def rows_of(lines, metrics=("held_out_accuracy",), columns=False):
    found, _ = compare.without_copies(compare.experiments(lines))
    return (compare.experiment_rows if columns else compare.network_rows)(found, metrics)


def texts(rows):
    return [[str(value) for value in row.values()] for row in rows]


def test_without_experiments_networks_are_rows_with_the_parameters_in_which_they_differ():
    rows = rows_of(shown(networks={"one": {"kernel_size": None}, "two": {"kernel_size": 3, "optimizer": "adam"}}))
    assert list(rows[0]) == ["network", "kernel_size", "held_out_accuracy"]
    assert texts(rows) == [["one", "5", "0.500"], ["two", "3", "0.250"]]


def test_one_row_a_network_of_each_experiment():
    rows = rows_of(shown(derived("e", line("b" * 40, BOTH, optimizer="sgd"))))
    assert list(rows[0]) == ["experiment", "network", "optimizer", "held_out_accuracy"]
    assert texts(rows)[1:3] == [["main", "two", "adam", "0.250"], ["e", "one", "sgd", "0.500"]]


def test_networks_as_columns():
    rows = rows_of(shown(derived("e", line("b" * 40, BOTH | {("one", 0): 0.75}, epochs=3))), columns=True)
    assert list(rows[0]) == ["experiment", "epochs", "one.held_out_accuracy", "two.held_out_accuracy"]
    assert texts(rows) == [["main", "2", "0.500", "0.250"], ["e", "3", "0.750", "0.250"]]
    assert compare.markdown(rows, one_metric=True).splitlines()[0] == "| experiment | epochs |   one |   two |"


def test_a_setting_in_which_networks_differ_has_a_column_only_for_those_in_which_experiments_do():
    changed = line("b" * 40, BOTH, networks={"one": {"optimizer": "sgd"}, "two": {}})
    rows = rows_of(shown(derived("e", changed)), columns=True)
    assert list(rows[0])[:2] == ["experiment", "one.optimizer"]
    assert "two.optimizer" not in rows[0]
    assert [row["one.optimizer"] for row in rows] == ["adam", "sgd"]


def test_an_experiment_may_lack_a_network_or_add_one():
    added = derived("added", line("b" * 40, BOTH | {("three", 0): 0.9}, networks=("one", "two", "three")))
    rows = rows_of(shown(added, derived("lacking", line("c" * 40, {("one", 0): 0.5}, networks=("one",)))), columns=True)
    assert texts(rows) == [
        ["main", "0.500", "0.250", "None"],
        ["added", "0.500", "0.250", "0.900"],
        ["lacking", "0.500", "None", "None"],
    ]
    assert compare.markdown(rows, one_metric=True).splitlines()[-1] == "| lacking    | 0.500 |     - |     - |"


def test_several_seeds_give_mean_and_standard_deviation():
    seeded = line("b" * 40, BOTH | {("one", 1): 0.7, ("two", 1): 0.25}, seeds=(0, 1))
    rows = rows_of(shown(derived("seeds", seeded)))
    assert texts(rows)[2:] == [["seeds", "one", "[0, 1]", "0.600 ± 0.141"], ["seeds", "two", "[0, 1]", "0.250 ± 0.000"]]
    table = list(csv.DictReader(io.StringIO(compare.comma_separated(rows))))
    assert table[0]["held_out_accuracy_deviation"] == ""
    assert float(table[2]["held_out_accuracy"]) == pytest.approx(0.6)
    assert float(table[2]["held_out_accuracy_deviation"]) == pytest.approx(0.02**0.5)


@pytest.mark.parametrize("state", ["failed", "queued", "running"])
def test_what_has_not_finished_has_a_state_and_not_the_metrics_of_its_commit(state):
    rows = rows_of(shown(derived("e", line("b" * 40, BOTH, kernel_size=99), state)), columns=True)
    assert texts(rows)[1] == ["e", state, "99", "None", "None"]


def test_the_queue_calls_success_what_has_no_state_here():
    assert "state" not in rows_of(shown(derived("e", line("b" * 40, BOTH, epochs=3), "success")))[0]


def test_a_run_without_metrics_is_told():
    rows = rows_of([line("workspace", {("one", 0): 0.5}), *shown()[1:]])
    assert texts(rows)[:2] == [["workspace", "incomplete", "one", "0.500"], ["workspace", "incomplete", "two", "None"]]


def test_experiments_that_dvc_cannot_read_are_told():
    broken = {"rev": "b" * 40, "name": None, "data": None, "error": {"msg": "no dvc.yaml"}}
    assert texts(rows_of(shown(derived("e", broken))))[-1] == ["e", "incomplete", "-", "None"]


def test_order_is_workspace_commit_then_experiments_by_name_with_numbers_as_numbers():
    changed = [derived(name, line(name, BOTH, epochs=n)) for n, name in enumerate(("k-10", "k-2", "b"), start=5)]
    lines = shown(*changed)
    lines[0]["data"]["params"]["params.yaml"]["data"]["epochs"] = 4
    found = compare.experiments(lines)
    assert [one.name for one in found] == ["workspace", "main", "b", "k-2", "k-10"]


def test_a_workspace_that_equals_something_shown_is_left_out_and_told():
    found, twin = compare.without_copies(compare.experiments(shown()))
    assert ([one.name for one in found], twin) == (["main"], "main")
    lines = shown(derived("e", line("b" * 40, BOTH, epochs=3)))
    lines[0] = line("workspace", BOTH, epochs=3, dataset="digits")  # main and e lack the parameter
    assert compare.without_copies(compare.experiments(lines))[1] == "e"
    lines[0] = line("workspace", BOTH, epochs=4)
    assert compare.without_copies(compare.experiments(lines))[1] == ""


def test_of_all_commits_those_with_results_or_experiments_of_their_own_are_shown():
    lines = [
        *shown(),
        line("b" * 40, BOTH),
        line("c" * 40, {}),
        line("d" * 40, BOTH, epochs=9),
        line("e" * 40, {}) | {"experiments": [derived("x", line("f" * 40, BOTH, epochs=8))]},
    ]
    found = compare.experiments(lines)
    assert [(one.commit, one.name) for one in found[1:]] == [
        ("main", "main"),
        ("ddddddd", "ddddddd"),
        ("eeeeeee", "eeeeeee"),
        ("eeeeeee", "x"),
    ]
    assert list(rows_of(lines)[0])[:3] == ["commit", "experiment", "state"]


def test_sorting_puts_the_best_first_and_what_has_none_last():
    changed = line("b" * 40, {("one", 0): 0.1, ("two", 0): 0.9}, epochs=3)
    rows = rows_of(
        shown(derived("e", changed), derived("q", changed, "queued")), ("held_out_accuracy", "held_out_loss")
    )
    for column in ("held_out_accuracy", "held_out_loss"):
        best = [row["held_out_accuracy"] and row["held_out_accuracy"].mean for row in compare.sorted_by(rows, column)]
        assert best == [0.9, 0.5, 0.25, 0.1, None, None]
    assert [row["epochs"] for row in compare.sorted_by(rows, "epochs")] == ["2", "2", "3", "3", "3", "3"]
    with pytest.raises(InputError, match=r"--sort: no column accuracy; expected one of experiment, state, network"):
        compare.sorted_by(rows, "accuracy")


def test_null_is_a_value_and_shown_as_in_params_yaml():
    rows = rows_of(shown(derived("e", line("b" * 40, BOTH, learning_rate=0.01, filters=[4]))), columns=True)
    assert [(row["learning_rate"], row["filters"]) for row in rows] == [("null", "[4, 8]"), ("0.01", "[4]")]


def test_the_table_is_markdown_with_aligned_columns():
    assert compare.table([["name", "n"], ["a", "10"]]).splitlines() == [
        "| name |  n |",
        "| ---- | -: |",
        "| a    | 10 |",
    ]
    assert r"a\|b" in compare.markdown([{"network": "a|b"}], one_metric=False)


def test_headings_are_words_of_metrics_and_names_of_parameters():
    rows = rows_of(shown(), compare.METRICS)
    assert compare.markdown(rows, one_metric=False).splitlines()[0].split(" | ")[1:] == [
        "held-out accuracy",
        "held-out precision",
        "held-out loss",
        "train accuracy",
        "test accuracy |",
    ]


def test_csv_has_whole_numbers_and_names_of_its_own():
    rows = rows_of(shown(derived("e", line("b" * 40, {("one", 0): 1 / 3, ("two", 0): 0.5}, epochs=3))), columns=True)
    assert compare.comma_separated(rows).splitlines() == [
        "experiment,epochs,one.held_out_accuracy,two.held_out_accuracy",
        "main,2,0.5,0.25",
        "e,3,0.3333333333333333,0.5",
    ]


def test_notes_say_what_the_table_does_not():
    found = compare.experiments(shown())
    assert compare.notes(found, ("held_out_accuracy",), "main", True) == [
        "held-out accuracy of each network",
        "4,000 training, 1,000 held-out, 10 test images",
        "the workspace holds main",
    ]
    other = line("workspace", BOTH)
    other["data"]["metrics"]["metrics/one/0.json"]["data"]["train_images"] = 5
    assert compare.notes(compare.experiments([other]), compare.METRICS, "", False) == []


def test_nothing_to_compare_and_an_unknown_metric_are_refused():
    with pytest.raises(InputError, match=r"no metrics are there. Run `dvc repro` first"):
        compare.check(compare.experiments([line("workspace", {})]), compare.METRICS)
    with pytest.raises(InputError, match="--metrics: no metric 'accuracy'; expected some of held_out_accuracy, "):
        compare.check(compare.experiments(shown()), ("accuracy",))


def test_outside_a_checkout_dvcs_message_is_shown(tmp_path):
    command = [sys.executable, "-m", "scripts.compare"]
    environment = {"PYTHONPATH": str(Path.cwd()), "PATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "compare: `dvc exp show` ended with exit code 253: ERROR: you are not inside of a DVC repo" in done.stderr


def test_the_published_grid_is_printed(capsys):
    compare.main(["--workspace", "--csv"])
    table = {row["network"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    published = json.loads(Path("metrics/summary.json").read_text())
    assert {name: row["network"] for name, row in table.items()} == {name: name for name in published}
    for name, values in published.items():
        assert float(table[name]["held_out_loss"]) == pytest.approx(values["held_out"]["loss"])
