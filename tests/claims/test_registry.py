"""What becomes of the claims: two tables, and nothing computed that no claim reads."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stages.claims.registry import CLAIMS, NUMBERS, VERDICTS, verdict_tables
from stages.findings.registry import Analysis
from stages.statistics import table
from tests import worlds

DOCS = Path(__file__).resolve().parents[2] / "docs"
READ = {"scores", "classes", "class_ranks", "pair_repair", "absent_class"}


class Recorded(Analysis):
    """An analysis that remembers which tables it was asked for."""

    def __init__(self, sample):
        super().__init__(sample)
        self.asked = set()

    def table(self, name):
        self.asked.add(name)
        return super().table(name)


def sample_of(part, number, **shares):
    rng = np.random.default_rng(number)
    return worlds.draw(worlds.World(**shares), rng, 600, worlds.PUBLISHED, 1, part=part, resamples=100).sample


def tables_of(on_test, **shares):
    sample = sample_of("held-out", 0, **shares)
    others = {"training": replace(sample, part="training"), "test": on_test.sample}
    return verdict_tables(Analysis(replace(sample, others=others)), on_test)


def test_the_test_images_only_repeat_the_verdicts():
    on_test = Recorded(sample_of("test", 1, label_noise=0.3))
    verdicts, numbers = tables_of(on_test, pair=0.3)
    assert on_test.asked == READ
    column = {row["claim"]: (row["verdict"], row["on_test_images"]) for row in verdicts.rows}
    assert list(column) == ["C1 training", "C1 held-out", "C2", "C3", "C4", "C5", "C6", "C7"]
    assert column["C1 training"][1] == ""
    assert column["C4"] == ("holds", "does not hold")
    assert {row["part"] for row in numbers.rows if row["claim"] != "C1 training"} == {"held-out"}


def test_of_other_data_nothing_is_judged_whatever_its_classes_are_called():
    on_test = Recorded(sample_of("test", 1))
    sample = replace(sample_of("held-out", 0, seed=0.2), dataset="folder")
    assert [made.rows for made in verdict_tables(Analysis(sample), on_test)] == [[], []]
    assert on_test.asked == set()


def test_accuracies_of_training_images_are_judged_only_where_they_are_known():
    sample = sample_of("held-out", 0, pair=0.1)
    verdicts, _ = verdict_tables(Analysis(sample), Analysis(sample_of("test", 1, pair=0.1)))
    assert verdicts.rows[0]["claim"] == "C1 held-out"


def test_the_tables_read_back_as_they_were_written(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "FOLDER", tmp_path)
    tables = tables_of(Analysis(sample_of("test", 1, seed=0.3)), seed=0.3)
    for made, columns in zip(tables, (VERDICTS, NUMBERS), strict=True):
        made.write()
        again = table.read(made.name, "by row", columns)
        assert [{key: row[key] for key in columns} for row in made.rows] == [
            {key: pytest.approx(value, rel=1e-8) if isinstance(value, float) else value for key, value in row.items()}
            for row in again.rows
        ]


def test_the_documents_quote_the_claims_and_their_rules():
    report, analysis = (re.sub(r"\s+(> )?", " ", (DOCS / name).read_text()) for name in ("report.md", "analysis.md"))
    for claim in CLAIMS:
        heading = claim.source.removeprefix("docs/report.md#").upper()
        assert f"### {heading} {claim.text}" in report
        assert claim.rule in analysis
