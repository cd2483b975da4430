"""The study: one experiment, reused where it is there, and an export that is whole or absent."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from scripts import study
from stages import params
from stages.errors import InputError
from tests import test_pipeline as pipeline

FAKE_DVC = """\
#!/bin/sh
echo "dvc says hello"
printf '%s\\n' "$@" > called
"""
SMALL = pipeline.SMALL | {"networks.nicknet4.kernel_size": 2, "seeds": "[0]"}


def git(*arguments, folder=".", environment=None):
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder):
    who = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    git("add", "--all", folder=folder)
    git(*who, "commit", "--quiet", "--message", "x", folder=folder)


def write(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A Git repository, at hand, with what an experiment's commit has, and a dvc that only notes how it was called."""
    folder = tmp_path / "repository"
    everything = params.read(Path("params.yaml"))
    for path in study.wanted(everything):
        write(folder, path if path.suffix else path / "verdicts.csv", f"{path}\n")
    write(folder, "metrics/removed/0.json", "of a network that the grid no longer has")
    write(folder, "plots/examples/nicknet1/0/right.png", "x" * 400_000)
    write(folder, "dvc.lock", "lock\n")
    write(folder, ".gitignore", "called\n")
    shutil.copy("params.yaml", folder)
    git("init", "--quiet", folder=folder)
    commit(folder)
    fake(tmp_path, FAKE_DVC)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(folder)
    return folder


def fake(folder, text):
    (folder / "dvc").write_text(text)
    (folder / "dvc").chmod(0o755)


def reference(name="study"):
    head = git("rev-parse", "HEAD")
    return f"refs/exps/{head[:2]}/{head[2:]}/{name}"


