"""The runs of a grid at once: with a fake dvc what is said and who ends; with the real one, equal bytes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from scripts import reproduce, runs
from stages.errors import InputError
from tests import checkouts

ROOT = Path(__file__).parents[2]
FAKE_DVC = """\
import json, os, pathlib, sys, time
verb, *_, last = sys.argv[1:]
notes = pathlib.Path(os.environ["NOTES"])
if verb == "status":
    print(json.dumps({f"{stage}@{run}-0": [] for run in ("good", "bad", "late") for stage in ("train", "evaluate")}))
elif verb == "cache" and last == "dir":
    print("the cache")
elif verb == "repro" and "@" in last:
    name = last.split("@")[1]
    print(f"Running stage 'train@{name}':", pathlib.Path("dvc.yaml").read_text(), sep="\\n")
    print("threads", os.environ["TF_NUM_INTEROP_THREADS"])
    try:
        (notes / f"{name} began").touch()
        while (notes / "wait").exists():
            pathlib.Path(str(time.monotonic_ns())).touch()
            time.sleep(0.002)
        sys.exit("the reason" if name == "bad-0" else 0)
    finally:
        (notes / f"{name} ended").touch()
elif verb == "repro":
    (notes / f"repro {last}").touch()
"""


@pytest.fixture
def grid(tmp_path, monkeypatch):
    """A folder, at hand, with three networks and a dvc that only says that it did something; see `notes` beside it."""
    folder, fake, notes = (tmp_path / name for name in ("nicknets", "fake/dvc", "notes"))
    for path in (folder / "stages", folder / ".dvc", fake, notes):
        path.mkdir(parents=True)
    (fake / "__init__.py").touch()
    (fake / "__main__.py").write_text(FAKE_DVC)
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["networks"] = {name: {"epochs": 2} for name in ("good", "bad", "late", "done")}
    (folder / "params.yaml").write_text(yaml.safe_dump(content))
    (folder / "dvc.yaml").write_text("as it was")
    monkeypatch.setenv("PYTHONPATH", f"{fake.parent}{os.pathsep}{ROOT}")
    monkeypatch.setenv("NOTES", str(notes))
    monkeypatch.chdir(folder)
    return folder


def notes(grid):
    return {path.name for path in (grid.parent / "notes").iterdir()}


def test_a_run_that_fails_is_named_with_its_output_and_the_others_finish(grid, capsys):
    with runs.processes(2) as submit, pytest.raises(InputError, match=r"^failed: bad-0; see above\. All others are do"):
        runs.compute(grid, submit)
    lines = sorted(capsys.readouterr().out.splitlines())
    assert [line.split(" (")[0] for line in lines if "-0 (" in line] == ["bad-0", "good-0", "late-0"]
    assert [line.split(": ")[1] for line in lines if "-0 (" in line] == ["failed", "train ran", "train ran"]
    assert {"the reason", "as it was"} <= set(lines)
    assert notes(grid) == {f"{name}-0 {what}" for name in ("good", "bad", "late") for what in ("began", "ended")}
    assert list((grid / ".dvc/tmp").iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_is_in_use_stays(grid):
    leftover = grid / ".dvc/tmp/grid-killed"
    (leftover / "source").mkdir(parents=True)
    with runs.processes(1) as first, runs.processes(1) as second:
        assert not leftover.exists()
        assert first.shared.exists()
        assert second.shared.exists()
    assert list((grid / ".dvc/tmp").iterdir()) == []


def test_each_run_has_its_share_of_the_cores(grid, capsys, monkeypatch):
    monkeypatch.setattr(runs, "cores", lambda: 8)
    for jobs in (2, 16):
        with runs.processes(jobs) as submit, pytest.raises(InputError):
            runs.compute(grid, submit)
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("threads")] == [
        *("threads 4", "threads 2"),
    ]


def test_the_last_runs_divide_all_cores(monkeypatch):
    monkeypatch.setattr(runs, "cores", lambda: 4)
    assert runs.shares(7, 4) == [1, 1, 1, 1, 1, 1, 1]
    assert runs.shares(6, 4) == [1, 1, 1, 1, 2, 2]
    assert runs.shares(1, 2) == [4]
    assert runs.shares(2, 8) == [2, 2]
    assert runs.shares(0, 2) == []


def test_the_cores_decide_unless_jobs_does(monkeypatch):
    for cores, expected in ((1, 1), (2, 2), (4, 4), (7, 4), (16, 8)):
        monkeypatch.setattr(runs, "cores", lambda cores=cores: cores)
        assert runs.at_once("") == expected
    assert runs.at_once("3") == 3


def test_the_first_stages_are_all_that_stand_before_the_runs():
    stages = list(yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"])
    assert tuple(stages[: stages.index("train")]) == runs.FIRST


@pytest.mark.parametrize("given", ["0", "abc", "-1", "1.5", "²"])
def test_jobs_that_are_no_number_are_refused(given):
    with pytest.raises(InputError, match=rf"how many runs to do at once, such as JOBS=2, got JOBS={given}\."):
        runs.at_once(given)


def interrupted(command, folder, reached, **variables):
    """What a command says that gets SIGINT as soon as reached()."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=folder, env=checkouts.environment(**variables), **streams)
    end = time.monotonic() + 500
    while not reached():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 130, said
    return said


COMMAND = (sys.executable, "-m", "scripts.repro", "--jobs", "2")


def test_an_interruption_reaches_all_runs_and_waits_for_them(grid):
    (grid.parent / "notes/wait").touch()
    said = interrupted(COMMAND, grid, lambda: {"good-0 began", "bad-0 began"} <= notes(grid))
    assert notes(grid) == {"wait", "repro select", *(f"{name}-0 {what}" for name in ("good", "bad") for what in NOTED)}
    assert "repro: interrupted. The same command continues" in said
    assert list((grid / ".dvc/tmp").iterdir()) == []


NOTED = ("began", "ended")


@pytest.mark.slow
def test_runs_at_once_interrupted_and_continued_have_the_bytes_of_one_after_the_other(tmp_path):
    networks = {"nicknet1": {}, "nicknet2": {"optimizer": "sgd", "kernel_size": 5}}
    folder = checkouts.checkout(tmp_path / "nicknets", checkouts.SMALL | {"epochs": 60, "networks": networks})
    other = tmp_path / "other"
    checkouts.run("git", "clone", "--quiet", str(folder), str(other), folder=tmp_path)
    checkouts.run("dvc", "repro", folder=other)
    interrupted(COMMAND, folder, lambda: list((folder / "checkpoints").glob("[!.]*.checkpoint")))
    said = checkouts.run(*COMMAND, folder=folder)
    assert said.count("train, evaluate, interventions ran") == 2
    assert checkouts.executed(said)[-2:] == ["error_analysis", "report"]
    assert reproduce.differing(reproduce.contents(folder), reproduce.contents(other)) == []
    assert "-0 (" not in checkouts.run(*COMMAND, folder=folder)
