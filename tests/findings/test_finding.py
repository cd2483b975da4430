"""A finding is what its file says."""

from typing import get_type_hints

import pytest

from stages.findings.changes import near_duplicates, what_remains
from stages.findings.finding import Answer, Picture, causal, picture, refusals, sizes
from stages.findings.images import pixel_edits
from stages.findings.registry import FINDINGS
from stages.statistics.table import Refusal, Row


def test_name_question_and_section_are_those_of_file_docstring_and_room():
    finding = what_remains.FINDING
    assert (finding.name, finding.section) == ("what_remains", "What would have made them right")
    assert finding.question == "Which images stay wrong, whatever is changed in training?"
    assert (finding.rows, finding.answer) == (what_remains.rows, what_remains.answer)
    assert near_duplicates.FINDING.section == "Having learned from an image"


def test_every_finding_asks_and_no_two_ask_the_same():
    questions = [finding.question for finding in FINDINGS]
    assert len(set(questions)) == len(FINDINGS)
    assert all(question[0].isupper() and question.index("?") == len(question) - 1 for question in questions)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.name)
def test_functions_that_a_file_names_are_what_a_finding_takes(finding):
    returned = {"rows": list[Row], "needs": str, "limits": list[Refusal], "answer": Answer | None}
    for field, expected in returned.items():
        given = get_type_hints(getattr(finding, field)).get("return", expected)
        assert given == expected or given is Answer, field


def test_pictures_come_as_they_are_defined():
    first, second = (picture(title, "words", wide=True)(len) for title in ("first", "second"))
    module = {"__name__": pixel_edits.__name__, "__doc__": "Why? (section 1)", "rows": list, "b": first, "a": second}
    finding = causal(module, caption="", columns={})
    assert finding.pictures == (first, second)
    assert first == Picture("first", "words", len, wide=True)
    assert (finding.kind, finding.question) == ("causal", "Why?")


def test_refusals_are_what_has_a_reason():
    assert refusals({"placebo": "needs 2 or more seeds", "loss": ""}) == [Refusal("placebo", "needs 2 or more seeds")]


def test_sizes_of_groups_in_words():
    assert sizes([{"n": 1200}, {"n": 180}, {"n": 200}]) == "180 to 1,200"
    assert sizes([{"n": 5}, {"n": 5}]) == "5"
