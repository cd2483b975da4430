"""What a finding is: one question to the predictions, with its table, its pictures and its words, in one file."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from stages.run import Run
from stages.statistics.confusions import MOST_PAIRED
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Kind, Refusal, Row, Table, ends

Style = Any
"""The module stages.report.style. A finding is handed it to draw with and does not import it, so that the statistics
neither need Matplotlib nor run again for a colour."""
Figure = Any
"""A matplotlib Figure."""

NETWORK = Column(str, "name of the network")
SEED = Column(int, "seed of its initial weights and of the order of its images")
PART = Column(str, "which images: 'training', 'held-out' or 'test'")
N = Column(int, "how many images, or errors, the number is computed on")
RUN = {"network": NETWORK, "seed": SEED}
IMAGE = {
    "id": Column(int, "index of the image in the data set's source 'train'"),
    "file": Column(str, "file that the image came from; empty where there are no files"),
    "true": Column(str, "class of the label"),
}
INTERVAL = ends("low", "high", "the interval over new images")


def measured(name: str, meaning: str, n: str = N.meaning) -> dict[str, Column]:
    """The columns of a number, of its interval over new images, and of how many it is computed on."""
    return {name: Column(float, meaning), **INTERVAL, "n": Column(int, n)}


@dataclass(frozen=True)
class Picture:
    """A picture of a finding's table: plots/pictures/<name>.png.

    title: what it is of. words: what to see in it. draw: from a table that has rows; None where they show nothing.
    name: that of the finding if ''. wide: whether it needs more than the width of the text.
    """

    title: str
    words: str
    draw: Callable[[Table, Style], Figure | None]
    name: str = ""
    wide: bool = False


def picture(title: str, words: str, **others: Any) -> Callable[[Callable[[Table, Style], Figure | None]], Picture]:
    """A picture in the place of the function that draws it. others: further fields of Picture."""
    return lambda draw: Picture(title, words, draw, **others)


class Answer(NamedTuple):
    """What a finding says to a reader without statistics.

    sentence: with the value in it, as text. low, high: its interval, None where there is none. over: what other such
    numbers the interval is about: 'new images', 'new seeds' or both, one after the other; '' without an interval.
    """

    sentence: str
    value: float
    low: float | None = None
    high: float | None = None
    over: str = ""

    def __str__(self) -> str:
        """The sentence, and its interval in percent."""
        if self.low is None or self.high is None:
            return self.sentence
        return f"{self.sentence} [{self.low:.1%}, {self.high:.1%}, over {self.over}]"


@dataclass(frozen=True)
class Finding:
    """One question, and how it is answered.

    name: of the table, data/analysis/<name>.csv. section: of the page, under which it stands; sections come in the
    order of their first finding. question: what is asked, in a reader's words. kind: see table.Kind. caption: what
    the table holds, how its numbers are computed, and what its intervals are over. columns: every column, described.
    rows: of a sample that has what is needed. needs: why a sample cannot support the finding, '' where it can.
    limits: what the grid cannot support of it, beside the whole. with_collapsed: whether it is about each run alone, so
    that runs that answer a single class are in it, too. of_training: whether it needs to know how networks were
    trained, or from which images, so that pretrained ones are not in it. answer: what a table that has rows says in one
    sentence; None where it says nothing.
    """

    name: str
    section: str
    question: str
    kind: Kind
    caption: str
    columns: Mapping[str, Column]
    rows: Callable[[Sample], list[Row]]
    needs: Callable[[Sample], str] = lambda sample: ""
    limits: Callable[[Sample], list[Refusal]] = lambda sample: []
    pictures: tuple[Picture, ...] = ()
    with_collapsed: bool = False
    of_training: bool = False
    answer: Callable[[Table], Answer | None] = lambda table: None

    def table(self, sample: Sample) -> Table:
        """The table of a sample that has what the finding needs."""
        return Table(self.name, self.kind, self.columns, self.rows(sample))


def _declared(
    kind: Kind, module: Mapping[str, Any], caption: str, columns: Mapping[str, Column], **others: Any
) -> Finding:
    """The finding that a module is, by its globals; others: fields that it takes from elsewhere.

    The file gives the name, the first sentence of its docstring the question, that of its room the section; rows and,
    where it has them, needs, limits and answer are functions of these names; its pictures come as they are defined.
    """
    room, name = module["__name__"].rsplit(".", 1)
    found = {field: module[field] for field in ("rows", "needs", "limits", "answer") if field in module}
    found["section"] = str(sys.modules[room].__doc__).rstrip(".")
    found["question"] = module["__doc__"].partition("?")[0] + "?"
    found["pictures"] = tuple(each for each in module.values() if isinstance(each, Picture))
    return Finding(name=name, kind=kind, caption=caption, columns=columns, **found | others)


causal, associated, by_row = (partial(_declared, kind) for kind in ("causal", "associated", "by row"))


def named(run: Run) -> Row:
    """The columns RUN."""
    return {"network": run.network, "seed": run.seed}


def sizes(rows: Sequence[Row]) -> str:
    """The column n of rows in words: '200', or '180 to 1,200'."""
    return " to ".join(f"{n:,}" for n in dict.fromkeys(each(row["n"] for row in rows) for each in (min, max)))


def refusals(reasons: Mapping[str, str]) -> list[Refusal]:
    """By what is not computed; a reason is '' where it is."""
    return [Refusal(analysis, reason) for analysis, reason in reasons.items() if reason]


def seeds(sample: Sample, fewest: int) -> str:
    return "" if len(sample.seeds) >= fewest else f"needs {fewest} or more seeds"


def several_runs(sample: Sample) -> str:
    return "" if len(sample.runs) > 1 else "there is one run only"


def no_collapse(sample: Sample) -> str:
    """Effects of settings are those on runs that learned: Sample.learned has none that collapsed, unless all did."""
    return sample.collapse


def human_votes(sample: Sample) -> str:
    return sample.no_votes


def probabilities(sample: Sample) -> str:
    return "" if sample.answers is None else "only the classes answered are known, not their probabilities"


def few_classes(sample: Sample) -> str:
    """What takes the square of the classes, or many rounds over all, is not computed for many."""
    classes = len(sample.class_names)
    return f"{classes:,} classes; computed for at most {MOST_PAIRED}" if classes > MOST_PAIRED else ""


def epochs(sample: Sample) -> str:
    return "" if sample.epochs else "the answers after every epoch are not available"
