"""The comparison of experiments, from the JSON of `dvc exp show` as DVC 3 prints it."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scripts import compare, shell
from stages.errors import InputError

PARAMS = yaml.safe_load(Path("params.yaml").read_text())
NETWORKS = {"one": {"kernel_size": 5}, "two": {"kernel_size": 5}}
BOTH = {"one": 0.5, "two": 0.25}


def line(rev, accuracies, name=None, networks=NETWORKS, **changes):
    """A commit, or a revision of an experiment, with metrics of these accuracies by network."""
    metrics = {
        f"metrics/{network}.json": {
            "data": {"accuracy": value, "precision": value, "loss": 1 - value, "training_accuracy": 1.0}
        }
        for network, value in accuracies.items()
    }
    params = {"params.yaml": {"data": PARAMS | {"networks": networks} | changes}}
    data = {"params": params, "metrics": metrics | {"metrics/errors.json": {"data": {"optimizer_effect": 0.1}}}}
    return {"rev": rev, "name": name, "error": None, "data": data, "experiments": None}


def derived(name, accuracies=BOTH, state=None, **changes):
    return {"name": name, "revs": [line("b" * 40, accuracies, **changes)], "executor": state and {"state": state}}


def shown(*listed, **baseline):
    """A workspace that equals the last commit, and the commit's experiments."""
    commit = line("a" * 40, BOTH, name="main", **baseline)
    return [line("workspace", BOTH, **baseline), commit | {"experiments": list(listed)}]


@pytest.fixture
def printed(monkeypatch, capsys):
    """What the command prints of these lines, with these options."""

    def call(lines, *options):
        monkeypatch.setattr(shell, "dvc", lambda *arguments: json.dumps(lines))
        monkeypatch.setattr(sys, "argv", ["compare", *options])
        compare.main()
        return capsys.readouterr().out

    return call


@pytest.fixture
def table(printed):
    """The same as rows, by the names of the columns."""
    return lambda lines, *options: list(csv.DictReader(io.StringIO(printed(lines, "--csv", *options))))


def values(rows, *columns):
    return [tuple(row[column] for column in columns) for row in rows]


def test_without_experiments_networks_are_rows_with_the_settings_in_which_they_differ(printed):
    networks = {"one": {"kernel_size": None, "learning_rate": 0.001}, "two": {"kernel_size": 3}}
    header, _, *rows = printed(shown(networks=networks)).splitlines()
    assert [cell.strip() for cell in header.split("|")[1:-1]] == ["network", "kernel_size", *compare.METRICS.values()]
    assert [row.replace(" ", "")[:14] for row in rows[:2]] == ["|one|15|0.500|", "|two|3|0.250|0"]
    assert rows[2:] == ["", "the workspace holds main"]


def test_experiments_have_a_row_a_network_with_what_it_inherits(table):
    rows = table(shown(derived("e", optimizer="sgd")), "--metrics", "accuracy")
    assert list(rows[0]) == ["experiment", "network", "optimizer", "learning_rate", "accuracy"]
    assert values(rows, "experiment", "network", "optimizer", "learning_rate")[1:3] == [
        ("main", "two", "adam", "0.001"),
        ("e", "one", "sgd", "0.01"),
    ]


def test_a_pretrained_network_has_no_settings_of_a_training(table):
    networks = {"one": {"kernel_size": 5}, "two": {"model": "m.keras", "scaling": "byte"}}
    rows = table(shown(networks=networks))
    assert values(rows, "network", "optimizer", "kernel_size") == [("one", "adam", "5"), ("two", "null", "null")]


def test_with_columns_each_experiment_has_one_row(table):
    rows = table(shown(derived("e", BOTH | {"one": 0.75}, "success", epochs=3)), "--columns")  # as the queue calls it
    assert list(rows[0]) == ["experiment", "epochs", "one.accuracy", "two.accuracy"]
    assert values(rows, *rows[0]) == [("main", "30", "0.5", "0.25"), ("e", "3", "0.75", "0.25")]


def test_settings_are_shown_as_in_params_yaml_and_for_each_network_where_networks_differ(table):
    networks = {"one": {"kernel_size": 7}, "two": {"kernel_size": 5}}
    changed = derived("e", networks=networks, split=PARAMS["split"] | {"train_images": 500}, filters=[4, 8, 8, 8, 8])
    row, other = table(shown(changed), "--columns")
    assert [*row] == ["experiment", "split.train_images", "one.kernel_size", "filters", "one.accuracy", "two.accuracy"]
    assert [*row.values()][1:4] == ["null", "5", "[12, 32, 48, 48, 32]"]
    assert [*other.values()][1:4] == ["500", "7", "[4, 8, 8, 8, 8]"]


