import json
from pathlib import Path

import pytest

from scripts import compare
from stages import params
from stages.errors import InputError

METRICS = {
    "held_out_accuracy": 0.5,
    "held_out_precision": 0.25,
    "held_out_loss": 1.25,
    "train_accuracy": 1.0,
    "test_accuracy": 0.125,
}


def test_networks_are_rows_with_what_differs_between_them():
    everything = params.read(Path("params.yaml"))
    header, first, last = compare.rows(everything, {("nicknet1", 0): METRICS, ("nicknet3", 0): METRICS})
    assert header[:5] == ["network", "seed", "optimizer", "kernel", "held-out accuracy"]
    assert first == ["nicknet1", "0", "adam", "15x15", "0.500", "0.250", "1.250", "1.000", "0.125"]
    assert last[:4] == ["nicknet3", "0", "sgd", "10x10"]


def test_the_table_is_markdown_with_aligned_columns():
    assert compare.table([["name", "n"], ["a", "10"]]).splitlines() == [
        "| name |  n |",
        "| ---- | -: |",
        "| a    | 10 |",
    ]


def test_a_missing_run_says_how_to_make_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"metrics/nicknet1/0.json is missing. Run `dvc repro` first"):
        compare.read("nicknet1", 0)
    (tmp_path / "metrics/nicknet1").mkdir(parents=True)
    (tmp_path / "metrics/nicknet1/0.json").write_text(json.dumps(METRICS))
    assert compare.read("nicknet1", 0) == METRICS
