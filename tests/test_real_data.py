"""The published networks on CIFAR-10 itself, where it is at hand, from few images and for few epochs."""

import os
from pathlib import Path

import numpy as np
import pytest

from stages.files import read_arrays, read_json
from tests.checkouts import checkout, run

JOIN = Path("../shared/cifar10/whole-archive")
"""A program that writes an archive of all 60,000 images."""
SETTINGS = ("split.train_images=2000", "epochs=2", "error_analysis.resamples=200")


@pytest.fixture
def archive(tmp_path):
    """The archive that CIFAR10_ARCHIVE names, or one that is made."""
    if named := os.environ.get("CIFAR10_ARCHIVE"):
        return Path(named).absolute()
    if not JOIN.exists():
        pytest.skip(f"needs CIFAR-10: there is neither CIFAR10_ARCHIVE nor {JOIN}")
    run(str(JOIN.absolute()), str(tmp_path / "whole.tar.gz"), folder=tmp_path)
    return tmp_path / "whole.tar.gz"


@pytest.mark.slow
def test_the_published_networks_learn_from_cifar10_and_are_explained(archive, tmp_path):
    folder = checkout(tmp_path / "nicknets", {})
    given = [part for setting in SETTINGS for part in ("-S", setting)]
    run("dvc", "exp", "run", *given, folder=folder, CIFAR10_ARCHIVE=str(archive))
    tested = len(np.load(folder / "data/raw/test_labels.npy"))
    assert tested == 10000 or "CIFAR10_ARCHIVE" in os.environ  # which may name one that is cut short
    for network in ("nicknet1", "nicknet2", "nicknet3"):
        predictions = read_arrays(folder / f"data/predictions/{network}/0.npz", "evaluate")
        assert [len(predictions[f"{part} labels"]) for part in ("training", "held-out", "test")] == [
            2000,
            10000,
            tested,
        ]
        assert 0 < read_json(folder / f"metrics/{network}.json", "error_analysis")["accuracy"] < 1
    scores = read_json(folder / "data/scores/nicknet1/0.json", "evaluate")
    assert scores["test"]["accuracy"] > 0.15  # of ten classes
    page = (folder / "plots/report.html").read_text(encoding="utf-8")
    assert "3 networks, 3 runs, 10,000 images that none of them learned from, 10 classes." in page
