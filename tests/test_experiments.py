"""Runs through the real dvc that are killed, and that run side by side: nothing is lost, nothing disturbed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

SMALL = {
    "dataset": "digits",
    "filters": [4, 4, 4, 4, 4],
    "dense_units": [16],
    "kernel_size": 3,
    "batch_size": 32,
    "learning_rate": 0.01,
    "networks": {"nicknet1": {}, "nicknet2": {"optimizer": "sgd"}},
}
TARGET = "evaluate@nicknet1-0"


def environment():
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {key: value for key, value in os.environ.items() if key != "DVC_ROOT"} | {"PATH": paths}


def run(*command, folder):
    """Run a command as a user of the checkout `folder` would; returns its standard output."""
    options = {"cwd": folder, "env": environment(), "capture_output": True, "text": True, "timeout": 300}
    done = subprocess.run(command, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def checkout(folder, **changes):
    """A copy of this checkout's files with small networks, committed."""
    folder.mkdir()
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", folder=".")
    for name in filter(None, listed.split("\0")):
        if Path(name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)
    parameters = yaml.safe_load((folder / "params.yaml").read_text()) | SMALL | changes
    parameters["split"]["train_images"] = 200
    parameters["error_analysis"] |= {"resamples": 100, "intervention_images": 5}
    (folder / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False))
    for command in ("init --quiet", "config user.name T", "config user.email t@example.org", "add --all"):
        run("git", *command.split(), folder=folder)
    run("git", "commit", "--quiet", "--message", "x", folder=folder)
    return folder


def contents(folder):
    """The bytes of what training and evaluation leave, by path."""
    paths = [
        path for part in ("data/models", "data/predictions", "metrics", "plots") for path in (folder / part).rglob("*")
    ]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.is_file()}


def stamps(folder):
    return {path.stat().st_mtime_ns for path in (folder / "checkpoints").glob("[!.]*.checkpoint")}


def kill_in_training(command, folder, epochs):
    """Start a command, kill it and all that it started once so many epochs are done; returns what it printed."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=folder, env=environment(), start_new_session=True, **pipes)
    for _ in range(epochs):
        before, end = stamps(folder), time.monotonic() + 120
        while stamps(folder) <= before:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < end
            time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    return process.communicate()[0]


def test_killed_under_every_way_to_run_it_goes_on(tmp_path):
    whole, killed = (checkout(tmp_path / name, epochs=400) for name in ("whole", "killed"))
    run("dvc", "repro", TARGET, folder=whole)
    ways = (("dvc", "repro"), ("dvc", "exp", "run"), ("dvc", "exp", "run", "--temp"), ("dvc", "repro"))
    said = [kill_in_training((*way, TARGET), killed, epochs=3) for way in ways]
    said.append(run("dvc", "repro", TARGET, folder=killed))
    assert ["going on after epoch" in text for text in said] == [False, True, True, True, True]
    assert contents(killed) == contents(whole)
    assert not list((killed / "checkpoints").iterdir())


def test_queued_experiments_side_by_side_do_not_disturb_each_other(tmp_path):
    folder = checkout(tmp_path / "queue", epochs=30)
    run("dvc", "repro", folder=folder)
    alone = (folder / "metrics/nicknet2/0.json").read_bytes()
    run("git", "add", "--all", folder=folder)
    run("git", "commit", "--quiet", "--message", "y", folder=folder)
    for name, change in (("one", "+networks.nicknet1.optimizer=sgd"), ("two", "networks.nicknet2.optimizer=adam")):
        run("dvc", "exp", "run", "--queue", "--name", name, "-S", change, folder=folder)
    run("dvc", "queue", "start", "--jobs", "2", folder=folder)
    try:
        end = time.monotonic() + 300
        while (status := run("dvc", "queue", "status", folder=folder)).count("Success") < 2:
            assert "Failed" not in status
            assert time.monotonic() < end, status
            time.sleep(2)
    finally:
        run("dvc", "queue", "stop", folder=folder)
    references = run("git", "for-each-ref", "--format=%(refname)", "refs/exps", folder=folder).split()
    one, two = (next(name for name in references if name.endswith(f"/{wanted}")) for wanted in ("one", "two"))
    assert run("git", "show", f"{one}:metrics/nicknet1/0.json", folder=folder).encode() == alone
    assert run("git", "show", f"{one}:metrics/nicknet2/0.json", folder=folder).encode() == alone
    adam = run("git", "show", f"{two}:metrics/nicknet1/0.json", folder=folder)
    assert run("git", "show", f"{two}:metrics/nicknet2/0.json", folder=folder) == adam != alone.decode()
    assert not list((folder / "checkpoints").iterdir())
