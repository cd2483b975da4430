"""Pictures in, a page out, and this checkout as it was; what is wrong with the folder is said before anything else."""

import contextlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from scripts.mine import __main__ as mine
from stages.errors import InputError
from tests import checkouts


def fill(folder, suffix=".png", **classes):
    """Class folders of so many small pictures: bright ones on the left or on the right side."""
    rng = np.random.default_rng(0)
    for place, (name, count) in enumerate(classes.items()):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            image = rng.integers(0, 120, (12, 16, 3), np.uint8)
            image[:, 8 * place : 8 * place + 8] += 100
            Image.fromarray(image).save(folder / name / f"{number:03}{suffix}")


def git(*arguments, folder="."):
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder):
    git("add", "--all", folder=folder)
    git("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "x", folder=folder)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one commit, at hand, and pictures beside it."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git("init", "--quiet", folder=folder)
    (folder / "params.yaml").write_text("data: {folder: null}\n")
    (folder / ".gitignore").write_text("/mine\n.tmp-*\n")
    commit(folder)
    fill(tmp_path / "pictures", a=10, b=12)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def reproduced(monkeypatch):
    """What DVC would have been called with; it writes an answer only."""
    calls = []

    def watched(*command, line):
        calls.append(command[len(mine.shell.DVC) + 1 :])
        line("Running stage 'download':")
        Path("metrics").mkdir(exist_ok=True)
        Path("metrics/errors.json").write_text('{"answer": ["The networks miss 11%."]}')

    @contextlib.contextmanager
    def processes(jobs):
        yield jobs

    monkeypatch.setattr(mine.shell, "watched", watched)
    monkeypatch.setattr(mine.runs, "processes", processes)
    monkeypatch.setattr(mine.runs, "compute", lambda folder, jobs: calls.append((folder.resolve().name, jobs)))
    return calls


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere", r"data\.folder: .*/nowhere is not there\. It must hold one folder for each class"),
        ("", "one folder of pictures for each class: make mine FOLDER=path"),
    ],
)
def test_a_folder_that_is_missing_or_not_named_is_refused(repository, monkeypatch, name, said):
    monkeypatch.setattr(sys, "argv", ["mine", name])
    with pytest.raises(InputError, match=said):
        mine.asked()
    assert not Path("mine").exists()


def test_one_class_and_too_few_pictures_are_refused_as_the_download_stage_says_it(repository, tmp_path):
    for classes, said in (
        ({"a": 10}, "1 class folder in"),
        ({"a": 10, "b": 9}, "too few images in 1 of the 2 classes"),
    ):
        shutil.rmtree(tmp_path / "pictures")
        fill(tmp_path / "pictures", **classes)
        with pytest.raises(InputError, match=said):
            mine.main(tmp_path / "pictures", "3")
        assert not (repository / "mine").exists()


def test_it_says_what_is_there_and_what_it_does(repository, reproduced, tmp_path, capsys):
    mine.main(tmp_path / "pictures", "3")
    assert reproduced == [("--force", "download"), ("--single-item", *mine.runs.FIRST), ("mine", 3), ()]
    said = capsys.readouterr().out
    assert said.startswith("mine: 22 pictures in 2 classes: a 10, b 12\nmine: each network learns for 60 epochs in bat")
    assert "half (train_share: 0.5)" in said
    assert "minutes on two quiet cores, if nothing is done yet; 3 run(s) at once" in said
    assert "mine: download\n" in said
    assert "The networks miss 11%." in said
    assert git("status", "--porcelain") == ""
    assert yaml.safe_load((repository / "mine/params.yaml").read_text())["data"]["folder"] == f"{tmp_path}/pictures"


def test_the_clone_follows_the_checkout_and_names_a_folder_that_is_replaced(repository, reproduced, tmp_path, capsys):
    mine.main(tmp_path / "pictures", "3")
    (repository / "new.txt").write_text("x")
    commit(repository)
    mine.main(tmp_path / "pictures", "3")
    assert (repository / "mine/new.txt").exists()
    assert "are replaced" not in capsys.readouterr().out
    fill(tmp_path / "others", a=10, b=10)
    mine.main(tmp_path / "others", "")
    assert f"the results of {tmp_path}/pictures are replaced" in capsys.readouterr().out


def test_a_checkout_that_was_moved_brings_its_clone_along(repository, reproduced, tmp_path, monkeypatch):
    mine.main(tmp_path / "pictures", "3")
    moved = repository.rename(tmp_path / "elsewhere")
    monkeypatch.chdir(moved)
    (moved / "new.txt").write_text("x")
    commit(moved)
    mine.main(tmp_path / "pictures", "3")
    assert (moved / "mine/new.txt").exists()


def test_a_folder_that_somebody_else_made_is_left_alone(repository, reproduced, tmp_path):
    (repository / "mine").mkdir()
    (repository / "mine/thesis.txt").write_text("precious")
    with pytest.raises(InputError, match=r"the folder mine exists and was not made by `make mine`\. Move it away"):
        mine.main(tmp_path / "pictures", "3")
    assert [path.name for path in (repository / "mine").iterdir()] == ["thesis.txt"]


def test_a_stage_that_fails_is_said_below_its_output(tmp_path, monkeypatch):
    monkeypatch.setattr(mine.shell, "DVC", ("sh", "-c", "echo Running; exit 3"))
    lines = []
    with pytest.raises(InputError, match=r"ended with exit code 3; its output is above\. Trainings that are done stay"):
        mine.shell.watched(*mine.shell.DVC, folder=tmp_path, line=lines.append)
    assert lines == ["Running"]


@pytest.mark.slow
def test_pictures_give_a_page_and_added_ones_are_seen(tmp_path):
    folder = checkouts.checkout(tmp_path / "checkout", {})
    plan = folder / "scripts/mine/plan.py"
    plan.write_text(re.sub(r'\n    "(half|faster)": .*', "", plan.read_text()))  # one change is enough here
    commit(folder)
    pictures = tmp_path / "pictures"
    fill(pictures, a=40, b=40)
    fill(pictures, ".webp", a=12, b=12)
    command = (sys.executable, "-m", "scripts.mine", str(pictures))
    checkouts.run(*command, folder=folder)
    assert git("status", "--porcelain", folder=folder) == ""
    assert "What to look at first" in (folder / "mine/plots/report.html").read_text()
    assert (folder / "mine/data/analysis/look_first.csv").is_file()
    again = checkouts.run(*command, folder=folder)
    assert [line for line in again.splitlines() if re.fullmatch("mine: [a-z_@0-9-]+", line)] == ["mine: download"]
    fill(pictures, ".jpg", a=4, b=4)
    checkouts.run(*mine.shell.DVC, "repro", "--force", "download", folder=folder / "mine")
    assert "split:" in checkouts.run("dvc", "status", folder=folder / "mine")
