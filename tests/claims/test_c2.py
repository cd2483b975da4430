"""What the verdict on the optimizer says of learning rates."""

import numpy as np
import pytest

from stages.claims import c2
from stages.claims.claim import HOLDS, UNDECIDED
from stages.findings.registry import Analysis
from tests import worlds


def with_rates(cells, chances, seeds=3, images=2000, **others):
    """The verdict on C2 of networks with these optimizers, kernel sizes and rates, right with these chances."""
    keys = ("optimizer", "kernel_size", "learning_rate")
    settings = {f"n{place}": dict(zip(keys, cell, strict=True)) for place, cell in enumerate(cells)}
    right = np.random.default_rng(6).random((len(cells), seeds, images)) < np.array(chances)[:, None, None]
    return c2.CLAIM.judge(Analysis(worlds.of_networks(right, settings, labels=np.arange(images) % 10, **others)))


def test_the_main_difference_cites_both_optimizers_at_their_best_rates():
    """At the default rates adam loses 0.2, at the best ones it gains 0.1."""
    cells = [("adam", 15, 0.001), ("adam", 15, 0.0001), ("sgd", 15, 0.01), ("sgd", 15, 0.1), ("sgd", 10, 0.01)]
    judgement = with_rates(cells, [0.4, 0.8, 0.6, 0.7, 0.6])
    assert judgement.verdict == HOLDS
    assert "best learning rates" not in judgement.reason
    cited = [number for number in judgement.evidence if "best learning rate" in number.quantity]
    assert [(number.quantity, number.n, number.verdict) for number in cited] == [
        (f"each optimizer at its best learning rate, adam at 0.0001 - sgd at 0.1, over new {over}", n, "")
        for over, n in (("images", 1000), ("seeds", 3))
    ]
    assert all(number.low < 0.1 < number.high and number.low > 0 for number in cited)
    assert judgement.evidence[0].value == pytest.approx(-0.2, abs=0.03)


def test_the_best_rates_are_cited_where_nothing_can_be_judged():
    cells = [("adam", 15, 0.001), ("adam", 15, 0.0001), ("sgd", 15, 0.01), ("sgd", 15, 0.1)]
    judgement = with_rates(cells, [0.4, 0.8, 0.6, 0.7])
    assert (judgement.verdict, len(judgement.evidence)) == (UNDECIDED, 2)
    assert judgement.reason.startswith("The grid needs two networks that differ in the optimizer alone, and two in the")


def test_intervals_that_decide_how_many_seeds_there_are_are_as_wide_as_all_looks_need():
    """Three looks: each has the confidence 1 - 0.05 / 3, so that all three hold the truth in 95% of studies."""
    cells = [("adam", 15, 0.001), ("sgd", 15, 0.01), ("sgd", 10, 0.01)]
    thrice, once, wide = (
        with_rates(cells, [0.4, 0.6, 0.6], **given) for given in ({"looks": 3}, {}, {"confidence": 1 - 0.05 / 3})
    )
    ends = [[(number.low, number.high) for number in judgement.evidence] for judgement in (thrice, once, wide)]
    np.testing.assert_allclose(ends[0], ends[2])
    assert all(low < narrow and high > broad for (low, high), (narrow, broad) in zip(ends[0], ends[1], strict=True))
    assert "decided at up to 3 counts by an interval: all of this claim are of 98.3%." in thrice.reason
    assert "decided at up to" not in once.reason
