import numpy as np
import pytest

from stages import artifacts
from stages.artifacts import Predictions
from stages.error_analysis import inputs
from stages.error_analysis.grid import Run
from stages.errors import InputError

RUNS = [Run("a", 0), Run("a", 1)]


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    artifacts.write_json(artifacts.CLASS_NAMES, ["x", "y"])
    artifacts.write_array(artifacts.images_path("train"), np.zeros((4, 8, 8, 3), np.uint8))
    return tmp_path


def write(run, ids=(1, 3)):
    ids = np.array(ids)
    one = Predictions(ids, (ids % 2).astype(np.uint8), np.full((len(ids), 2), 0.5, np.float32))
    artifacts.write_predictions(artifacts.predictions_path(run.network, run.seed), dict.fromkeys(artifacts.PARTS, one))


def test_exactly_the_runs_of_the_grid_are_read():
    for run in (*RUNS, Run("b", 0)):
        write(run)
    parts = inputs.read_parts(RUNS)
    assert list(parts) == ["training", "held-out", "test"]
    assert parts["test"].names == tuple(RUNS)
    assert parts["test"].probabilities.shape == (2, 2, 2)


def test_a_run_of_another_split_is_named():
    write(RUNS[0])
    write(RUNS[1], ids=(1, 2))
    with pytest.raises(InputError, match="a, seed 1 and of a, seed 0 are for different images"):
        inputs.read_parts(RUNS)


def test_votes_are_those_of_the_images_asked_for(root):
    np.save(root / "votes.npy", np.array([[0, 1], [1, 1], [0, 0], [1, 0]], np.uint8))
    np.testing.assert_array_equal(inputs.read_votes("votes.npy", np.array([1, 3])), [[1, 1], [1, 0]])


def test_no_path_means_no_votes():
    assert inputs.read_votes(None, np.array([0])) is None


def test_votes_for_another_data_set_are_refused(root):
    np.save(root / "votes.npy", np.zeros((50000, 3), np.uint8))
    with pytest.raises(InputError, match=r"holds uint8 \(50000, 3\); expected a .npy of uint8 \(4, annotators\)"):
        inputs.read_votes("votes.npy", np.array([0]))
