"""data/raw holds all six files, or what it held before."""

import io
import json
import os

import numpy as np
import pytest

from stages import artifacts
from stages.download import raw
from stages.download.batch import Batch

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
LABELS = np.array([3, 1, 4, 1, 5], np.uint8)


def part(source, start, stop, total=5):
    return Batch(source, start, total, IMAGES[start:stop], LABELS[start:stop])


@pytest.fixture(autouse=True)
def _checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_pieces_in_any_order_give_the_bytes_of_the_whole():
    counts = raw.write([part("train", 2, 5), part("test", 0, 1, total=1), part("train", 0, 2)], ["a", "b"])
    assert counts == {"train": 5, "test": 1}
    assert artifacts.images_path("train").read_bytes() == saved(IMAGES)
    assert artifacts.labels_path("train").read_bytes() == saved(LABELS)
    assert artifacts.images_path("test").read_bytes() == saved(IMAGES[:1])
    assert artifacts.labels_path("test").read_bytes() == saved(LABELS[:1])
    assert json.loads(artifacts.CLASS_NAMES.read_text()) == ["a", "b"]
    assert json.loads((artifacts.RAW / "image_files.json").read_text()) is None
    assert len(os.listdir(artifacts.RAW)) == 6


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_source_that_fails_leaves_what_was_there(error):
    def failing():
        yield part("train", 0, 2)
        yield part("test", 0, 5)
        raise error

    with pytest.raises(error):
        raw.write(failing(), ["a"])
    assert os.listdir(artifacts.RAW) == []
    raw.write([part("train", 0, 5), part("test", 0, 5)], ["a"])
    before = {path.name: path.read_bytes() for path in artifacts.RAW.iterdir()}
    with pytest.raises(error):
        raw.write(failing(), ["b"])
    assert {path.name: path.read_bytes() for path in artifacts.RAW.iterdir()} == before
