import numpy as np
import pytest

from stages import dataset
from stages.errors import InputError
from stages.files import write_array, write_json


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_arrays_come_back_as_written():
    images, labels = np.arange(24, dtype="uint8").reshape(2, 2, 2, 3), np.array([1, 0], "uint8")
    write_array(dataset.images_path("test"), images)
    write_array(dataset.labels_path("test"), labels)
    write_array(dataset.indices_path("held-out"), np.array([0, 7]))
    write_json(dataset.CLASS_NAMES, ["a", "b"])
    assert np.array_equal(dataset.read_images("test"), images)
    assert np.array_equal(dataset.read_labels("test"), labels)
    assert dataset.read_indices("held-out").tolist() == [0, 7]
    assert dataset.read_class_names() == ["a", "b"]


@pytest.mark.parametrize(
    ("read", "path", "expected"),
    [
        (lambda: dataset.read_images("train"), dataset.images_path("train"), "uint8 with 4 axes"),
        (lambda: dataset.read_labels("train"), dataset.labels_path("train"), "uint8 with 1 axes"),
        (lambda: dataset.read_indices("training"), dataset.indices_path("training"), "int64 with 1 axes"),
    ],
)
def test_missing_and_other_arrays_are_refused(read, path, expected):
    with pytest.raises(InputError, match=f"{path} is missing. Run `dvc repro`"):
        read()
    write_array(path, np.zeros((3, 3), "float32"))
    with pytest.raises(InputError, match=rf"{path}: expected {expected}, got float32 \(3, 3\)\. Delete it"):
        read()


def test_missing_class_names_say_how_to_make_them():
    with pytest.raises(InputError, match=r"class_names.json is missing. Run `dvc repro download`"):
        dataset.read_class_names()
