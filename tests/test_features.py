"""The directions of the features, written and read."""

import numpy as np
import pytest

from stages import features
from stages.errors import InputError
from stages.files import write_array
from stages.run import Run

RUN = Run("a", 1)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def channels(images):
    """The features are the three channels of the first pixel."""
    return np.asarray(images, "float32")[:, 0, 0]


def test_directions_come_in_the_order_of_the_ids_in_chunks(monkeypatch):
    monkeypatch.setattr(features, "CHUNK", 2)
    images = np.array([(9, 0, 0), (30, 40, 0), (0, 0, 0), (0, 7, 0), (1, 1, 1)], np.uint8).reshape(-1, 1, 1, 3)
    features.write(RUN, channels, images, np.array([0, 1, 2, 3]))
    rows = features.read(RUN, 4)
    assert rows.dtype == np.float16
    np.testing.assert_allclose(rows, [[1, 0, 0], [0.6, 0.8, 0], [0, 0, 0], [0, 1, 0]], atol=1e-3)


def test_missing_features_are_named_with_the_command():
    with pytest.raises(InputError, match=r"^data/features/a/1\.npy is missing. Run `dvc repro interventions@a-1`"):
        features.read(RUN, 4)


def test_features_of_another_split_are_refused():
    write_array(features.path(RUN), np.zeros((3, 2), "float16"))
    with pytest.raises(InputError, match="expected a row for each of 4 training images, got 3"):
        features.read(RUN, 4)
