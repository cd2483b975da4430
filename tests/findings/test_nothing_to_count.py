"""Whatever there is none of, every finding and every claim says so: no number is divided by nothing, none is NaN."""

import contextlib
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from stages.claims.registry import verdict_tables
from stages.findings.registry import FINDINGS, Analysis
from stages.report.__main__ import main
from tests import worlds
from tests.report import reports

IMAGES = 24
EACH = np.arange(IMAGES) % 10
"""Labels: every class of CIFAR-10."""
SOME = np.random.default_rng(3).random((3, 2, IMAGES)) < 0.6
ALL, NONE = np.ones_like(SOME), np.zeros_like(SOME)
FEW = {"number_of_resamples": 20}
answering = partial(worlds.answering, **FEW)
right_in = partial(worlds.right_in, labels=EACH, cells=worlds.PUBLISHED, **FEW)


def one_run_of_them(run, others):
    changed = others.copy()
    changed[0, 0] = run[0, 0]
    return changed


def never(which):
    """Answers and labels in which class 3 does not occur as `which`."""
    answers, labels = np.random.default_rng(4).integers(0, 10, (3, 2, IMAGES)), EACH.copy()
    for values in [answers] if which == "answer" else [labels] if which == "label" else [answers, labels]:
        values[values == 3] = 4
    return answering(labels, answers, worlds.NAMES)


def collapsed(which, **others):
    """Samples of SOME in which the runs at these places of (network, seed) answer class 3 for every image."""
    answers = np.where(SOME, EACH, (EACH + 1) % 10)
    answers[which] = 3
    return answering(EACH, answers, worlds.NAMES, worlds.PUBLISHED, **others)


def of_many_classes():
    """Two runs and 256 classes."""
    labels = np.arange(256)
    answers = np.where(np.random.default_rng(6).random((1, 2, 256)) < 0.6, labels, (labels + 1) % 256)
    return worlds.answering(labels, answers, [f"class {label}" for label in labels], number_of_resamples=5)


def still(sample):
    """Every epoch with a training loss of 0."""
    rows = {run: [row | {"loss": 0.0, "accuracy": 1.0} for row in rows] for run, rows in sample.histories.items()}
    return replace(sample, histories=rows)


SAMPLES = {
    "no errors": right_in(ALL),
    "no errors, all four cells": right_in(np.ones((4, 2, IMAGES), bool), cells=worlds.CELLS),
    "no errors, one run": right_in(ALL[:1, :1]),
    "no errors, two classes": right_in(ALL, labels=EACH % 2),
    "no errors in one run": right_in(one_run_of_them(ALL, SOME)),
    "no errors in all runs except one": right_in(one_run_of_them(SOME, ALL)),
    "no right answers": right_in(NONE),
    "no right answers, one run": right_in(NONE[:1, :1]),
    "no right answers, two classes": right_in(NONE, labels=EACH % 2),
    "no right answers in one run": right_in(one_run_of_them(NONE, SOME)),
    "one network": right_in(SOME[:1]),
    "one seed": right_in(SOME[:, :1]),
    "one run": right_in(SOME[:1, :1]),
    "one image, right": right_in(ALL[..., :1], labels=EACH[:1]),
    "one image, wrong": right_in(NONE[..., :1], labels=EACH[:1]),
    "one image, one run": right_in(ALL[:1, :1, :1], labels=EACH[:1]),
    "one class in the labels": right_in(SOME, labels=EACH * 0 + 3),
    "a class without images": never("label"),
    "a class that is never answered": never("answer"),
    "a class that is neither": never("both"),
    "one answer for every image": answering(EACH, np.zeros((3, 2, IMAGES), int), worlds.NAMES),
    "one collapsed run": collapsed((0, 0)),
    "one collapsed network": collapsed(0),
    "collapsed runs of every network and seed": collapsed(([0, 1, 2], [0, 1, 0])),
    "256 classes": of_many_classes(),
    "sure answers": worlds.sample(EACH, np.eye(10)[np.where(SOME, EACH, 0)], worlds.NAMES, **FEW),
}
CHANGES = {
    "": lambda sample: sample,
    "no dissent": lambda sample: replace(sample, votes=np.repeat(sample.labels[:, None], 3, axis=1)),
    "all dissent": lambda sample: replace(sample, votes=np.repeat((sample.labels[:, None] + 1) % 2, 3, axis=1)),
    "no training error": lambda sample: still(
        replace(sample, others=sample.others | {"training": replace(right_in(ALL), part="training")})
        if sample.right.shape[:2] == (3, 2)
        else sample
    ),
}


