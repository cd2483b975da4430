"""Everything that is computed from saved predictions, in the order of the page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from stages.error_analysis import (
    agreement,
    budget,
    effects,
    explained,
    knockout,
    performance,
    shares,
    verdicts,
    votes,
)
from stages.error_analysis import matched_fit as matching
from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.grid import Grid, Run
from stages.error_analysis.runs import Runs
from stages.error_analysis.table import Refusal, Table
from stages.params import ErrorAnalysis
from stages.streams import stream


@dataclass(frozen=True)
class Analysis:
    """What the pictures and the page show, of the held-out images.

    tables: by name, in page order; what the grid cannot support is absent and named in refusals. notes: sentences for
    the reader. runs: R runs, the first axis of the arrays. ids: int64 (N,), indices into the data set's training
    images. labels: uint8 (N,). probabilities: float32 (R, N, C). causes: int8 (R, N), 0 where right, else a code into
    budget.CAUSES, from 1. removed: int16 (R, N), the class whose removal makes an error right, -1 where none does or
    the answer is right. votes: uint8 (N, annotators), or None. files: the file that each image came from, or None.
    """

    tables: dict[str, Table]
    refusals: list[Refusal]
    notes: list[str]
    runs: tuple[Run, ...]
    class_names: tuple[str, ...]
    ids: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    causes: np.ndarray
    removed: np.ndarray
    votes: np.ndarray | None
    files: tuple[str, ...] | None = None

    @cached_property
    def predicted(self) -> np.ndarray:
        """int64 (R, N), the most probable class."""
        return self.probabilities.argmax(axis=2)

    def source(self, index: int) -> dict[str, str]:
        """The file of the image at this place of ids, as a table's column `file`; nothing where there are no files."""
        return {} if self.files is None else {"file": self.files[index]}

    def adding(self, *tables: Table) -> "Analysis":
        """The same with more tables, which come before the refusals."""
        known = {name: table for name, table in self.tables.items() if name != "refusals"}
        added = {table.name: table for table in tables}
        return replace(self, tables={**known, **added, "refusals": self.tables["refusals"]})


def analyse(
    parts: Mapping[str, Runs],
    grid: Grid,
    human_votes: np.ndarray | None,
    histories: Mapping[Run, matching.History],
    settings: ErrorAnalysis,
) -> Analysis:
    """Analyse the held-out predictions; the test predictions only confirm or contradict the verdicts.

    parts: the runs' predictions for 'training', 'held-out' and 'test' images. human_votes: uint8 (N, annotators), of
    the held-out images.
    """
    analysis, case = examine(
        {name: parts[name] for name in ("training", "held-out")}, "held-out", grid, human_votes, settings
    )
    confirmation, test_case = examine({"test": parts["test"]}, "test", grid, None, settings)
    judged = verdicts.judge(case)
    confirmed = {one.claim.replace("test", "held-out"): one.verdict for one in verdicts.judge(test_case)}
    tables = {
        "verdicts": verdicts.verdict_table(judged, confirmed),
        "claim_numbers": verdicts.evidence_table(judged),
        **analysis.tables,
    }
    matched, problems = matching.matched_fit(histories, grid)
    if matched:
        tables["matched_fit"] = matched
    scores = tables["scores"]
    tables["scores"] = replace(scores, rows=scores.rows + confirmation.tables["scores"].rows)
    refusals = list(dict.fromkeys([*analysis.refusals, *problems]))
    tables["refusals"] = refusal_table(refusals)
    return replace(analysis, tables=tables, refusals=refusals)


def refusal_table(refusals: list[Refusal]) -> Table:
    rows = [{"analysis": refusal.analysis, "reason": refusal.reason} for refusal in refusals]
    caption = "Analyses that this grid cannot support."
    return Table("refusals", caption, "by row", ("analysis", "reason"), rows)