def test_an_experiment_may_lack_a_network_or_add_one(table):
    added = derived("added", BOTH | {"three": 0.9}, networks=NETWORKS | {"three": {"kernel_size": 5}})
    lines = shown(added, derived("lacking", {"one": 0.5}, networks={"one": {"kernel_size": 5}}))
    assert values(table(lines, "--columns"), "experiment", "one.accuracy", "two.accuracy", "three.accuracy") == [
        ("main", "0.5", "0.25", ""),
        ("added", "0.5", "0.25", "0.9"),
        ("lacking", "0.5", "", ""),
    ]


def test_the_note_says_over_how_many_seeds_the_metrics_are_means(printed, table):
    lines = shown(derived("e", seeds=[0, 1]))
    assert "metrics are means over 1 or 2 seeds" in printed(lines)
    assert values(table(lines), "seeds")[1:3] == [("[0]",), ("[0, 1]",)]
    assert "metrics are means over 3 seeds" in printed(shown(seeds=[0, 1, 2]))


@pytest.mark.parametrize("state", ["failed", "queued", "running"])
def test_what_has_not_finished_has_a_state_and_not_the_metrics_of_its_commit(table, state):
    changed = NETWORKS | {"one": {"kernel_size": 99}}  # no valid parameters: shown as they are
    rows = table(shown(derived("e", state=state, networks=changed)), "--columns")
    columns = ("experiment", "state", "one.kernel_size", "one.accuracy", "two.accuracy")
    assert values(rows, *columns)[1] == ("e", state, "99", "", "")


def test_what_has_no_metrics_or_cannot_be_read_is_incomplete(table):
    broken = {"rev": "b" * 40, "name": None, "data": None, "error": {"msg": "no dvc.yaml"}}
    lines = shown({"name": "e", "revs": [broken], "executor": None})
    lines[0] = line("workspace", {"one": 0.5})
    rows = values(table(lines), "experiment", "state", "network", "accuracy")
    assert rows[:2] == [("workspace", "incomplete", "one", "0.5"), ("workspace", "incomplete", "two", "")]
    assert rows[-1] == ("e", "incomplete", "", "")


def test_order_is_workspace_commit_then_experiments_by_name_with_numbers_as_numbers(table):
    lines = shown(*(derived(name, epochs=n) for n, name in enumerate(("k-10", "k-2", "b"), start=5)))
    lines[0] = line("workspace", BOTH, epochs=4)
    names = [row["experiment"] for row in table(lines, "--columns")]
    assert names == ["workspace", "main", "b", "k-2", "k-10"]
    assert [row["network"] for row in table(lines, "--workspace")] == ["one", "two"]


def test_of_all_commits_those_with_results_or_experiments_of_their_own_are_shown(table):
    lines = [
        *shown(),
        line("b" * 40, BOTH),
        line("c" * 40, {}),
        line("d" * 40, BOTH, epochs=9),
        line("e" * 40, {}) | {"experiments": [derived("x", epochs=8)]},
    ]
    rows = table(lines, "--columns", "--all-commits")
    assert values(rows, "commit", "experiment", "state") == [
        ("main", "main", ""),
        ("ddddddd", "ddddddd", ""),
        ("eeeeeee", "eeeeeee", "incomplete"),
        ("eeeeeee", "x", ""),
    ]


def test_sorting_puts_the_best_first_and_what_has_none_last(table):
    changed = {"one": 0.1, "two": 0.9}
    lines = shown(derived("e", changed, epochs=3), derived("q", changed, "queued", epochs=3))
    for column in ("accuracy", "loss"):
        assert [row["accuracy"] for row in table(lines, "--sort", column)] == ["0.9", "0.5", "0.25", "0.1", "", ""]
    assert [row["epochs"] for row in table(lines, "--sort", "epochs")] == ["3", "3", "3", "3", "30", "30"]
    with pytest.raises(InputError, match=r"--sort: no column recall; expected one of experiment, state, network"):
        table(lines, "--sort", "recall")


def test_the_first_column_is_aligned_left_and_the_others_right():
    assert compare.markdown([{"network": "a|b", "nicknet1.loss": 0.5}]).splitlines() == [
        "| network   |   nicknet1 held-out loss |",
        "|:----------|-------------------------:|",
        r"| a\|b      |                    0.500 |",
    ]


def test_nothing_to_compare_is_refused(tmp_path, printed):
    with pytest.raises(InputError, match=r"no metrics are there. Run `dvc repro` first"):
        printed([line("workspace", {})])
    with pytest.raises(
        InputError, match=r"DVC cannot read the workspace \(no YAML\)\. `python -m stages.configure` may"
    ):
        printed([line("workspace", {}) | {"error": {"type": "X", "msg": "no YAML"}}, line("a" * 40, BOTH, name="main")])
    environment = {"PYTHONPATH": str(Path.cwd()), "PATH": ""}
    command = [sys.executable, "-m", "scripts.compare"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "compare: `dvc exp show --json` failed: ERROR: you are not inside of a DVC repo" in done.stderr
