"""What to try next, from planted errors: each rule where it applies, and only there."""

from dataclasses import replace

import numpy as np
import pytest

from stages.findings.first import try_next
from stages.statistics import grid
from tests import worlds


def sample(right, learned=None, labels=None, changes=({},)):
    """Networks with these changes and the answers that are right, bool (networks, 2, N); learned: the same of the
    training images."""
    cells = [("adam", 3)] * len(changes)
    held_out = worlds.right_in(right, cells, labels=labels, files=[f"{index}.png" for index in range(right.shape[2])])
    settings = {f"nicknet{place}": worlds.settings("adam", 3, **change) for place, change in enumerate(changes, 1)}
    held_out = replace(held_out, networks=tuple(settings), grid=grid.make(settings, (0, 1)))
    training = held_out if learned is None else worlds.right_in(learned, cells, labels=labels, part="training")
    training = replace(training, networks=tuple(settings))
    return replace(held_out, others={"training": replace(training, part="training", files=held_out.files)})


def right(*shares, images=40):
    """bool (networks, 2, images): these shares right: of each network the first images are wrong in its first run."""
    answers = np.ones((len(shares), 2, images), bool)
    for network, share in enumerate(shares):
        answers[network, 0, : round(2 * images * (1 - share))] = False
    return answers


def advice(of):
    return [row["advice"] for row in try_next.rows(of)]


def test_a_network_that_misses_what_it_learned_from_has_not_learned_enough():
    (row,) = try_next.rows(sample(right(0.8), right(0.9)))
    assert row == {
        "advice": "train longer or with more filters",
        "because": "10.0% of the images that it learned from are missed, and 20.0% of the others",
        "value": pytest.approx(0.1),
        "network": "nicknet1",
    }


def test_one_that_knows_them_by_heart_is_to_be_held_back():
    assert advice(sample(right(0.8), right(1.0))) == ["train with dropout or weight decay"]


@pytest.mark.parametrize(
    ("half", "expected"), [(0.7, "add pictures"), (0.8, "rather not add pictures of the same kind")]
)
def test_more_pictures_where_fewer_cost_accuracy(half, expected):
    rows = try_next.rows(sample(right(0.8, half), right(1.0, 1.0), changes=({}, {"train_share": 0.5})))
    assert (rows[0]["advice"], rows[0]["value"]) == (expected, pytest.approx(0.8 - half))
    assert (
        rows[0]["because"]
        == f"50% of the images instead of all change the accuracy by {100 * (half - 0.8):+.1f} points"
    )


def test_a_class_that_is_missed_more_often():
    labels = np.repeat([1, 0], 20)
    assert advice(sample(right(0.8), right(1.0), labels))[-1] == f"add pictures of {worlds.NAMES[1]}"


def test_labels_that_every_run_doubts_come_first():
    answers = right(0.8)
    answers[:, :, 5] = False
    of = sample(answers, right(1.0))
    certain = np.where(of.probabilities > 0.5, 0.95, 0.05).astype(np.float32)
    rows = try_next.rows(replace(of, probabilities=certain))
    assert (rows[0]["advice"], rows[0]["because"]) == ("check labels", "1 label is doubted by every run")


def test_labels_come_last_where_every_run_misses_more_images_without_doubting_their_labels():
    answers = right(0.8)
    answers[:, :, 5:8] = False
    of = sample(answers, right(1.0))
    doubts = np.where(of.probabilities > 0.5, 0.95, 0.05).astype(np.float32)
    doubts[:, :, 6:8] = of.probabilities[:, :, 6:8]
    assert advice(replace(of, probabilities=doubts)) == ["train with dropout or weight decay", "check labels"]


def test_nothing_is_advised_where_nothing_is_wrong():
    assert advice(sample(right(1.0))) == []


def test_the_answer_is_the_first_advice_and_what_follows():
    table = try_next.FINDING.table(sample(right(0.8, 0.7), right(1.0, 1.0), changes=({}, {"train_share": 0.5})))
    assert try_next.answer(table).sentence == (
        "Worth trying next: add pictures, since 50% of the images instead of all change the accuracy by -10.0 points; "
        "then train with dropout or weight decay."
    )
