"""The words and tables of an explanation."""

from dataclasses import replace

import numpy as np
import pytest

from scripts.explain import text
from scripts.explain.answers import Edited, Explanation, Knockout, Occlusion
from scripts.explain.neighbours import Neighbour
from scripts.explain.subject import Subject
from stages.run import Run

NAMES = ("cat", "dog", "frog")


def edit(answer, noises=(0, 0, 1, 2)):
    return Edited("blur", answer, 0.6, 0.3, np.array(noises), np.zeros(len(noises)), 12.4)


def subject(label):
    return Subject("a.png", "a picture file", np.zeros((4, 4, 3), np.uint8), label, None)


@pytest.fixture
def explanation():
    evidence = np.zeros((4, 4))
    evidence[2, 1] = 1.5
    return Explanation(
        probabilities=np.array([0.75, 0.249, 0.001]),
        knockouts=(Knockout((0,), 1, 0.996), Knockout((0, 1), 2, 1.0)),
        edits=(edit(2),),
        occlusion=Occlusion(rival=2, map=evidence, side=1, places=16, turned=3),
        neighbours=(Neighbour(17, 1, 0.98765),),
    )


EXPECTED = """\
a.png: a picture file; label: frog

network  seed  answer  probability
a           0  cat            0.75  wrong

a, seed 0: cat, wrong
---------------------

class  probability
cat           0.75
dog           0.25
frog         <0.01  label

nearest training images  label  similarity
train:17                 dog         0.988

without   answer  probability
cat       dog           >0.99
cat, dog  frog           1.00  right

edit  answer  probability                L2  changed by noise of that size
blur  frog           0.60  turned right  12  2 of 4, right: 1

A square of 1x1 pixels filled with the mean colour changes the answer at 3 of 16 places.
The pixel in row 2, column 1 (from 0) speaks most for cat against frog: squares over it cost 1.50 logits of the \
lead on average.
"""


def test_a_report_of_a_wrong_answer(explanation):
    assert text.report(subject(2), {Run("a", 0): explanation}, NAMES) == EXPECTED


def test_without_a_label_nothing_is_called_right_or_wrong(explanation):
    report = text.report(subject(None), {Run("a", 0): explanation}, NAMES)
    assert "label: not given" in report
    assert "right" not in report
    assert "wrong" not in report
    assert "changed  12  2 of 4\n" in report


def test_no_features_and_no_neighbours_asked_for_are_told_apart(explanation):
    silent, unasked = (
        text.report(subject(None), {Run("a", 0): replace(explanation, neighbours=near)}, NAMES) for near in (None, ())
    )
    assert "the features that enter the output layer are all zero" in silent
    assert "earest" not in unasked


@pytest.mark.parametrize(
    ("after", "before", "label", "words"),
    [
        (0, 0, None, ""),
        (1, 0, None, "changed"),
        (1, 0, 2, "changed"),
        (2, 0, 2, "turned right"),
        (1, 0, 0, "turned wrong"),
    ],
)
def test_the_turn_of_an_edit(after, before, label, words):
    assert text.turn(edit(after), before, label) == words


def test_many_classes_are_cut_to_the_most_probable_and_the_label():
    probabilities = np.array([0.3, 0.2, 0.15, 0.1, 0.1, 0.08, 0.05, 0.02])
    said = Explanation(probabilities, (Knockout((0,), 1, 0.5),), (), Occlusion(1, np.zeros((4, 4)), 1, 16, 0))
    report = text.report(subject(7), {Run("a", 0): said}, list("abcdefgh"))
    assert "h                0.02  label\n2 others         0.13\n" in report
    assert "No part speaks for a against b." in report
