"""What configure writes, and what it refuses before anything is trained."""

import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from stages import params
from stages import settings as effective
from stages.configure import room
from stages.configure.__main__ import main as configure
from stages.errors import InputError
from stages.files import write_bytes
from stages.run import Run

PARAMS = Path("params.yaml")
Usage = namedtuple("Usage", "free")


def test_a_disk_too_small_for_the_grid_is_refused_with_both_sizes(tmp_path, monkeypatch):
    given = params.read(PARAMS)
    needed = room.size(given, tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(needed))
    room.require(given, tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(needed - 1))
    with pytest.raises(
        InputError, match=r"The outputs .* not there yet need about \d\.\d GB of disk, and \d\.\d GB are free"
    ):
        room.require(given, tmp_path)


def test_the_size_grows_with_runs_that_are_not_there_and_with_the_images_learned_from(tmp_path):
    given = params.read(PARAMS)
    fewer = given.model_copy(update={"split": given.split.model_copy(update={"train_images": 1000})})
    more = given.model_copy(update={"seeds": [0, 1]})
    images = 60_000 * 32 * 32 * 3 * 2
    assert room.size(fewer, tmp_path) < room.size(given, tmp_path)
    assert room.size(more, tmp_path) - images == 2 * (room.size(given, tmp_path) - images)
    for network in given.networks:
        write_bytes(Run(network, 0).file(tmp_path / "data/models", ".weights.h5"), b"")
    assert room.size(more, tmp_path) - images == (room.size(more, tmp_path / "other") - images) / 2


def test_the_outputs_of_a_real_run_take_about_that_much(pipeline, tmp_path):
    files = [path for path in (pipeline.folder / "data").rglob("*") if path.is_file()]
    held = 2 * sum(path.stat().st_size for path in files)
    assert held / 1.5 < room.size(params.read(pipeline.folder / "params.yaml"), tmp_path) < held * 1.5


@pytest.mark.parametrize("name", room.OUTPUTS)
def test_a_file_in_the_place_of_an_output_folder_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=f"No file can be written in {name}: expected folders that this user may"):
        room.require(params.read(PARAMS), tmp_path)


def test_configure_writes_the_effective_settings_of_every_network(tmp_path, monkeypatch):
    shutil.copy(PARAMS, tmp_path)
    monkeypatch.chdir(tmp_path)
    configure()
    for name in ("nicknet1", "nicknet2", "nicknet3"):
        assert effective.read(name) == params.read().network(name)
    effective.path("nicknet1").write_text("optimizer: adam")
    with pytest.raises(InputError, match=r"nicknet1.yaml does not hold a network's settings. Run `dvc repro -f config"):
        effective.read("nicknet1")
    effective.path("nicknet1").unlink()
    with pytest.raises(InputError, match=r"nicknet1.yaml is missing. Run `dvc repro configure`"):
        effective.read("nicknet1")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "is missing"),
        (b"label,vote", "cannot be read"),
        (np.zeros((3, 3)), "holds float64"),
        (np.zeros(3, "uint8"), r"holds uint8 \(3,\); expected a .npy of uint8 \(training images, annotators\)"),
    ],
)
def test_configure_refuses_votes_that_no_data_set_could_have(tmp_path, monkeypatch, content, problem):
    text = PARAMS.read_text(encoding="utf-8").replace("human_votes: null", "human_votes: votes.npy")
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    if isinstance(content, bytes):
        Path("votes.npy").write_bytes(content)
    elif content is not None:
        np.save("votes.npy", content)
    with pytest.raises(InputError, match=f"data.human_votes: {tmp_path}/votes.npy {problem}"):
        configure()
    assert not effective.FOLDER.exists()
    np.save("votes.npy", np.zeros((7, 2), "uint8"))  # split compares them with the images
    configure()
