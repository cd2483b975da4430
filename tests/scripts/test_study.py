"""The study: one experiment, reused where it is there, and an export that is whole or absent."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from scripts import shell, study
from scripts.why import inputs
from stages import params
from stages.errors import InputError
from stages.files import write_arrays
from stages.statistics import grid, remedies
from tests import checkouts

PREDICTIONS = {
    f"{part} {name}": array
    for part, ids in (("training", [1, 2]), ("held-out", [0, 3, 5]), ("test", [0, 1, 2]))
    for name, array in {
        "ids": np.array(ids),
        "labels": np.array([0, 1, 2][: len(ids)], "uint8"),
        "probabilities": np.eye(3, dtype="float32")[[2, 1, 2][: len(ids)]],
    }.items()
}
FAKE_DVC = """\
#!/bin/sh
echo "dvc says hello"
printf '%s\\n' "$@" > called
"""


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
    for path in study.EXPORTED:
        write(folder, path if Path(path).suffix else f"{path}/a.csv", f"{path}\n")
    write(folder, "params.yaml", "networks: {nicknet1: {}}\n")
    write(folder, "data/networks/nicknet1.yaml", "optimizer: adam\n")
    write(folder, "data/raw/class_names.json", json.dumps(["cat", "dog", "owl"]))
    write_arrays(folder / "data/predictions/nicknet1/0.npz", PREDICTIONS)
    write(folder, "plots/examples/nicknet1-0-right.png", "left out")
    write(folder, ".dvc/config", "")
    write(folder, "dvc.lock", "lock\n")
    write(folder, ".gitignore", "called\n")
    git("init", "--quiet", folder=folder)
    commit(folder)
    fake(tmp_path, FAKE_DVC)
    monkeypatch.setattr(shell, "DVC", (str(tmp_path / "dvc"),))
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
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {name.as_posix(): path.read_text() for name, path in files.items() if study.PREDICTED not in name.parents}


def test_the_whole_grid_of_optimizers_and_kernels_is_run_as_one_experiment(repository, capfd):
    settings = ("seeds=[0,1,2]", "+networks.nicknet4={optimizer: adam, kernel_size: 10}", "epochs=1")
    assert study.run("study", settings) == reference()
    assert (repository / "called").read_text().splitlines() == [
        *("exp", "run", "--temp", "--name", "study", "--message"),
        f"study: {' '.join(settings)}",
        *(part for setting in settings for part in ("-S", setting)),
    ]
    assert "dvc says hello" in capfd.readouterr().out


def test_a_study_of_remedies_changes_one_setting_of_the_base_at_a_time():
    content = yaml.safe_load((Path(study.__file__).parents[1] / "params.yaml").read_text())
    for setting in study.STUDIES["remedies"]:
        key, _, value = setting.removeprefix("+networks.").partition("=")
        (content if key == "seeds" else content["networks"])[key] = yaml.safe_load(value)
    given = params.Params.model_validate(content)
    networks = {name: given.network(name).model_dump() for name in given.networks}
    found = remedies.remedies(grid.make(networks, tuple(given.seeds)))
    of_nicknet3 = {each.network: each.setting for each in found if each.base == "nicknet3"}
    assert set(of_nicknet3) == set(networks) - {"nicknet3", "nicknet1", "flipped_longer"}
    assert (of_nicknet3["flipped"], of_nicknet3["nicknet2"], of_nicknet3["nicknet4"]) == (
        *("augment", "kernel_size", "optimizer"),
    )


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


def test_a_shallow_clone_is_refused_before_anything_is_trained(repository, tmp_path, monkeypatch):
    git("clone", "--quiet", "--depth", "1", f"file://{repository}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    with pytest.raises(InputError, match=r"this one is shallow, and DVC would lose the results .* --unshallow"):
        study.run("study", study.SETTINGS)
    assert not (tmp_path / "shallow/called").exists()


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
    code = f"from scripts import shell, study\nfrom stages.errors import reported\nshell.DVC = {shell.DVC}\n"
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
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)  # of who does not want to wait
    said = process.communicate(timeout=60)[1]
    assert (process.returncode, (repository / "ended").read_text()) == (130, "ended\n")
    assert "study: interrupted" in said


def test_the_export_has_the_runs_of_the_grid_and_what_they_were_made_from(repository):
    folder = repository / "docs/study"
    study.export("HEAD", folder, "note\n")
    exported = contents(folder)
    assert exported.pop("README.md") == "note\n"
    assert set(exported) == {path if Path(path).suffix else f"{path}/a.csv" for path in study.EXPORTED}
    assert exported["data/analysis/a.csv"] == "data/analysis\n"
    assert [path.name for path in folder.parent.iterdir()] == ["study"]


def test_the_export_keeps_the_predicted_classes_as_predictions_of_ones_own(repository):
    study.export("HEAD", Path("docs/study"), "note\n")
    found = inputs.read(Path("docs/study") / study.PREDICTED / "held-out")
    assert found.sample.labels.tolist() == [0, 1, 2]
    assert found.sample.predicted.tolist() == [[[2, 1, 2]]]
    assert (found.sample.class_names, found.sample.grid.settings) == (
        *(("cat", "dog", "owl"), {"nicknet1": {"optimizer": "adam"}}),
    )
    assert found.sample.files.tolist() == ["0", "3", "5"]
    kept = np.load(repository / "docs/study" / study.PREDICTED / "test/nicknet1/0.npz")
    assert {name: kept[name].dtype.name for name in kept} == {"predicted": "uint8"}


def test_the_export_is_of_the_commit_and_replaces_an_earlier_one(repository):
    folder = repository / "study"
    study.export("HEAD", folder, "first\n")
    write(folder, "plots/pictures/stale.png", "of an earlier study")
    write(repository, "plots/curves.csv", "changed in the workspace only")
    study.export("HEAD", folder, "second\n")
    exported = contents(folder)
    assert exported["README.md"] == "second\n"
    assert exported["plots/curves.csv"] == "plots/curves.csv\n"
    assert "plots/pictures/stale.png" not in exported


def test_of_the_pictures_the_export_has_those_that_are_shown(repository):
    for name in ("effects", "knockout"):
        write(repository, f"plots/pictures/{name}.png", name)
    commit(repository)
    study.export("HEAD", Path("study"), "note\n")
    assert [path.name for path in Path("study/plots/pictures").glob("*.png")] == ["effects.png"]


def test_a_failed_export_leaves_the_earlier_one_and_nothing_else(repository):
    folder = repository / "docs/study"
    study.export("HEAD", folder, "first\n")
    before = contents(folder)
    (repository / "plots/report.html").unlink()
    commit(repository)
    with pytest.raises(InputError, match=r"HEAD does not have plots/report\.html, which a study has"):
        study.export("HEAD", folder, "second\n")
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["study"]


def test_a_folder_that_is_no_study_is_not_replaced(repository):
    project = repository / "project"
    for name in ("dvc.lock", "dvc.yaml", "README.md"):
        write(project, name, f"{study.WRITTEN} into docs/study")
    for folder in (Path("metrics"), repository, project):
        with pytest.raises(InputError, match=r" is there and is no study's\. Name another folder: --output FOLDER"):
            study.check_output(folder)
    add_experiment("x")
    study.export("HEAD", Path("study"), study.note(reference(), "study", (), Path("study")))
    study.check_output(Path("study"))
    study.check_output(Path("nowhere"))


@pytest.mark.parametrize("name", ["my study", "a/b", "x..y"])
def test_a_name_that_dvc_would_refuse_in_the_end_is_refused_at_once(repository, name):
    with pytest.raises(InputError, match=f"expected a --name that can be part of a Git reference .*got '{name}'"):
        study.run(name, study.SETTINGS)


def test_a_path_that_dvc_would_refuse_in_the_end_is_refused_at_once(repository, tmp_path, monkeypatch):
    other = repository.rename(tmp_path / "K\N{LATIN SMALL LETTER O WITH DIAERESIS}ln")
    monkeypatch.chdir(other)
    with pytest.raises(
        InputError, match=r"expected a checkout whose path is of ASCII letters, got .*Move the checkout"
    ):
        study.run("study", study.SETTINGS)


def test_the_note_says_how_to_make_it_again_and_what_is_left_out(repository):
    add_experiment("x")
    text = study.note(reference(), "study", ("seeds=[0,1]", "epochs=1"), Path("docs/study"))
    assert f"on the commit `{git('rev-parse', 'HEAD')}`" in text
    assert "    dvc exp run --temp --name study -S 'seeds=[0,1]' -S 'epochs=1'\n" in text
    assert "`make why FROM=docs/study/data/predicted/test`" in text
    assert "random right and wrong predictions" in text.split("Left out")[1]


@pytest.mark.parametrize(
    ("setting", "said"), [("depth=3", "Could not override 'depth'"), ("seeds=[0", r"at input '\[0'")]
)
def test_a_setting_that_names_no_parameter_or_has_no_end_is_refused(repository, setting, said):
    with pytest.raises(InputError, match=said):
        study.runs.compute_experiment((setting,), study.runs.Workers(Path(), lambda names: []))


@pytest.mark.slow
def test_the_study_leaves_the_workspace_as_it_is(tmp_path):
    folder = checkouts.checkout(tmp_path / "checkout", checkouts.SMALL | {"networks": {"nicknet1": {}}})
    (folder / "downloads").mkdir()
    np.save(folder / "downloads/votes.npy", np.zeros((1437, 3), "uint8"))
    settings = ("-S", "seeds=[0]", "-S", "data.human_votes=downloads/votes.npy")
    for _ in range(2):
        command = (sys.executable, "-m", "scripts.study", *settings, "--jobs", "2", "--output", "exported")
        printed = checkouts.run(*command, folder=folder)
        assert git("status", "--porcelain", folder=folder) == "?? exported/"
        assert not any(stage.startswith("train@") for stage in checkouts.executed(printed))
    assert "is there already" in printed
    parameters = yaml.safe_load((folder / "exported/params.yaml").read_text())
    assert (list(parameters["networks"])[-1], parameters["seeds"]) == ("nicknet4", [0])
    for name in ("metrics/nicknet4.json", "plots/report.html", "data/analysis/effects.csv"):
        assert (folder / "exported" / name).is_file()