DRAWN_FIRST = ("no errors, one run", "one image, wrong")
"""Of which a page is drawn in the fast tests; the others' pages take minutes together."""


def known(name):
    return reports.known(SAMPLES[name], np.random.default_rng(5))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name == "256 classes" else []) for name in SAMPLES]
)
@pytest.mark.filterwarnings("error")
def test_every_finding_has_numbers_or_says_why_not(name, change):
    sample = CHANGES[change](known(name))
    analysis = Analysis(sample)
    learned = Analysis(sample.learned)
    reasons = {refusal.analysis for refusal in analysis.refusals}
    for finding in FINDINGS:
        table = analysis.table(finding.name)
        assert table or finding.question in reasons
        for row in table.rows if table else []:
            assert set(row) == set(finding.columns)
            assert not any(value != value for value in row.values()), (finding.name, row)
            low, high = row.get("low"), row.get("high")
            assert low is None or low <= high
    verdicts, numbers = verdict_tables(learned, Analysis(learned.sample.others["test"]))
    assert all(row["reason"] for row in verdicts.rows)
    assert not any(value != value for row in numbers.rows for value in row.values())


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in DRAWN_FIRST else pytest.mark.slow) for name in SAMPLES]
)
@pytest.mark.filterwarnings("error")
def test_the_page_is_drawn_and_says_what_there_is_none_of(name, tmp_path):
    sample = known(name)
    with contextlib.chdir(tmp_path):
        reports.write(sample)
        main()
        text = Path("plots/report.html").read_text(encoding="utf-8")
    for run, right in zip(sample.runs, sample.by_run(sample.right), strict=True):
        assert (f"{run} gets every held-out image right" in text) == right.all()
        assert (f"{run} gets every held-out image wrong" in text) == (not right.any())
    for run in sample.collapsed:
        assert f"{run} predicts " in text
    for gone in sample.learned.left_out:
        assert f"<li>Left out: {gone}, in all that compares or pools runs</li>" in text
    assert not re.search(r"\bnan\b", re.sub(r'src="data:[^"]*"', "", text), re.IGNORECASE)


def test_one_collapsed_run_of_many_is_left_out_of_what_it_cannot_support():
    right = np.random.default_rng(8).random((4, 5, 400)) < 0.7
    others = {"cells": worlds.CELLS, "labels": np.arange(400) % 10}
    whole = worlds.right_in(right, **others)
    answers = whole.predicted.copy()
    answers[2, 1] = 7
    analysis = Analysis(worlds.answering(whole.labels, answers, worlds.NAMES, worlds.CELLS))
    rest = Analysis(worlds.right_in(np.delete(right, 1, axis=1), **others))
    for name in ("effects", "shapley", "variance_shares", "knockout_any", "pair_repair", "missed_by"):
        shown, expected = (
            [{key: value for key, value in row.items() if key != "seed"} for row in each.table(name).rows]
            for each in (analysis, rest)
        )
        assert shown == expected
    assert len(analysis.where("scores", score="accuracy")) == 20
    (refusal,) = [each for each in analysis.refusals if each.analysis.startswith("seed 1, ")]
    assert refusal.reason.startswith(
        "nicknet3, seed 1 predicts 'horse' for every image. The loss of such a run stays at"
    )
    assert not {finding.question for finding in FINDINGS if finding.name in ("effects", "knockout")} & {
        each.analysis for each in analysis.refusals
    }


def test_the_grid_without_a_network_is_that_of_the_others():
    sample = collapsed(0).learned
    assert (sample.networks, sample.seeds, sample.left_out) == (("nicknet2", "nicknet3"), (0, 1), ("nicknet1",))
    assert [row["effect"] for row in Analysis(sample).table("effects").rows] == ["kernel size with sgd"]
    assert sample.probabilities.shape[:2] == (2, 2)


def test_where_every_run_collapsed_all_are_named():
    sample = collapsed(slice(None))
    assert sample.learned is sample
    reasons = {each.analysis: each.reason for each in Analysis(sample).refusals}
    for finding in FINDINGS:
        if finding.name in ("effects", "variance_shares", "knockout", "pair_repair"):
            assert reasons[finding.question].count("predicts 'cat' for every image") == 6
