import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from stages import artifacts
from stages.artifacts import Predictions
from stages.errors import InputError


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def some_predictions():
    probabilities = np.array([[0.25, 0.75], [0.5, 0.5], [1, 0]], "float32")
    return Predictions(np.array([2, 5, 9]), np.array([1, 0, 1], "uint8"), probabilities)


def written(**changes):
    arrays = vars(some_predictions()) | changes
    parts = dict.fromkeys(artifacts.PARTS, some_predictions()) | {"held_out": Predictions(**arrays)}
    artifacts.write_predictions(artifacts.predictions_path("nicknet1", 0), parts)


def test_predictions_come_back_as_written():
    written()
    read = artifacts.read_predictions("nicknet1", 0)
    assert list(read) == ["train", "held_out", "test"]
    for field, array in vars(some_predictions()).items():
        np.testing.assert_array_equal(getattr(read["test"], field), array)
        assert getattr(read["test"], field).dtype == array.dtype


def test_equal_probabilities_go_to_the_lower_class():
    assert some_predictions().predicted.tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ids": np.array([2, 9, 5])}, "ascending ids"),
        ({"ids": np.array([2, 2, 5])}, "ascending ids"),
        ({"ids": np.array([2, 5])}, "got 2 ids, 3 labels, 3 rows"),
        ({"ids": np.array([2, 5, 9], "int32")}, "expected ids int64"),
        ({"labels": np.array([1, 0, 2], "uint8")}, "expected labels below 2, got 2"),
        ({"probabilities": np.array([[0.25, 0.7], [0.5, 0.5], [1, 0]], "float32")}, "sum to 1"),
        ({"probabilities": np.array([[-0.5, 1.5], [0.5, 0.5], [1, 0]], "float32")}, "sum to 1"),
        ({"probabilities": np.array([[np.nan, 0.7], [0.5, 0.5], [1, 0]], "float32")}, "NaN"),
        ({"probabilities": np.ones((3, 1, 1), "float32")}, "probabilities float32 (n, classes)"),
    ],
)
def test_predictions_that_no_run_can_have_written_are_refused(changes, expected):
    written(**changes)
    with pytest.raises(InputError, match="part held_out") as caught:
        artifacts.read_predictions("nicknet1", 0)
    assert expected in str(caught.value)


def test_missing_and_damaged_predictions_say_how_to_make_them():
    with pytest.raises(InputError, match="dvc repro evaluate@nicknet1-0"):
        artifacts.read_predictions("nicknet1", 0)
    written()
    path = artifacts.predictions_path("nicknet1", 0)
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="Delete it"):
            artifacts.read_predictions("nicknet1", 0)


def test_pickled_arrays_are_never_loaded():
    path = artifacts.indices_path("train")
    path.parent.mkdir(parents=True)
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="is not a NumPy array file"):
        artifacts.read_indices("train")


def test_an_array_of_another_kind_is_refused():
    artifacts.write_array(artifacts.labels_path("train"), np.zeros(3, "int64"))
    with pytest.raises(InputError, match=r"expected uint8 with 1 axes, got int64 \(3,\)"):
        artifacts.read_labels("train")


def test_a_failed_write_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    artifacts.write_csv(path, [{"a": 1}], ["a"])

    def interrupted():
        yield {"a": 2}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        artifacts.write_csv(path, interrupted(), ["a"])
    with pytest.raises(RuntimeError), artifacts.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "a\n1\n"


def test_numbers_in_tables_read_back_exactly(tmp_path):
    value = 0.1 + 0.2
    artifacts.write_csv(tmp_path / "t.csv", [{"x": value, "n": 3}], ["n", "x"])
    assert (tmp_path / "t.csv").read_bytes() == b"n,x\n3,0.30000000000000004\n"


def test_json_refuses_what_json_cannot_say(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        artifacts.write_json(tmp_path / "m.json", {"loss": float("nan")})
    assert list(tmp_path.iterdir()) == []
    artifacts.write_json(tmp_path / "m.json", {"b": 1, "a": 2})
    assert list(json.loads((tmp_path / "m.json").read_text())) == ["b", "a"]


def test_equal_figures_give_equal_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        figure = Figure(figsize=(1, 1))
        figure.subplots().plot([0, 1])
        artifacts.write_figure(tmp_path / name, figure)
    content = (tmp_path / "a.png").read_bytes()
    assert content == (tmp_path / "b.png").read_bytes()
    assert b"Software" not in content
