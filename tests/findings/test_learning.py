from dataclasses import replace

import numpy as np
import pytest

from stages.findings.networks.learning import FINDING
from tests import worlds


def of(*histories):
    """A sample of one network whose seeds have these training losses, an epoch each."""
    sample = worlds.draw(worlds.World(), np.random.default_rng(0), images=20, cells=[("sgd", 5)], seeds=len(histories))
    rows = map(worlds.history, histories)
    return replace(sample.sample, histories=dict(zip(sample.sample.runs, rows, strict=True)))


def test_a_loss_that_fell_by_more_than_a_tenth_in_the_last_sixth_is_still_falling():
    finished, unfinished = [2, 1, 0.5, 0.4, 0.4, 0.37], [2, 1.8, 1.5, 1.2, 1.0, 0.89]
    rows = FINDING.rows(of(finished, unfinished))
    assert [(row["seed"], row["epochs"], row["accuracy"], row["loss"]) for row in rows] == [
        (0, 6, 0.6, 0.37),
        (1, 6, 0.6, 0.89),
    ]
    assert [row["fall"] for row in rows] == pytest.approx([0.075, 0.11])
    assert [row["still_falling"] for row in rows] == [False, True]


@pytest.mark.parametrize(("losses", "fall"), [([2.0], 0), ([4, 4, 4, 4, 4, 2, 1], 0.5), ([0.0] * 7, 0)])
def test_the_last_sixth_is_of_whole_epochs(losses, fall):
    assert FINDING.rows(of(losses))[0]["fall"] == fall


def test_without_histories_it_is_refused():
    assert FINDING.needs(of([1.0])) == ""
    assert FINDING.needs(replace(of([1.0]), histories={})) == "there is no history of the training"
