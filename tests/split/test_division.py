import numpy as np
import pytest

from stages.errors import InputError
from stages.split.division import divide

LABELS = np.tile(np.arange(10, dtype="uint8"), 100)


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


def test_copies_of_a_picture_stay_in_one_part_and_fewer_images_leave_the_held_out_ones_alone():
    pictures = np.arange(1000) % 500  # image n and image n + 500 show the same
    training, held_out = divide(LABELS, 0.2, None, 0, pictures)
    assert not set(pictures[training]) & set(pictures[held_out])
    assert np.bincount(LABELS[held_out]).tolist() == [20] * 10
    assert (np.diff(training) > 0).all()
    assert (np.diff(held_out) > 0).all()
    few, same = divide(LABELS, 0.2, 100, 0, pictures)
    assert np.array_equal(held_out, same)
    assert set(few) < set(training)


def test_a_class_of_one_picture_is_refused():
    with pytest.raises(InputError, match=r"1 of the 10 classes would have no image that is held out"):
        divide(LABELS, 0.2, None, 0, np.where(LABELS == 3, 3, np.arange(1000)))
