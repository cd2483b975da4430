"""The findings, in the order of the page, and their tables."""

from collections.abc import Sequence
from functools import cached_property

from stages.findings.causes import contradicted_labels, error_mass, sensitive_images, suspect_labels
from stages.findings.changes import (
    absent_class,
    data_scaling,
    dose_response,
    learned_images,
    near_duplicates,
    remedies,
    remedies_by_chance,
    remedies_by_class,
    what_remains,
)
from stages.findings.finding import Finding
from stages.findings.first import look_first, try_next
from stages.findings.images import explained_images, galleries, images, pixel_edits
from stages.findings.networks import (
    class_leaning,
    class_ranks,
    classes,
    confused_pairs,
    confusions,
    consistency,
    curves,
    early_stopping,
    knockout,
    knockout_any,
    learning,
    mcnemar,
    missed_by,
    missed_only_by,
    pair_repair,
    scores,
    training_dynamics,
)
from stages.findings.settings import best_rates, effects, equal_loss, equivalence, matched_fit, shapley
from stages.findings.sources import errors_by_votes, explained, sobol_indices, variance_shares
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row, Table

FINDINGS: tuple[Finding, ...] = tuple(
    module.FINDING
    for module in (
        *(look_first, try_next),
        *(learned_images, near_duplicates),
        *(remedies, remedies_by_class, remedies_by_chance, absent_class, what_remains, dose_response, data_scaling),
        *(effects, shapley, equivalence, matched_fit, best_rates, equal_loss),
        *(variance_shares, sobol_indices, errors_by_votes, explained),
        *(error_mass, sensitive_images, contradicted_labels, suspect_labels),
        *(scores, curves, learning, training_dynamics, early_stopping),
        *(classes, class_leaning, class_ranks, confusions, confused_pairs),
        *(knockout, knockout_any, pair_repair),
        *(consistency, mcnemar, missed_by, missed_only_by),
        *(pixel_edits, galleries, images, explained_images),
    )
)


UNKNOWN = ": nobody knows how it was trained, and from which images"
POOLED = "in all that compares or pools runs"
"""What runs are left out of, because of those that collapsed."""

ANSWERS = (
    *("learned_images", "remedies", "look_first", "try_next", "effects", "what_remains"),
    *("error_mass", "errors_by_votes", "equivalence", "data_scaling"),
)
"""The findings whose sentences begin the page: of those that say something, the first SENTENCES."""
SENTENCES = 6


class Analysis:
    """The tables of one sample, each computed when it is first asked for."""

    def __init__(self, sample: Sample, findings: Sequence[Finding] = FINDINGS) -> None:
        self.sample = sample
        self.findings = {finding.name: finding for finding in findings}
        self._tables: dict[str, Table | None] = {}

    def table(self, name: str) -> Table | None:
        """The table of this finding; None where the sample does not support it."""
        finding = self.findings[name]
        if not finding.with_collapsed and self.learned is not self:
            return self.learned.table(name)
        if finding.of_training and self.trained is not self:
            return self.trained.table(name)
        if name not in self._tables:
            self._tables[name] = None if self.missing(finding) else finding.table(self.sample)
        return self._tables[name]

    def missing(self, finding: Finding) -> str:
        """Why the sample does not support a finding; '' where it does."""
        return finding.needs(self.sample) if self.sample.networks else f"every network is pretrained{UNKNOWN}"

    @cached_property
    def learned(self) -> "Analysis":
        """That of the sample without collapsed runs."""
        learned = self.sample.learned
        return self if learned is self.sample else Analysis(learned, list(self.findings.values()))

    @cached_property
    def trained(self) -> "Analysis":
        """That of the sample without pretrained networks."""
        trained = self.sample.trained
        return self if trained is self.sample else Analysis(trained, list(self.findings.values()))

    @cached_property
    def of_cells(self) -> "Analysis":
        """That of the sample of the networks in the grid's cells."""
        of_cells = self.sample.of_cells
        return self if of_cells is self.sample else Analysis(of_cells, list(self.findings.values()))

    def where(self, name: str, **values: object) -> list[Row]:
        """The rows of a table in which the columns have these values; none where there is no table."""
        table = self.table(name)
        return table.where(**values) if table else []

    @cached_property
    def tables(self) -> list[Table]:
        """Every table that the sample supports, in the order of the findings."""
        return [table for table in map(self.table, self.findings) if table]

    @cached_property
    def answers(self) -> Table:
        """The answer to the title question: the sentences of ANSWERS that the sample supports."""
        tables = [table for name in ANSWERS if name in self.findings and (table := self.table(name)) and table.rows]
        answers = [(table.name, self.findings[table.name].answer(table)) for table in tables]
        return Table(
            "answers",
            "by row",
            ANSWERED,
            [{"finding": name, **one._asdict()} for name, one in answers if one][:SENTENCES],
        )

    @cached_property
    def refusals(self) -> list[Refusal]:
        """What the sample cannot support: collapsed runs, then of the grid, whole findings and parts; each once."""
        learned = self.learned.sample
        refusals = [Refusal(f"{name}, {POOLED}", self.sample.collapse) for name in learned.left_out]
        refusals += learned.grid.refusals
        unknown = [f"{name} is pretrained{UNKNOWN}" for name in self.sample.pretrained]
        refusals += [Refusal("comparisons of settings", reason) for reason in unknown]
        for finding in self.findings.values():
            analysis = self if finding.with_collapsed else self.learned
            if finding.of_training:
                analysis = analysis.trained
                refusals += [Refusal(finding.question, reason) for reason in unknown if analysis.sample.networks]
            reason = analysis.missing(finding)
            refusals += [Refusal(finding.question, reason)] if reason else finding.limits(analysis.sample)
        return list(dict.fromkeys(refusals))


ANSWERED = {
    "finding": Column(str, "name of the finding, and of the table, that says it"),
    "sentence": Column(str, "the answer in one sentence, with the value in it"),
    "value": Column(float, "a share 0..1, or a difference of shares"),
    "low": Column(float, "lower end of its interval; none without one"),
    "high": Column(float, "upper end of its interval"),
    "over": Column(str, "what the interval is over"),
}
REFUSALS = {
    "analysis": Column(str, "what is not computed"),
    "reason": Column(str, "what the grid, or the sample, does not have"),
}


def refusal_table(refusals: Sequence[Refusal]) -> Table:
    return Table("refusals", "by row", REFUSALS, [refusal._asdict() for refusal in refusals])
