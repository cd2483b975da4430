"""The findings, in the order of the page, and their tables."""

from collections.abc import Sequence
from functools import cached_property

from stages.findings import (
    best_rates,
    class_ranks,
    classes,
    confused_pairs,
    confusions,
    consistency,
    contradicted_labels,
    curves,
    data_scaling,
    dose_response,
    effects,
    equivalence,
    error_mass,
    errors_by_votes,
    explained,
    explained_images,
    galleries,
    knockout,
    knockout_any,
    learning,
    matched_fit,
    mcnemar,
    missed_by,
    missed_only_by,
    pair_repair,
    pixel_edits,
    remedies,
    remedies_by_chance,
    remedies_by_class,
    scores,
    sensitive_images,
    shapley,
    sobol_indices,
    suspect_labels,
    variance_shares,
    what_remains,
)
from stages.findings.finding import Finding
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row, Table

FINDINGS: tuple[Finding, ...] = tuple(
    module.FINDING
    for module in (
        *(remedies, remedies_by_class, remedies_by_chance, what_remains, dose_response, data_scaling),
        *(effects, shapley, equivalence, matched_fit, best_rates),
        *(variance_shares, sobol_indices, errors_by_votes, explained),
        *(error_mass, sensitive_images, contradicted_labels, suspect_labels),
        *(scores, curves, learning, classes, class_ranks, confusions, confused_pairs),
        *(knockout, knockout_any, pair_repair),
        *(consistency, mcnemar, missed_by, missed_only_by),
        *(pixel_edits, galleries, explained_images),
    )
)


ANSWERS = ("remedies", "what_remains", "data_scaling", "effects")
"""The findings whose sentences begin the page, in this order; at most six."""


class Analysis:
    """The tables of one sample, each computed when it is first asked for."""

    def __init__(self, sample: Sample, findings: Sequence[Finding] = FINDINGS) -> None:
        self.sample = sample
        self.findings = {finding.name: finding for finding in findings}
        self._tables: dict[str, Table | None] = {}

    def table(self, name: str) -> Table | None:
        """The table of this finding; None where the sample does not support it."""
        if name not in self._tables:
            finding = self.findings[name]
            self._tables[name] = None if finding.needs(self.sample) else finding.table(self.sample)
        return self._tables[name]

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
            "answers", "by row", ANSWERED, [{"finding": name, **one._asdict()} for name, one in answers if one]
        )

    @cached_property
    def refusals(self) -> list[Refusal]:
        """What the sample cannot support: of the grid, then whole findings, then parts of one; each once."""
        refusals = list(self.sample.grid.refusals)
        for finding in self.findings.values():
            reason = finding.needs(self.sample)
            refusals += [Refusal(finding.question, reason)] if reason else finding.limits(self.sample)
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
