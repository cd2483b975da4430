from types import SimpleNamespace

import numpy as np
import pytest

from stages import dataset, epochs, history, image_files, outcomes, predictions, settings, similarity, targets
from stages.error_analysis import inputs
from stages.errors import InputError
from stages.files import write_array, write_json
from stages.outcomes import Outcomes
from stages.predictions import Predictions
from stages.run import Run
from stages.settings import NetworkSettings
from tests import worlds

HELD_OUT = np.array([1, 3])
OPTIMIZERS = {"a": "adam", "b": "sgd"}
RUNS = tuple(Run(network, seed) for network in OPTIMIZERS for seed in (0, 1))


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    """What two networks with two seeds leave behind. The first class has a probability of 0, 0.1, 0.2, 0.3 by run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    write_json(dataset.CLASS_NAMES, ["x", "y"])
    write_json(image_files.PATH, {"train": [f"{i}.png" for i in range(4)], "test": ["t.png"]})
    write_array(dataset.labels_path("train"), np.zeros(4, np.uint8))
    similarity.write({"training": np.array([0.1, 0.2]), "held-out": np.array([0.3, 1.0]), "test": np.full(3, 0.5)})
    for network, optimizer in OPTIMIZERS.items():
        settings.write(network, NetworkSettings.model_validate(worlds.settings(optimizer, 15)))
    for place, run in enumerate(RUNS):
        write(run, np.float32(place / 10))
        history.write(run, [{"epoch": 1, "part": "held-out", "accuracy": place / 10, "loss": 1.0, "precision": 0.5}])
        epochs.write(run, np.full((1 + place, 2), place, np.uint8))
        targets.write(run, np.array([0, -1, place - 1, -1]))
        nothing = {"before", "edited", "placebo", "norms", "error_edited", "error_placebo", "maps"}
        arrays = {name: np.zeros((0, 0)) for name in nothing}
        outcomes.write(run, Outcomes(edits=np.array(["grey"]), ids=HELD_OUT, error_ids=HELD_OUT, **arrays))
    return tmp_path


def write(run, first, held_out=HELD_OUT):
    parts = {"training": np.array([0, 2]), "held-out": held_out, "test": np.arange(3)}
    predictions.write(
        run,
        {
            part: Predictions(ids, (ids % 2).astype(np.uint8), np.full((len(ids), 2), [first, 1 - first], np.float32))
            for part, ids in parts.items()
        },
    )


def given(human_votes=None):
    return SimpleNamespace(
        dataset="folder",
        networks=dict.fromkeys(OPTIMIZERS),
        seeds=[0, 1],
        data=SimpleNamespace(human_votes=human_votes),
        error_analysis=SimpleNamespace(resamples=100, confidence=0.9, looks=3),
    )


def test_every_part_holds_the_answers_of_every_run():
    write(Run("c", 0), 1)  # of an earlier grid
    samples = inputs.read(given())
    assert {part: sample.part for part, sample in samples.items()} == {part: part for part in dataset.PARTS}
    for part, ids in (("training", [0, 2]), ("held-out", [1, 3]), ("test", [0, 1, 2])):
        sample = samples[part]
        assert sample.runs == RUNS
        assert sample.ids.tolist() == ids
        assert sample.labels.tolist() == [i % 2 for i in ids]
        firsts = np.broadcast_to(np.array([[0, 0.1], [0.2, 0.3]])[:, :, None], (2, 2, len(ids)))
        np.testing.assert_allclose(sample.probabilities[..., 0], firsts)
        assert (sample.number_of_resamples, sample.confidence, sample.looks, sample.dataset) == (100, 0.9, 3, "folder")
        assert sample.grid.cells == {("adam", 15): "a", ("sgd", 15): "b"}


def test_only_the_held_out_images_have_all_that_is_known():
    samples = inputs.read(given())
    sample = samples["held-out"]
    assert sample.files == ["1.png", "3.png"]
    assert [rows[0]["accuracy"] for rows in sample.histories.values()] == [0, 0.1, 0.2, 0.3]
    assert [answers.tolist() for answers in sample.epochs.values()] == [[[i] * 2] * (1 + i) for i in range(4)]
    assert tuple(sample.histories) == tuple(sample.epochs) == tuple(sample.interventions) == RUNS
    assert sample.others == {"training": samples["training"], "test": samples["test"]}
    assert samples["test"].files is samples["test"].votes is None
    assert samples["training"].learned_as.tolist() == [[[0, -1], [0, 0]], [[0, 1], [0, 2]]]
    assert sample.learned_as is samples["test"].learned_as is None
    similar = {part: sample.similarity.tolist() for part, sample in samples.items()}
    assert similar == {"training": [0.1, 0.2], "held-out": [0.3, 1.0], "test": [0.5] * 3}


def test_a_data_set_without_files_has_none():
    write_json(image_files.PATH, None)
    assert inputs.read(given())["held-out"].files is None


def test_a_run_of_another_split_is_named():
    write(Run("a", 1), 0, held_out=np.array([1, 2]))
    with pytest.raises(InputError, match="a, seed 1 and of a, seed 0 are for different images"):
        inputs.read(given())


def test_votes_are_those_of_the_held_out_images(root, monkeypatch):
    votes = np.array([[0, 1], [1, 1], [0, 0], [1, 0]], np.uint8)
    (root / "mine").mkdir()
    np.save(root / "mine" / "votes.npy", votes)
    monkeypatch.setenv("DVC_ROOT", str(root / "mine"))
    samples = inputs.read(given("votes.npy"))
    np.testing.assert_array_equal(samples["held-out"].votes, votes[HELD_OUT])
    np.testing.assert_array_equal(samples["training"].votes, votes[[0, 2]])
    assert inputs.read(given())["held-out"].votes is None


def test_votes_on_the_test_images_are_theirs(root):
    train, test = np.zeros((4, 1), np.uint8), np.array([[0, 1], [1, 255], [0, 0]], np.uint8)
    np.savez(root / "votes.npz", train=train, test=test)
    samples = inputs.read(given("votes.npz"))
    np.testing.assert_array_equal(samples["test"].votes, test)
    assert samples["training"].votes.tolist() == [[0], [0]]


def test_votes_for_another_data_set_are_refused(root):
    np.save(root / "votes.npy", np.zeros((50000, 3), np.uint8))
    with pytest.raises(InputError, match=r"holds uint8 \(50000, 3\); expected a .npy of uint8 \(4, annotators\)"):
        inputs.read(given("votes.npy"))