def examine(
    parts: Mapping[str, Runs], part: str, grid: Grid, human_votes: np.ndarray | None, settings: ErrorAnalysis
) -> tuple[Analysis, verdicts.Case]:
    """Every table but those of the verdicts, of one part's images, and what the verdicts are judged on."""
    runs, confidence = parts[part], settings.confidence
    resamples = Resamples(len(runs.labels), settings.resamples, stream("bootstrap", part))
    right = by_cell(runs, grid)
    removed = knockout.repairing_class(runs.labels, runs.probabilities)
    collapsed = runs.problems
    confusion_samples = performance.sampled_confusions(runs, resamples)
    tables = [
        performance.scores(parts, part, confusion_samples, resamples, confidence),
        performance.classes(runs, confidence),
        performance.class_ranks(runs, confusion_samples),
        performance.confusions(runs, confidence),
        performance.confused_pairs(runs, confidence),
        agreement.missed_by(runs, confidence),
    ]
    refusals = list(grid.refusals)
    if len(runs.names) > 1:
        tables += [agreement.mcnemar(runs, resamples, confidence), agreement.consistency(runs, resamples, confidence)]
        tables += [agreement.missed_only_by(runs, confidence)]
    else:
        refusals.append(Refusal("comparison of runs", "there is one run only"))
    draws = {}
    rules = budget.Rules.of(grid, "; ".join(collapsed))
    if collapsed:
        names = ("effects of optimizer and kernel size", "Shapley split", "variance shares", "class knockout")
        named = {refusal.analysis for refusal in refusals}
        refusals += [Refusal(name, rules.problem) for name in names if name not in named]
    else:
        variances, draws, problems = shares.variance_shares(right, grid, resamples, confidence)
        refusals += problems
        tables += [
            effects.effects(right, grid, resamples, confidence),
            effects.shapley(right, grid, resamples, confidence),
            variances,
            knockout.knockout(runs, removed, confidence),
            knockout.knockout_any(runs, removed, confidence),
            knockout.pair_repair(runs, removed, resamples, confidence),
        ]
    suspect = ambiguous = None
    if human_votes is not None:
        suspect, ambiguous = votes.label_suspect(human_votes, runs.labels), votes.ambiguous(human_votes, runs.labels)
    table, causes, problems = budget.budget(right, grid, suspect, ambiguous, rules, resamples, confidence)
    tables.append(table)
    refusals += problems
    table, problems = explained.explained(right, runs.labels, human_votes, resamples, confidence)
    tables.append(table)
    refusals += problems
    if human_votes is not None:
        tables += [
            explained.errors_by_votes(right, grid.networks, runs.labels, human_votes, resamples, confidence),
            explained.suspect_labels(runs, human_votes, confidence),
        ]
    named = {table.name: table for table in tables if table}
    analysis = Analysis(
        named,
        refusals,
        collapsed,
        runs.names,
        runs.class_names,
        runs.ids,
        runs.labels,
        runs.probabilities,
        by_run(causes, runs, grid),
        removed,
        human_votes,
    )
    return analysis, verdicts.Case(part, runs, grid, right, named, draws, collapsed, resamples, confidence)


def by_cell(runs: Runs, grid: Grid) -> np.ndarray:
    """Which answers are right, bool (networks, seeds, N), of the grid's networks and seeds."""
    places = {run: index for index, run in enumerate(runs.names)}
    return np.stack([runs.right[[places[Run(network, seed)] for seed in grid.seeds]] for network in grid.networks])


def by_run(values: np.ndarray, runs: Runs, grid: Grid) -> np.ndarray:
    """Values (networks, seeds, N) for each run (R, N); a network left out of the grid takes those of its equal."""
    rows = []
    for run in runs.names:
        network = grid.same_as.get(run.network, run.network)
        rows.append(values[grid.networks.index(network), grid.seeds.index(run.seed)])
    return np.where(runs.right, 0, np.stack(rows))
