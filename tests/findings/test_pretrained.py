"""Of a pretrained network nobody knows how it was trained, and from which images: it is left out where that counts."""

from dataclasses import replace

import numpy as np
import pytest

from stages.findings import metrics
from stages.findings.registry import FINDINGS, Analysis
from stages.statistics import grid
from tests.report import reports

OF_TRAINING = {finding.name for finding in FINDINGS if finding.of_training}
UNKNOWN = "nicknet3 is pretrained: nobody knows how it was trained, and from which images"


def pretrained(sample, *names):
    """The sample as if these networks had come from files."""
    settings = {name: {} if name in names else stated for name, stated in sample.grid.settings.items()}
    known = {run for run in sample.runs if run.network not in names}
    parts = {"grid": grid.make(settings, sample.seeds), "pretrained": names}
    return replace(
        sample,
        **parts,
        histories={run: rows for run, rows in sample.histories.items() if run in known},
        epochs={run: answers for run, answers in sample.epochs.items() if run in known},
        others={part: replace(other, **parts) for part, other in sample.others.items()},
    )


@pytest.fixture(scope="module")
def analysis():
    return Analysis(pretrained(reports.sample(seeds=2, votes=True, files=True), "nicknet3"))


def test_findings_about_training_leave_it_out_and_say_so(analysis):
    assert {"learned_images", "training_dynamics", "early_stopping", "curves"} < OF_TRAINING
    for name in OF_TRAINING:
        rows = analysis.where(name)
        assert rows
        assert "nicknet3" not in {row.get("network") for row in rows}
        assert (analysis.findings[name].question, UNKNOWN) in analysis.refusals


def test_it_is_analysed_like_the_others_elsewhere(analysis):
    for name in ("scores", "confusions", "knockout", "pixel_edits"):
        assert "nicknet3" in {row["network"] for row in analysis.where(name)}
    assert analysis.where("scores", network="nicknet3", part="test")
    assert not analysis.where("scores", network="nicknet3", part="training")
    assert metrics.of_network(analysis, "nicknet3").keys() == {"accuracy", "precision", "loss"}


def test_it_is_in_no_comparison_of_settings(analysis):
    assert "nicknet3" not in analysis.sample.grid.cells.values()
    assert not [row for row in analysis.where("remedies") if "nicknet3" in (row["base"], row["network"])]
    assert ("comparisons of settings", UNKNOWN) in analysis.refusals


def test_late_answers_of_a_run_without_epochs_are_its_last():
    sample = pretrained(reports.sample(), "nicknet3")
    np.testing.assert_array_equal(sample.late_right[2], sample.right[2])
    np.testing.assert_array_equal(sample.late_right[0], reports.sample().late_right[0])


def test_of_pretrained_networks_alone_nothing_is_said_about_training():
    sample = reports.sample()
    alone = Analysis(pretrained(sample, *sample.networks))
    reasons = dict(alone.refusals)
    for name in OF_TRAINING:
        assert alone.table(name) is None
        assert reasons[alone.findings[name].question].startswith("every network is pretrained: nobody knows")
    assert alone.where("scores", part="held-out")
