"""The files that DVC shows as metrics, from tables whose numbers are known."""

import json

import numpy as np

from stages.findings import metrics
from stages.findings.finding import Finding
from stages.findings.registry import Analysis
from tests import worlds


def analysis_of(**tables):
    """An analysis of nicknet1 and nicknet2 in which these tables have these rows."""
    sample = worlds.draw(worlds.World(), np.random.default_rng(0), 20, worlds.CELLS[:2], 2).sample
    named = {name: (lambda sample, rows=rows: rows) for name, rows in ({"scores": [], "effects": []} | tables).items()}
    return Analysis(sample, [Finding(name, "", "", "by row", "", {}, rows) for name, rows in named.items()])


def score(network, seed, part, name, value):
    return {"network": network, "seed": seed, "part": part, "score": name, "value": value}


def effect(name, value):
    return {"effect": name, "value": value}


def test_scores_are_means_over_the_seeds_in_a_file_a_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scores = [
        score(network, seed, part, name, value)
        for network, seed, value in (("nicknet1", 0, 1 / 3), ("nicknet1", 1, 2 / 3), ("nicknet2", 0, 2 / 3))
        for part, name in (("held-out", "accuracy"), ("held-out", "precision"), ("held-out", "loss"))
    ]
    scores += [score(network, 0, "training", "accuracy", 0.9) for network in ("nicknet1", "nicknet2")]
    scores += [score("nicknet1", 0, "test", "accuracy", 0.1), score("nicknet1", 0, "held-out", "ECE", 0.1)]
    metrics.write(analysis_of(scores=scores))
    contents = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "metrics").iterdir()}
    assert contents == {
        "nicknet1": {"accuracy": 0.5, "precision": 0.5, "loss": 0.5, "training_accuracy": 0.9},
        "nicknet2": {"accuracy": 0.666666667, "precision": 0.666666667, "loss": 0.666666667, "training_accuracy": 0.9},
        "errors": {"answer": []},
    }


def test_a_main_effect_stands_for_its_simple_effects():
    effects = [
        effect("optimizer", 0.3),
        effect("interaction", 0.5),
        effect("optimizer at kernel size 15", 0.2),
        effect("optimizer at kernel size 10", 0.4),
        effect("kernel size with adam", 0.25),
        effect("kernel size with sgd", 0.5),
    ]
    assert metrics.of_errors(analysis_of(effects=effects)) == {
        "answer": [],
        "optimizer_effect": 0.3,
        "kernel_size_effect": 0.375,
    }


def test_an_effect_that_the_grid_does_not_have_is_left_out():
    assert metrics.of_errors(analysis_of(effects=[effect("kernel size with sgd", -0.1)])) == {
        "answer": [],
        "kernel_size_effect": -0.1,
    }
