"""What an edit reruns, as DVC's own status tells it: its stage and what follows, nothing else."""

import contextlib

import pytest
from dvc.repo import Repo

EVERY_RUN = [f"@nicknet{number}-0" for number in (1, 2)]

EDITS = {
    "words of the page": ("stages/templates/page.html", ["report"]),
    "style of the page": ("stages/templates/page.css", ["report"]),
    "colours of the pictures": ("stages/report/style.py", ["report"]),
    "random right and wrong predictions": ("stages/report/pictures.py", ["report"]),
    "the explorer": ("stages/templates/explorer.js", ["report"]),
    "a finding, its words or its chart": ("stages/findings/settings/effects.py", ["error_analysis", "report"]),
    "a cause": ("stages/statistics/causes.py", ["error_analysis", "report"]),
    "a claim's rule": ("stages/claims/c7.py", ["error_analysis", "report"]),
    "a pixel edit": ("stages/images/edits.py", ["interventions", "report"]),
    "a score": ("stages/evaluate/scores.py", ["evaluate"]),
    "the wording of an error": ("stages/errors.py", []),
    "the reader of params.yaml": (
        "stages/params.py",
        ["configure", "download", "split", "select", "interventions", "error_analysis", "report"],
    ),
    "the choice of what is learned": ("stages/select/selection.py", ["select"]),
    "the training loop": ("stages/train/training.py", ["train"]),
    "the convolution": ("stages/nicknet/convolution.py", ["train", "evaluate", "interventions"]),
}
"""The edited file, and the stages that it makes stale by itself; what reads their outputs follows if these change."""


def stale(folder):
    """Names of the stages that differ from dvc.lock, those of a matrix without their runs, which must be all."""
    with contextlib.chdir(folder), Repo() as repo:  # `dvc status`, without a second of start each time
        names = repo.status()
    stages = list(dict.fromkeys(name.split("@")[0] for name in names))
    for stage in stages:
        assert {name for name in names if name.startswith(f"{stage}@")} in ({f"{stage}{x}" for x in EVERY_RUN}, set())
    return stages


def test_nothing_is_stale_after_a_run(pipeline):
    assert stale(pipeline.folder) == []


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_reruns_its_stage_and_what_follows(edit, pipeline):
    name, stages = EDITS[edit]
    path = pipeline.folder / name
    content = path.read_bytes()
    try:
        path.write_bytes(content + b"\n")
        assert sorted(stale(pipeline.folder)) == sorted(stages)
    finally:
        path.write_bytes(content)
