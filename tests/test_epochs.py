import numpy as np
import pytest

from stages import epochs
from stages.errors import InputError
from stages.files import write_array
from stages.run import Run

RUN = Run("nicknet1", 0)
PREDICTED = np.array([[0, 255, 1], [2, 2, 1]], np.uint8)


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_classes_come_back_as_written():
    epochs.write(RUN, PREDICTED)
    found = epochs.read(RUN, 3)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, PREDICTED)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "0.npy is missing. Run `dvc repro train@nicknet1-0` to make it"),
        (PREDICTED.astype(np.int64), "expected uint8 with 2 axes"),
        (PREDICTED[:, :2], r"a row for each epoch, of 3 held-out images, got \(2, 2\)"),
        (PREDICTED[:0], r"got \(0, 3\)"),
    ],
)
def test_what_is_of_another_training_is_refused(content, message):
    if content is not None:
        write_array(epochs.path(RUN), content)
    with pytest.raises(InputError, match=message):
        epochs.read(RUN, 3)
