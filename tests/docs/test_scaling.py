"""docs/scaling.md, command by command, on machines that are folders; and workers that fail or die."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from scripts import repro
from stages.errors import InputError
from tests import checkouts
from tests.checkouts import commit, environment, run

PAGE = Path(__file__).parents[2] / "docs/scaling.md"
TESTED = (
    "Side by side on one machine",
    "Results from another machine",
    "Experiments from another machine",
    "One grid by hand",
    "One grid by Dask",
    "One grid without a common folder",
)
SMALL = checkouts.SMALL | {"networks": {"nicknet1": {}, "nicknet2": {"optimizer": "sgd"}}}


def checkout(folder, **parameters):
    """A copy of this checkout's files with two small networks, committed."""
    return checkouts.checkout(folder, SMALL | parameters)


def ran(said):
    """Names of the stages that DVC ran."""
    return re.findall(r"^Running stage '?([a-z_]+(?:@[\w-]+)?)'?", said, flags=re.MULTILINE)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def blocks(section):
    """(info string, text) of the section's code blocks."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"^```(.+?)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


@contextmanager
def started(command, folder):
    """A process in a session of its own, killed at the end with all that it started."""
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=folder, env=environment(), start_new_session=True, **streams)
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for_checkpoints(folder, number, process):
    end = time.monotonic() + 500
    while len(list((folder / "checkpoints").glob("[!.]*.checkpoint"))) < number:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.01)


class Machines:
    """Three folders as machines; `a` holds the checkout in the folder that all see."""

    def __init__(self, folder: Path) -> None:
        self.shared = folder / "shared"
        self.nicknets = checkout(self.shared / "nicknets")
        self.url = folder / "repository.git"
        run("git", "clone", "--quiet", "--bare", str(self.nicknets), str(self.url), folder=folder)
        run("git", "remote", "add", "origin", str(self.url), folder=self.nicknets)
        self.folder, self.port = folder, free_port()
        ssh = folder / "bin/ssh"  # a connection to another machine: to its home folder
        ssh.parent.mkdir()
        ssh.write_text('#!/bin/sh\nshift\ncd "$OTHER_HOME" && exec "$@"\n')
        ssh.chmod(0o755)

    def home(self, name: str) -> Path:
        path = self.shared if name == "a" else self.folder / name
        path.mkdir(exist_ok=True)
        return path

    def publish(self, **parameters) -> None:
        commit(self.nicknets, parameters)
        run("git", "push", "--quiet", "origin", "HEAD", folder=self.nicknets)

    def clone(self, name: str, storage: bool = True, **replaced: str) -> Path:
        """A new clone; replaced: values of keys of its params.yaml. storage: whether it has the shared remote."""
        folder = self.folder / name
        run("git", "clone", "--quiet", str(self.url), str(folder), folder=self.folder)
        if storage:
            remote = str(self.shared / "storage")
            run("dvc", "remote", "add", "--local", "--default", "storage", remote, folder=folder)
        text = (folder / "params.yaml").read_text()
        for key, value in replaced.items():
            text, count = re.subn(rf"\b{key}: \d+", f"{key}: {value}", text)
            assert count == 1
        (folder / "params.yaml").write_text(text)
        return folder

    def play(self, section: str, **names: str) -> str:
        """Run the section's commands in order, each on its machine, and check what they print; returns all of it.

        names: of the machines, where not those of the page.
        """
        said, everything = "", ""
        with self._background(section):
            for info, text in blocks(section):
                if info == "text":
                    missing = [line for line in text.splitlines() if line not in said]
                    assert not missing, f"{missing} not in\n{said}"
                elif not info.endswith(" background"):
                    name = info.split()[1]
                    said = self._run(names.get(name, name), text, other=names.get("b", "b"))
                    everything += said
        return everything

    def _run(self, name: str, text: str, other: str) -> str:
        home = self.home(name)
        inside = home / "nicknets" if (home / "nicknets").exists() else home
        paths = os.pathsep.join([str(self.folder / "bin"), environment()["PATH"]])
        script = self._filled(text)
        return run("bash", "-euc", script, folder=inside, PATH=paths, OTHER_HOME=str(self.home(other)))

    @contextmanager
    def _background(self, section: str) -> Iterator[None]:
        commands = [(info.split()[1], text) for info, text in blocks(section) if info.endswith(" background")]
        if not commands:
            yield
            return
        (first, scheduler), (second, worker) = commands
        with (
            started(self._filled(scheduler).split(), self.home(first)),
            started(self._filled(worker).split(), self.home(second)),
        ):
            yield

    def _filled(self, text: str) -> str:
        values = {"/shared": str(self.shared), "URL": str(self.url), "HOST": "127.0.0.1", "8786": self.port}
        return re.sub("|".join(values), lambda found: values[found.group()], text)


def test_every_section_with_commands_is_tested():
    sections = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert tuple(section for section in sections if any(info != "text" for info, _ in blocks(section))) == TESTED


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    return Machines(tmp_path_factory.mktemp("machines"))


@pytest.fixture(scope="module")
def computed(machines):
    """The first grid is computed by two machines with one cache, and published; what they said."""
    said = machines.play("One grid by hand", b="hand")
    machines.publish()
    return said


@pytest.fixture(scope="module")
def second_clone(machines, computed):
    """Machine b has taken the results from the remote; what both said."""
    return machines.play("Results from another machine")


@pytest.mark.slow
def test_machines_with_one_cache_share_the_runs_of_a_grid(computed):
    assert ran(computed).count("train@nicknet1-0") == 1
    assert ran(computed).count("train@nicknet2-0") == 1


@pytest.mark.slow
def test_a_second_clone_runs_nothing_and_gets_every_output(machines, second_clone):
    assert ran(second_clone) == []
    assert run("dvc", "repro", folder=machines.home("b") / "nicknets").endswith("Data and pipelines are up to date.\n")
    for name in ("data/models/nicknet1/0.weights.h5", "data/predictions/nicknet2/0.npz", "data/raw/train_images.npy"):
        ours, theirs = machines.nicknets / name, machines.home("b") / "nicknets" / name
        assert theirs.read_bytes() == ours.read_bytes()


@pytest.mark.slow
def test_looking_whether_the_lock_file_belongs_to_the_commit_needs_no_data(machines, second_clone):
    clone = machines.clone("look", storage=False)
    assert "up to date" in run("dvc", "repro", "--dry", "--allow-missing", folder=clone)
    clone = machines.clone("edited", storage=False, epochs=3)
    assert ran(run("dvc", "repro", "--dry", "--allow-missing", folder=clone))[0] == "configure"
    assert not (clone / "data").exists()


@pytest.mark.slow
def test_a_change_after_pulling_runs_what_it_concerns_only(machines, second_clone):
    clone = machines.clone("change", resamples=150)
    assert ran(run("dvc", "repro", "--pull", folder=clone)) == ["configure", "error_analysis", "report"]


@pytest.mark.slow
def test_an_experiment_of_another_machine_runs_nothing_here(machines, second_clone):
    said = machines.play("Experiments from another machine")
    of_the_run = [f"{stage}@nicknet1-0" for stage in ("train", "evaluate", "interventions")]
    assert ran(said) == ["configure", "select", *of_the_run, "error_analysis", "report"]
    run("git", "checkout", "--quiet", ".", folder=machines.nicknets)
    run("dvc", "checkout", "--quiet", folder=machines.nicknets)


@pytest.mark.slow
def test_caches_put_together_hold_what_each_had(machines, computed):
    assert ran(machines.play("One grid without a common folder", b="a")) == []


@pytest.mark.slow
def test_a_remote_s_run_cache_holds_whole_runs(machines, second_clone):
    run("dvc", "push", "--run-cache", folder=machines.nicknets)
    clone = machines.clone("before")
    run("git", "checkout", "--quiet", "HEAD~1", folder=clone)
    run("dvc", "fetch", "--run-cache", folder=clone)
    assert ran(run("dvc", "repro", "--pull", "train@nicknet1-0", folder=clone)) == []


@pytest.mark.slow
def test_runs_side_by_side_are_computed_once_and_dvc_finds_them_done(machines, second_clone):
    machines.publish(epochs=3)
    assert ran(machines.play("Side by side on one machine")) == ["configure", "select", "error_analysis", "report"]
    assert not list((machines.nicknets / "checkpoints").iterdir())


@pytest.mark.slow
def test_a_cluster_computes_the_grid_and_dvc_finds_it_done(machines, second_clone):
    machines.publish(seeds=[1])
    said = machines.play("One grid by Dask")
    assert said.count("train, evaluate, interventions ran") == 2
    assert ran(said)[-3:] == ["select", "error_analysis", "report"]


@pytest.mark.slow
def test_the_run_of_a_worker_that_dies_continues_elsewhere(tmp_path):
    folder = checkout(tmp_path / "nicknets", epochs=400)
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    worker = ["dask", "worker", address, "--nthreads", "1", "--name"]
    with (
        started(["dask", "scheduler", "--host", "127.0.0.1", "--port", port], tmp_path),
        started([*worker, "first"], tmp_path) as first,
        started([*worker, "second"], tmp_path),
    ):
        command = [sys.executable, "-m", "scripts.repro", "--scheduler", address]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        with subprocess.Popen(command, cwd=folder, env=environment(), **pipes) as driver:
            try:
                wait_for_checkpoints(folder, 2, driver)  # each worker is training
                kill(first)
                said = driver.communicate(timeout=500)[0]
            finally:
                driver.kill()
    assert driver.returncode == 0, said
    assert len(re.findall(r"^nicknet\d-0 \(.* ran$", said, re.MULTILINE)) == 2, said


def test_an_address_that_is_none_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"expected workers at nowhere, as docs/scaling\.md says"):
        repro.main("", "nowhere")


def test_a_worker_without_the_project_says_that_its_packages_are_others(tmp_path):
    from distributed.protocol.pickle import dumps

    from scripts import cluster

    (tmp_path / "task").write_bytes(dumps(cluster.by_value({"dvc": "0"})))
    code = "import pickle; pickle.load(open('task', 'rb'))('x-0', 'shared', 'checkout')"
    said = run(sys.executable, "-c", code, folder=tmp_path, code=1)
    assert "RuntimeError: expected a worker with {'dvc': '0'}, this one has {'dvc': " in said
