"""What a finding is: one question to the predictions, with its table, its pictures and its words, in one file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from stages.statistics.confusions import MOST_PAIRED
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Kind, Refusal, Row, Table

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
INTERVAL = {
    "low": Column(float, "lower end of the interval over new images"),
    "high": Column(float, "upper end of the interval over new images"),
}


@dataclass(frozen=True)
class Picture:
    """A picture of a finding's table: plots/pictures/<name>.png.

    title: what it is of. words: what to see in it. draw: from a table that has rows; None where they show nothing.
    name: that of the finding if ''.
    wide: whether it needs more than the width of the text.
    """

    title: str
    words: str
    draw: Callable[[Table, Style], Figure | None]
    name: str = ""
    wide: bool = False


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
    columns: dict[str, Column]
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
