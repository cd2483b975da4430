"""Of many classes, tables hold the largest pairs and the sum of the rest; what they hold is as of few classes."""

import numpy as np
import pytest

from stages.findings.networks import (
    class_leaning,
    class_ranks,
    classes,
    confused_pairs,
    confusions,
    knockout,
    pair_repair,
)
from stages.findings.sources import explained
from stages.statistics import confusions as matrices
from stages.statistics import pair_repair as repairs
from tests import worlds

PAIRED = {"confusions": confusions, "confused_pairs": confused_pairs, "knockout": knockout, "pair_repair": pair_repair}


@pytest.fixture
def few(monkeypatch):
    """A function after which so many classes are few, and so many pairs are shown."""

    def change(most, pairs=matrices.PAIRS):
        monkeypatch.setattr(matrices, "PAIRS", pairs)
        for module in (matrices, repairs, confused_pairs, classes):
            monkeypatch.setattr(module, "MOST_PAIRED", most)

    return change


def drawn(images=400):
    world = worlds.World(label_noise=0.1, seed=0.2, bad_runs=0.4)
    return worlds.draw(world, np.random.default_rng(3), images, worlds.CELLS[:2], 2, worlds.NAMES[:6]).sample


def key(row):
    return tuple(value for value in row.values() if isinstance(value, str)), row.get("seed")


def counted(row):
    return next(row[count] for count in ("count", "errors", "repaired") if count in row)


@pytest.mark.parametrize("name", PAIRED)
def test_where_there_is_room_for_all_pairs_the_rows_are_the_same_and_the_rest_is_nothing(few, name):
    finding = PAIRED[name].FINDING
    whole = {
        key(row): row for row in finding.rows(drawn()) if counted(row) or row.get("true", 0) == row.get("predicted", 1)
    }
    few(2)
    rows = finding.rows(drawn())
    rest = [row for row in rows if matrices.REST in row.values()]
    assert len(rest) == (0 if name == "pair_repair" else 4)
    assert not any(map(counted, rest))
    shown = {key(row): row for row in rows if row not in rest}
    if name == "pair_repair":  # ranked among those that are shown
        shown, whole = ({of: row["repair"] for of, row in each.items()} for each in (shown, whole))
    assert shown == whole


def test_the_rest_is_what_the_largest_pairs_leave(few):
    whole = confused_pairs.FINDING.rows(drawn())
    few(2, pairs=3)
    rows = confused_pairs.FINDING.rows(drawn())
    assert len(rows) == 4 * (3 + 1)
    for start, of_run in ((0, whole[:15]), (4, whole[15:30])):
        assert rows[start : start + 3] == of_run[:3]
        assert rows[start + 3]["errors"] == sum(row["errors"] for row in of_run[3:])


def test_scores_of_classes_need_no_matrix(few):
    exact = matrices.resampled_class_scores(drawn())
    few(2)
    sums = matrices.resampled_class_scores(drawn())
    for score in ("recall", "precision"):
        np.testing.assert_allclose(sums[score], exact[score], rtol=1e-12)
    assert len(class_ranks.FINDING.rows(drawn())) == 4 * 6


def test_the_picture_of_recall_shows_the_lowest(few, monkeypatch):
    few(2)
    monkeypatch.setattr(classes, "LOWEST", 2)
    rows = classes.FINDING.table(drawn()).where(score="recall")
    means = {name: np.mean([row["value"] for row in rows if row["class"] == name]) for name in worlds.NAMES[:6]}
    shown = list(dict.fromkeys(row["class"] for row in classes._lowest(rows)))
    assert shown == sorted(means, key=means.get)[:2]


@pytest.mark.parametrize("finding", [class_leaning.FINDING, explained.FINDING])
def test_what_takes_the_square_of_many_classes_is_refused(finding):
    names = tuple(f"class {number}" for number in range(65))
    sample = worlds.draw(worlds.World(), np.random.default_rng(0), 130, worlds.CELLS[:1], 1, names).sample
    assert finding.needs(sample) == "65 classes; computed for at most 64"
