"""What is known of every image, counted by hand."""

import numpy as np

from stages.findings.images import images
from tests import worlds


def test_every_image_has_the_runs_that_miss_it_its_causes_and_its_votes():
    right = np.array([[[1, 0, 0], [1, 0, 1], [1, 0, 1]]]) > 0  # one network, three seeds
    votes = np.array([[0, 0], [0, 0], [1, 255]], np.uint8)
    sample = worlds.right_in(right, worlds.CELLS[:1], votes=votes, files=["a", "b", "c"])
    table = images.FINDING.table(sample)
    assert [(row["id"], row["file"], row["true"]) for row in table.rows] == [
        (0, "a", "airplane"),
        (1, "b", "automobile"),
        (2, "c", "airplane"),
    ]
    assert [row["wrong_runs"] for row in table.rows] == [0, 3, 1]
    assert [row["causes"] for row in table.rows[:2]] == ["", "label suspect"]
    assert [row["votes"] for row in table.rows] == ["0; 0", "0; 0", "1; 255"]
    assert images.read_votes(table.rows).tolist() == votes.tolist()
    assert {row["similarity"] for row in table.rows} == {None}


def test_without_votes_there_are_none():
    table = images.FINDING.table(worlds.right_in(np.ones((1, 1, 2)) > 0, worlds.CELLS[:1]))
    assert {row["votes"] for row in table.rows} == {""}
    assert images.read_votes(table.rows) is None
