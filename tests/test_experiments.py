"""Runs through the real dvc that are killed, and that run side by side: nothing is lost, nothing disturbed."""

import os
import re
import signal
import subprocess
import time

import pytest
import yaml

from tests import checkouts
from tests.checkouts import environment, run

pytestmark = pytest.mark.slow

NETWORKS = {"nicknet1": {}, "nicknet2": {"optimizer": "sgd"}}
TARGET = "evaluate@nicknet1-0"


def checkout(folder, **changes):
    """A copy of this checkout's files with two small networks, committed."""
    return checkouts.checkout(folder, checkouts.SMALL | {"networks": NETWORKS} | changes)


def contents(folder):
    """The bytes of what training and evaluation leave, by path."""
    parts = ("models", "history", "epochs", "predictions", "scores")
    paths = [path for part in parts for path in (folder / "data" / part).rglob("*")]
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


def drained(folder, jobs, **variables):
    """Run the queue of the checkout; returns its (name, status) of every task."""
    start = ["dvc", "queue", "start", "--jobs", str(jobs)]
    # The workers' parent keeps standard output open: a pipe would only end with them.
    subprocess.run(start, cwd=folder, env=environment() | variables, stdout=subprocess.DEVNULL, check=True, timeout=300)
    try:
        end = time.monotonic() + 300
        while re.search("Queued|Running", status := run("dvc", "queue", "status", folder=folder)):
            assert time.monotonic() < end, status
            time.sleep(1)
    finally:
        run("dvc", "queue", "stop", folder=folder)
    return re.findall(r"^[0-9a-f]{7} +(\S+) .* (\w+)$", status, re.MULTILINE)


def experiment_names(folder):
    return run("dvc", "exp", "list", "--name-only", folder=folder).split()


def test_killed_under_every_way_to_run_it_continues(tmp_path):
    whole, killed = (checkout(tmp_path / name, epochs=120) for name in ("whole", "killed"))
    run("dvc", "repro", TARGET, folder=whole)
    ways = (("dvc", "repro"), ("dvc", "exp", "run"), ("dvc", "exp", "run", "--temp"), ("dvc", "repro"))
    said = [kill_in_training((*way, TARGET), killed, epochs=3) for way in ways]
    said.append(run("dvc", "repro", TARGET, folder=killed))
    assert ["continues after epoch" in text for text in said] == [False, True, True, True, True]
    assert contents(killed) == contents(whole)
    assert not list((killed / "checkpoints").iterdir())


def test_queued_experiments_side_by_side_do_not_disturb_each_other(tmp_path):
    folder = checkout(tmp_path / "queue", epochs=10)
    run("dvc", "repro", folder=folder)
    alone = (folder / "metrics/nicknet2.json").read_bytes()
    run("git", "add", "--all", folder=folder)
    run("git", "commit", "--quiet", "--message", "y", folder=folder)
    for name, change in (("one", "+networks.nicknet1.optimizer=sgd"), ("two", "networks.nicknet2.optimizer=adam")):
        run("dvc", "exp", "run", "--queue", "--name", name, "-S", change, folder=folder)
    assert sorted(drained(folder, jobs=2)) == [("one", "Success"), ("two", "Success")]
    references = run("git", "for-each-ref", "--format=%(refname)", "refs/exps", folder=folder).split()
    one, two = (next(name for name in references if name.endswith(f"/{wanted}")) for wanted in ("one", "two"))
    assert run("git", "show", f"{one}:metrics/nicknet1.json", folder=folder).encode() == alone
    assert run("git", "show", f"{one}:metrics/nicknet2.json", folder=folder).encode() == alone
    adam = run("git", "show", f"{two}:metrics/nicknet1.json", folder=folder)
    assert run("git", "show", f"{two}:metrics/nicknet2.json", folder=folder) == adam != alone.decode()
    assert not list((folder / "checkpoints").iterdir())


def test_a_grid_is_queued_with_numbered_names_and_one_that_fails_stops_no_other(tmp_path):
    folder = checkout(tmp_path / "grid")
    queue = ("dvc", "exp", "run", "--queue")
    run(*queue, "-n", "kernel", "-S", "kernel_size=5,99,7", "configure", folder=folder)
    status = drained(folder, jobs=1)
    assert sorted(status) == [("kernel-1", "Success"), ("kernel-2", "Failed"), ("kernel-3", "Success")]
    assert sorted(experiment_names(folder)) == ["kernel-1", "kernel-3"]
    said = run("dvc", "queue", "logs", "kernel-2", folder=folder)
    assert "kernel_size: 99: must be less than or equal to 63" in said
    assert re.search(r"kernel_size .* 7$", run("dvc", "params", "diff", "HEAD", "kernel-3", folder=folder), re.M)


def test_of_two_queued_experiments_of_one_name_the_later_is_lost_as_the_page_says(tmp_path):
    folder = checkout(tmp_path / "names")
    for epochs in (7, 8):
        run("dvc", "exp", "run", "--queue", "-n", "same", "-S", f"epochs={epochs}", "configure", folder=folder)
    assert drained(folder, jobs=1) == [("same", "Success"), ("same", "Success")]
    assert experiment_names(folder) == ["same"]
    (reference,) = run("git", "for-each-ref", "--format=%(refname)", "refs/exps/*/*/same", folder=folder).split()
    assert yaml.safe_load(run("git", "show", f"{reference}:params.yaml", folder=folder))["epochs"] == 7


def test_the_archive_of_a_queued_experiment_is_the_one_of_queue_start_relative_to_the_checkout(tmp_path):
    folder = checkout(tmp_path / "archive", dataset="cifar10")
    (tmp_path / "given.tar.gz").write_bytes(b"no archive")
    expected = f"CIFAR10_ARCHIVE: {folder}/../given.tar.gz: "
    run("dvc", "exp", "run", "--queue", "-n", "x", "download", folder=folder, CIFAR10_ARCHIVE="elsewhere.tar.gz")
    assert drained(folder, jobs=1, CIFAR10_ARCHIVE="../given.tar.gz") == [("x", "Failed")]
    assert expected in run("dvc", "queue", "logs", "x", folder=folder)
    command = ("dvc", "exp", "run", "--temp", "download")
    assert expected in run(*command, folder=folder, code=255, CIFAR10_ARCHIVE="../given.tar.gz")


def test_an_experiment_is_queued_with_uncommitted_changes_but_without_new_files(tmp_path):
    folder = checkout(tmp_path / "uncommitted")
    (folder / "params.yaml").write_text((folder / "params.yaml").read_text().replace("epochs: 2\n", "epochs: 9\n"))
    (folder / "stages/new.py").write_text("")
    run("dvc", "exp", "run", "--queue", "-S", "batch_size=33", "configure", folder=folder)
    queued = yaml.safe_load(run("git", "show", "refs/exps/celery/stash:params.yaml", folder=folder))
    assert (queued["epochs"], queued["batch_size"]) == (9, 33)
    kept = run("git", "ls-tree", "-r", "--name-only", "refs/exps/celery/stash", folder=folder).split()
    assert "stages/settings.py" in kept
    assert "stages/new.py" not in kept
    assert yaml.safe_load((folder / "params.yaml").read_text())["batch_size"] == 32