def add_experiment(message):
    who = {f"GIT_{role}_{key}": "t" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    made = git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", message, environment=os.environ | who)
    git("update-ref", reference(), made)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_whole_grid_of_optimizers_and_kernels_is_run_as_one_experiment(repository, capfd):
    assert study.run("study", (*study.SETTINGS, "epochs=1")) == reference()
    assert (repository / "called").read_text().splitlines() == [
        *("exp", "run", "--temp", "--name", "study", "--message"),
        "study: seeds=[0,1,2] +networks.nicknet4={optimizer: adam, kernel_size: 10} epochs=1",
        *("-S", "seeds=[0,1,2]", "-S", "+networks.nicknet4={optimizer: adam, kernel_size: 10}", "-S", "epochs=1"),
    ]
    assert "dvc says hello" in capfd.readouterr().out


def test_an_experiment_that_is_there_is_not_run_again(repository, capsys):
    add_experiment(f"study: {' '.join(study.SETTINGS)}")
    assert study.run("study", study.SETTINGS) == reference()
    assert not (repository / "called").exists()
    assert "is there already; `dvc exp remove study` forgets it" in capsys.readouterr().out


def test_an_experiment_with_other_settings_is_not_taken_for_it(repository):
    add_experiment(f"study: {' '.join(study.SETTINGS)} epochs=1")
    with pytest.raises(InputError, match=r"but it has .* epochs=1'. Choose another --name, or forget it: dvc exp remo"):
        study.run("study", study.SETTINGS)
    assert not (repository / "called").exists()


def test_uncommitted_changes_of_the_pipeline_are_refused(repository):
    write(repository, "dvc.lock", "changed\n")
    with pytest.raises(InputError, match=r"these are changed:\nM dvc.lock\nDVC would run the study on the changes"):
        study.run("study", study.SETTINGS)
    assert not (repository / "called").exists()


def test_a_failed_run_says_so_below_what_dvc_said(repository, tmp_path, capfd):
    fake(tmp_path, "#!/bin/sh\necho 'the reason' >&2\nexit 255\n")
    with pytest.raises(InputError, match=r"`dvc exp run` ended with exit code 255; its output is above\."):
        study.run("study", study.SETTINGS)
    assert capfd.readouterr().err == "the reason\n"


def test_an_interruption_reaches_dvc_and_waits_for_it(repository, tmp_path):
    fake(
        tmp_path,
        "#!/bin/sh\ntrap 'sleep 0.3; echo ended > ended; exit 1' INT\ntouch began\nwhile :; do sleep 0.05; done\n",
    )
    code = "from scripts import study\nfrom stages.errors import reported\n"
    code += "with reported('study'):\n    study.run('study', study.SETTINGS)"
    root = Path(study.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(root)}, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 60
    while not (repository / "began").exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert (process.returncode, (repository / "ended").read_text()) == (130, "ended\n")
    assert "study: interrupted" in said


def test_the_export_has_the_runs_of_the_grid_and_what_they_were_made_from(repository):
    folder = repository / "docs/study"
    study.export("HEAD", folder, "note\n")
    found = contents(folder)
    assert found.pop("README.md") == "note\n"
    assert found.pop("params.yaml") == Path("params.yaml").read_text()
    assert found.pop("dvc.lock") == "lock\n"
    everything = params.read(Path("params.yaml"))
    assert set(found) == {str(path if path.suffix else path / "verdicts.csv") for path in study.wanted(everything)}
    assert "metrics/nicknet3/0.json" in found
    assert [path.name for path in folder.parent.iterdir()] == ["study"]


def test_the_export_is_of_the_commit_and_replaces_an_earlier_one(repository):
    folder = repository / "study"
    study.export("HEAD", folder, "first\n")
    write(folder, "plots/errors/stale.csv", "of an earlier study")
    write(repository, "plots/curves.csv", "changed in the workspace only")
    study.export("HEAD", folder, "second\n")
    found = contents(folder)
    assert found["README.md"] == "second\n"
    assert found["plots/curves.csv"] == "plots/curves.csv\n"
    assert "plots/errors/stale.csv" not in found


def test_a_failed_export_leaves_the_earlier_one_and_nothing_else(repository):
    folder = repository / "docs/study"
    study.export("HEAD", folder, "first\n")
    before = contents(folder)
    (repository / "metrics/nicknet1/0.json").unlink()
    commit(repository)
    with pytest.raises(InputError, match=r"HEAD lacks what a study has: .*metrics/nicknet1/0\.json"):
        study.export("HEAD", folder, "second\n")
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["study"]


def test_a_folder_that_is_no_study_is_not_replaced(repository):
    with pytest.raises(InputError, match=r"metrics is there and is no study's. Name another folder: --output FOLDER"):
        study.export("HEAD", Path("metrics"), "")
    assert (repository / "metrics/nicknet1/0.json").exists()


def test_the_note_says_how_to_make_it_again_and_what_is_left_out(repository):
    add_experiment("x")
    text = study.note(reference(), "study", ("seeds=[0,1]", "epochs=1"))
    assert f"on the commit `{git('rev-parse', 'HEAD')}`" in text
    assert "    dvc exp run --temp --name study -S 'seeds=[0,1]' -S 'epochs=1'\n" in text
    assert "- plots/examples (0.4 MB): random" in text


@pytest.mark.slow
def test_the_study_leaves_the_workspace_as_it_is(tmp_path):
    folder = tmp_path / "checkout"
    names = git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    for name in names:
        if Path(name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)
    git("init", "--quiet", folder=folder)
    git("config", "user.name", "T", folder=folder)
    git("config", "user.email", "t@example.org", folder=folder)
    commit(folder)
    options = [part for name, value in SMALL.items() for part in ("-S", f"{name}={value}")]
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {key: value for key, value in os.environ.items() if key != "DVC_ROOT"} | {"PATH": paths}
    command = [sys.executable, "-m", "scripts.study", *options, "--output", "exported"]
    for _ in range(2):
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=3600)
        assert done.returncode == 0, done.stdout + done.stderr
        assert git("status", "--porcelain", folder=folder) == "?? exported/"
    assert "is there already" in done.stdout
    parameters = yaml.safe_load((folder / "exported/params.yaml").read_text())
    assert (list(parameters["networks"])[-1], parameters["seeds"]) == ("nicknet4", [0])
    assert (folder / "exported/metrics/nicknet4/0.json").is_file()
    assert (folder / "exported/plots/errors/report.html").is_file()
