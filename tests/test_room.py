"""What configure says of the disk, before anything is trained."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from stages import params
from stages.configure import room
from stages.errors import InputError

PARAMS = Path("params.yaml")
Usage = namedtuple("Usage", "free")


def test_a_disk_too_small_for_the_grid_is_refused_with_both_sizes(tmp_path, monkeypatch):
    given = params.read(PARAMS)
    needed = room.size(given)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(needed))
    room.require(given, tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(needed - 1))
    with pytest.raises(InputError, match=r"The outputs of 3 runs need about \d\.\d GB of disk, and \d\.\d GB are free"):
        room.require(given, tmp_path)


def test_the_size_grows_with_runs_and_with_the_images_learned_from():
    given = params.read(PARAMS)
    fewer = given.model_copy(update={"split": given.split.model_copy(update={"train_images": 1000})})
    more = given.model_copy(update={"seeds": [0, 1]})
    images = 60_000 * 32 * 32 * 3 * 2
    assert room.size(fewer) < room.size(given)
    assert room.size(more) - images == 2 * (room.size(given) - images)


def test_the_outputs_of_a_real_run_take_about_that_much(pipeline):
    files = [path for path in (pipeline.folder / "data").rglob("*") if path.is_file()]
    held = 2 * sum(path.stat().st_size for path in files)
    assert held / 1.5 < room.size(params.read(pipeline.folder / "params.yaml")) < held * 1.5


@pytest.mark.parametrize("name", room.OUTPUTS)
def test_a_file_in_the_place_of_an_output_folder_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=f"No file can be written in {name}: expected folders that this user may"):
        room.require(params.read(PARAMS), tmp_path)
