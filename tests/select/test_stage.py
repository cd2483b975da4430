"""The stage as a whole: a file a run, and what is refused before any training."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages import dataset, targets
from stages.configure.__main__ import main as configure
from stages.errors import InputError
from stages.files import write_array, write_json
from stages.run import Run
from stages.select.__main__ import main

LABELS = np.tile(np.arange(2, dtype="uint8"), 50)


@pytest.fixture(autouse=True)
def _checkout(tmp_path, monkeypatch):
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    write_array(dataset.labels_path("train"), LABELS)
    write_array(dataset.labels_path("test"), LABELS[:7])
    write_array(dataset.indices_path("training"), np.arange(80))
    write_json(dataset.CLASS_NAMES, ["a", "b"])


def select(networks, human_votes=None):
    path = Path("params.yaml")
    content = yaml.safe_load(path.read_text()) | {"networks": networks, "seeds": [0, 3]}
    content["data"]["human_votes"] = human_votes
    path.write_text(yaml.safe_dump(content))
    configure()
    main()


def test_every_run_has_its_targets():
    select({"whole": {}, "half": {"train_share": 0.5}})
    for seed in (0, 3):
        np.testing.assert_array_equal(targets.read(Run("whole", seed)), [*LABELS[:80], *[-1] * 20])
        assert (targets.read(Run("half", seed)) >= 0).sum() == 40
    assert not np.array_equal(targets.read(Run("half", 0)), targets.read(Run("half", 3)))


def test_votes_change_only_the_networks_that_use_them():
    votes = np.repeat(LABELS[:, None], 3, axis=1)
    votes[0] = 1
    np.save("votes.npy", votes)
    select({"given": {}, "voted": {"labels": "votes"}}, "votes.npy")
    assert targets.read(Run("given", 0))[0] == 0
    assert targets.read(Run("voted", 0))[0] == 1
    np.testing.assert_array_equal(targets.read(Run("voted", 0))[1:], targets.read(Run("given", 0))[1:])


def test_votes_on_test_images_are_checked_before_training_and_change_nothing_here():
    of_training = np.zeros((100, 3), np.uint8)
    np.savez("votes.npz", train=of_training, test=np.zeros((8, 50), np.uint8))
    with pytest.raises(InputError, match=r"holds uint8 \(8, 50\); expected a .npy of uint8 \(7, annotators\)"):
        select({"voted": {"labels": "votes"}}, "votes.npz")
    np.savez("votes.npz", train=of_training, test=np.zeros((7, 50), np.uint8))
    select({"voted": {"labels": "votes"}}, "votes.npz")
    np.testing.assert_array_equal(targets.read(Run("voted", 0)), [*[0] * 80, *[-1] * 20])


def test_a_class_that_is_not_there_is_refused_and_nothing_is_written():
    with pytest.raises(InputError, match=r"networks.x.without: no class is called 'cat'; there are a, b\."):
        select({"whole": {}, "x": {"without": "cat"}})
    assert not targets.FOLDER.exists()


@pytest.mark.parametrize(
    ("votes", "problem"),
    [
        (np.zeros((5, 3), np.uint8), r"holds uint8 \(5, 3\); expected a .npy of uint8 \(100, annotators\)"),
        (np.full((100, 3), 77, np.uint8), r"a vote for class 77 at image 0; expected classes 0 to 1"),
    ],
)
def test_votes_that_do_not_fit_the_images_are_refused(votes, problem):
    np.save("votes.npy", votes)
    with pytest.raises(InputError, match=f"data.human_votes: votes.npy has {problem}|{problem}"):
        select({"whole": {}}, "votes.npy")
    assert not targets.FOLDER.exists()
