import shutil

import numpy as np
import pytest

from stages import dataset
from stages.errors import InputError
from stages.files import write_array
from stages.split.__main__ import main
from stages.split.division import divide

LABELS = np.tile(np.arange(10, dtype="uint8"), 100)


def test_the_stage_writes_both_parts(tmp_path, monkeypatch, capsys):
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    write_array(dataset.labels_path("train"), LABELS)
    main()
    assert [len(dataset.read_indices(part)) for part in ("training", "held-out")] == [800, 200]
    assert capsys.readouterr().out == "800 images to learn from, 200 held out\n"


def test_every_image_is_in_one_part_and_every_class_has_its_share():
    training, held_out = divide(LABELS, 0.2, None, seed=0)
    assert sorted([*training, *held_out]) == list(range(1000))
    assert np.bincount(LABELS[held_out]).tolist() == [20] * 10
    assert np.bincount(LABELS[training]).tolist() == [80] * 10
    assert (np.diff(training) > 0).all()
    assert (np.diff(held_out) > 0).all()
    assert training.dtype == held_out.dtype == np.int64


def test_the_seed_decides():
    assert np.array_equal(divide(LABELS, 0.2, None, 0)[1], divide(LABELS, 0.2, None, 0)[1])
    assert not np.array_equal(divide(LABELS, 0.2, None, 0)[1], divide(LABELS, 0.2, None, 1)[1])


def test_fewer_training_images_leave_the_held_out_ones_alone():
    training, held_out = divide(LABELS, 0.2, None, 0)
    few, same = divide(LABELS, 0.2, 100, 0)
    assert np.array_equal(held_out, same)
    assert set(few) < set(training)
    assert np.bincount(LABELS[few]).tolist() == [10] * 10
    assert np.array_equal(divide(LABELS, 0.2, 10000, 0)[0], training)


def test_a_class_too_small_to_share_is_refused():
    with pytest.raises(InputError, match=r"cannot divide 1001 images \(1 in the smallest class\)"):
        divide(np.append(LABELS, np.uint8(10)), 0.2, None, 0)


@pytest.mark.parametrize(("share", "few", "part"), [(0.02, None, "held out"), (0.2, 20, "learned from")])
def test_a_class_that_would_be_missing_from_a_part_is_refused(share, few, part):
    unequal = np.repeat([0, 1, 2], [500, 500, 8]).astype("uint8")
    with pytest.raises(InputError, match=rf"\(8 in the smallest class\).*1 of the 3 classes would have no.* {part}\."):
        divide(unequal, share, few, 0)
