from importlib.metadata import version

import numpy as np
import pytest

from stages import artifacts
from stages.train import identity


@pytest.fixture(autouse=True)
def _workspace(tmp_path, monkeypatch):
    """The files that a training reads, and a copy of the code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(identity, "_STAGES", tmp_path / "stages")
    artifacts.write_text(artifacts.settings_path("nicknet1"), "epochs: 2\n")
    artifacts.write_array(artifacts.images_path("train"), np.zeros((3, 4, 4, 3), "uint8"))
    artifacts.write_array(artifacts.labels_path("train"), np.zeros(3, "uint8"))
    artifacts.write_json(artifacts.CLASS_NAMES, ["a", "b"])
    artifacts.write_array(artifacts.indices_path("train"), np.array([0, 1]))
    artifacts.write_array(artifacts.indices_path("held_out"), np.array([2]))
    for name in ("train/training.py", "nicknet/network.py", "evaluate/scores.py"):
        artifacts.write_text(tmp_path / "stages" / name, "x = 1\n")


def test_the_same_files_are_the_same_training():
    assert identity.of("nicknet1", 0) == identity.of("nicknet1", 0)
    assert len(identity.of("nicknet1", 0)) == 64


def test_equal_networks_of_other_names_are_the_same_training():
    artifacts.write_text(artifacts.settings_path("nicknet2"), "epochs: 2\n")
    assert identity.of("nicknet1", 0) == identity.of("nicknet2", 0)


@pytest.mark.parametrize(
    "path",
    [
        "data/networks/nicknet1.yaml",
        "data/raw/train_images.npy",
        "data/raw/train_labels.npy",
        "data/raw/class_names.json",
        "data/split/train.npy",
        "data/split/held_out.npy",
        "stages/train/training.py",
        "stages/nicknet/network.py",
    ],
)
def test_a_change_of_the_last_byte_is_another_training(tmp_path, path):
    before = identity.of("nicknet1", 0)
    content = (tmp_path / path).read_bytes()
    (tmp_path / path).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert identity.of("nicknet1", 0) != before


def test_another_seed_or_version_or_module_is_another_training(tmp_path, monkeypatch):
    found = {identity.of("nicknet1", 0), identity.of("nicknet1", 1)}
    monkeypatch.setattr(identity, "version", lambda name: "0" if name == "keras" else version(name))
    found.add(identity.of("nicknet1", 0))
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(identity, "_STAGES", tmp_path / "stages")
    (tmp_path / "stages/train/training.py").rename(tmp_path / "stages/train/learning.py")
    found.add(identity.of("nicknet1", 0))
    assert len(found) == 4


def test_code_of_other_stages_does_not_matter(tmp_path):
    before = identity.of("nicknet1", 0)
    (tmp_path / "stages/evaluate/scores.py").write_text("x = 2\n")
    assert identity.of("nicknet1", 0) == before
