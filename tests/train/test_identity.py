from importlib.metadata import version

import numpy as np
import pytest

from stages import dataset, settings, targets
from stages.files import write_array, write_json, write_text
from stages.run import Run
from stages.train import identity

RUN = Run("nicknet1", 0)


@pytest.fixture(autouse=True)
def _workspace(tmp_path, monkeypatch):
    """The files that a training reads, and in stages a copy of the code."""
    monkeypatch.chdir(tmp_path)
    for name in ("nicknet1", "nicknet2"):
        write_text(settings.path(name), "epochs: 2\n")
    write_array(dataset.images_path("train"), np.zeros((3, 4, 4, 3), "uint8"))
    write_array(dataset.labels_path("train"), np.zeros(3, "uint8"))
    write_json(dataset.CLASS_NAMES, ["a", "b"])
    for network, seed in (("nicknet1", 0), ("nicknet2", 0), ("nicknet1", 1)):
        targets.write(Run(network, seed), np.array([0, 0, -1]))
    write_array(dataset.indices_path("held-out"), np.array([2]))
    for name in ("train/training.py", "nicknet/network.py", "evaluate/scores.py"):
        write_text(tmp_path / "stages" / name, "x = 1\n")


@pytest.fixture
def of(tmp_path):
    return lambda run=RUN: identity.of(run, tmp_path / "stages")


def test_the_same_files_are_the_same_training(of):
    assert of() == of()
    assert len(of()) == 64


def test_equal_networks_of_other_names_are_the_same_training(of):
    assert of() == of(Run("nicknet2", 0))


@pytest.mark.parametrize(
    "path",
    [
        "data/networks/nicknet1.yaml",
        "data/raw/train_images.npy",
        "data/raw/train_labels.npy",
        "data/raw/class_names.json",
        "data/targets/nicknet1/0.npy",
        "data/split/held-out.npy",
        "stages/train/training.py",
        "stages/nicknet/network.py",
    ],
)
def test_a_change_of_the_last_byte_is_another_training(of, tmp_path, path):
    before = of()
    content = (tmp_path / path).read_bytes()
    (tmp_path / path).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert of() != before


def test_another_seed_or_version_or_module_is_another_training(of, tmp_path, monkeypatch):
    identities = {of(), of(Run("nicknet1", 1))}
    with monkeypatch.context() as patch:
        patch.setattr(identity, "version", lambda name: "0" if name == "keras" else version(name))
        identities.add(of())
    (tmp_path / "stages/train/training.py").rename(tmp_path / "stages/train/learning.py")
    assert len({*identities, of()}) == 4


def test_code_of_other_stages_does_not_matter(of, tmp_path):
    before = of()
    (tmp_path / "stages/evaluate/scores.py").write_text("x = 2\n")
    assert of() == before
