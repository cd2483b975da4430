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


def one_run_of_them(run, others):
    changed = others.copy()
    changed[0, 0] = run[0, 0]
    return changed


def never(which):
    """Answers and labels in which class 3 does not occur as `which`."""
    answers, labels = np.random.default_rng(4).integers(0, 10, (3, 2, IMAGES)), EACH.copy()
    for values in [answers] if which == "answer" else [labels] if which == "label" else [answers, labels]:
        values[values == 3] = 4
    return worlds.answering(labels, answers, worlds.NAMES)


def still(sample):
    """Every epoch with a training loss of 0."""
    rows = {run: [row | {"loss": 0.0, "accuracy": 1.0} for row in rows] for run, rows in sample.histories.items()}
    return replace(sample, histories=rows)


right_in = partial(worlds.right_in, labels=EACH, cells=worlds.PUBLISHED)
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
    "one answer for every image": worlds.answering(EACH, np.zeros((3, 2, IMAGES), int), worlds.NAMES),
    "sure answers": worlds.sample(EACH, np.eye(10)[np.where(SOME, EACH, 0)], worlds.NAMES),
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


DRAWN_FIRST = ("no errors, one run", "no right answers, one run", "one image, one run", "one image, wrong")
"""Of which a page is drawn in the fast tests; the others' pages take minutes together."""


def known(name):
    return reports.known(SAMPLES[name], np.random.default_rng(5))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.filterwarnings("error")
def test_every_finding_has_numbers_or_says_why_not(name, change):
    sample = CHANGES[change](known(name))
    analysis = Analysis(sample)
    reasons = {refusal.analysis for refusal in analysis.refusals}
    for finding in FINDINGS:
        table = analysis.table(finding.name)
        assert table or finding.question in reasons
        for row in table.rows if table else []:
            assert set(row) == set(finding.columns)
            assert not any(value != value for value in row.values()), (finding.name, row)
            low, high = row.get("low"), row.get("high")
            assert low is None or low <= high
    verdicts, numbers = verdict_tables(analysis, Analysis(sample.others["test"]))
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
    assert not re.search(r"\bnan\b", re.sub(r'src="data:[^"]*"', "", text), re.IGNORECASE)
