"""data/raw holds all six files, or what it held before."""

import io
import json

import numpy as np
import pytest

from stages import dataset
from stages.download import raw
from stages.download.batch import Batch

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
LABELS = np.array([3, 1, 4, 1, 5], np.uint8)


def part(source, start, stop, total=5):
    return Batch(source, start, total, IMAGES[start:stop], LABELS[start:stop])


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_all_files_or_what_was_there(tmp_path, monkeypatch, error):
    def failing():
        yield part("train", 0, 2)
        yield part("test", 0, 5)
        raise error

    def contents():
        return {path.name: path.read_bytes() for path in dataset.RAW.iterdir()}

    monkeypatch.chdir(tmp_path)
    with pytest.raises(error):
        raw.write(failing(), ["a"])
    assert contents() == {}
    counts = raw.write([part("train", 2, 5), part("test", 0, 1, total=1), part("train", 0, 2)], ["a", "b"])
    assert counts == {"train": 5, "test": 1}
    written = contents()
    assert json.loads(written["class_names.json"]) == ["a", "b"]
    assert json.loads(written["image_files.json"]) is None
    for source, count in counts.items():
        assert written[f"{source}_images.npy"] == saved(IMAGES[:count])
        assert written[f"{source}_labels.npy"] == saved(LABELS[:count])
    assert len(written) == 6
    with pytest.raises(error):
        raw.write(failing(), ["c"])
    assert contents() == written
