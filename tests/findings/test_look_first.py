"""Images to look at first: every run contradicts the label, misses what it learned, or has seen a copy."""

from dataclasses import replace

import numpy as np
import pytest

from stages.findings.first import look_first
from tests import worlds

FILES = [f"{name}.png" for name in "abcdef"]


def sample(of_label, **others):
    """Two runs and six images of class 0; of_label: float (2, 6), the probability that each run gives to it."""
    first = np.asarray(of_label, np.float32)[None]
    probabilities = np.stack([first, 1 - first], axis=3)
    cells = [("adam", 3)]
    return worlds.sample([0] * 6, probabilities, ("cat", "dog"), cells, **({"files": FILES} | others))


SURE = [[0.01, 0.2, 0.9, 0.4, 0.06, 0.9], [0.03, 0.1, 0.2, 0.3, 0.12, 0.9]]
"""a and e: sure of the other class. b and d: every run wrong, not sure. c: one run right. f: right."""


def test_the_surest_contradiction_of_a_label_comes_first():
    rows = look_first.rows(sample(SURE))
    assert [(row["why"], row["file"], row["n"]) for row in rows] == [
        ("check the label", "a.png", 2),
        ("check the label", "e.png", 2),
        ("always missed", "b.png", 2),
        ("always missed", "d.png", 2),
    ]
    assert rows[0] | {"label_probability": pytest.approx(0.02), "predicted": "dog", "agreeing": 2, "runs": 2} == rows[0]


def test_runs_that_are_sure_of_different_classes_do_not_doubt_the_label():
    probabilities = np.full((1, 2, 6, 3), [0.9, 0.05, 0.05], np.float32)
    probabilities[0, :, 0] = [[0, 1, 0], [0, 0, 1]]
    rows = look_first.rows(worlds.sample([0] * 6, probabilities, "abc", [("adam", 3)], files=FILES))
    assert [(row["why"], row["agreeing"]) for row in rows] == [("always missed", 1)]


def test_images_that_were_learned_from_are_looked_through_too():
    right = sample([[0.9] * 6] * 2)
    missed = sample([[0.9] * 5 + [0.02]] * 2, part="training", files=[f"learned/{name}" for name in FILES])
    (row,) = look_first.rows(replace(right, others={"training": missed}))
    assert (row["part"], row["file"], row["images"]) == ("training", "learned/f.png", 12)


def test_held_out_images_that_almost_equal_a_training_image_are_listed_the_closest_first():
    similarity = np.array([0.2, 0.97, 0.5, 1.0, 0.96, 0.1])
    rows = look_first.rows(sample([[0.9] * 6] * 2, similarity=similarity))
    assert [(row["why"], row["file"]) for row in rows] == [("near-duplicate", "d.png"), ("near-duplicate", "b.png")]


def test_a_table_is_short_and_says_how_many_there_are(monkeypatch):
    monkeypatch.setattr(look_first, "EACH", 1)
    assert [(row["file"], row["n"]) for row in look_first.rows(sample(SURE))] == [("a.png", 2), ("b.png", 2)]


def test_the_answer_names_the_first_files():
    table = look_first.FINDING.table(sample(SURE))
    assert look_first.answer(table).sentence == (
        "2 images are taken for another class by every run, with little doubt. Is the label wrong? Look first at "
        "a.png, e.png."
    )
    assert look_first.answer(table).value == pytest.approx(2 / 6)
    assert look_first.answer(look_first.FINDING.table(sample([[0.9] * 6] * 2))) is None


def test_it_needs_files_and_several_runs():
    assert "have no files" in look_first.needs(sample(SURE, files=None))
    assert look_first.needs(sample(SURE[:1])) == "there is one run only"
    assert look_first.needs(sample(SURE)) == ""
