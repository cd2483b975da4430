"""What a finding is: one question to the predictions, with its table, its pictures and its words, in one file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stages.statistics.sample import Sample
from stages.statistics.table import Column, Kind, Refusal, Row, Table

Style = Any
"""The module stages.report.style. A finding is handed it to draw with and does not import it, so that the statistics
neither need Matplotlib nor run again for a colour."""
Figure = Any
"""A matplotlib Figure."""

NETWORK = Column(str, "name of the network, an entry of params.yaml")
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


@dataclass(frozen=True)
class Finding:
    """One question, and how it is answered.

    name: of the table, data/analysis/<name>.csv. section: of the page, under which it stands; sections come in the
    order of their first finding. question: what is asked, in a reader's words. kind: see table.Kind. caption: what
    the table holds, how its numbers are computed, and what its intervals are over. columns: every column, described.
    rows: of a sample that has what is needed. needs: why a sample cannot support the finding, '' where it can.
    limits: what the grid cannot support of it, beside the whole.
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

    def table(self, sample: Sample) -> Table:
        """The table of a sample that has what the finding needs."""
        return Table(self.name, self.kind, self.columns, self.rows(sample))


def several_runs(sample: Sample) -> str:
    return "" if len(sample.runs) > 1 else "there is one run only"


def no_collapse(sample: Sample) -> str:
    """Effects of settings on networks that answer one class only would be effects on nothing."""
    return sample.collapse


def human_votes(sample: Sample) -> str:
    return "" if sample.votes is not None else "human votes are not available (params data.human_votes)"


def epochs(sample: Sample) -> str:
    return "" if sample.epochs else "the answers after every epoch are not available"
