import numpy as np
import pytest

from stages.errors import InputError
from stages.statistics import votes


@pytest.fixture
def path(tmp_path):
    return tmp_path / "votes.npy"


def test_votes_come_back_as_written(path):
    written = np.array([[0, 1, 1], [2, 2, 2]], np.uint8)
    np.save(path, written)
    np.testing.assert_array_equal(votes.read(path, 2, 3), written)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 3), np.uint8), r"holds uint8 \(3, 3\); expected a .npy of uint8 \(2, annotators\)"),
        (np.zeros(2, np.uint8), r"holds uint8 \(2,\)"),
        (np.zeros((2, 0), np.uint8), r"holds uint8 \(2, 0\)"),
        (np.zeros((2, 3), np.int64), r"holds int64 \(2, 3\)"),
        (np.array([[0, 1], [9, 1]], np.uint8), "a vote for class 9 at image 1; expected classes 0 to 2"),
        (np.array([[0, None], [1, 1]], object), "cannot be read"),
    ],
)
def test_other_arrays_are_refused(path, array, words):
    np.save(path, array, allow_pickle=True)
    with pytest.raises(InputError, match=words):
        votes.read(path, 2, 3)


def test_a_missing_file_and_a_folder_are_named(path):
    with pytest.raises(InputError, match=r"votes.npy is missing.*Fix the file, or set data.human_votes to null"):
        votes.read(path, 2, 3)
    with pytest.raises(InputError, match="is a folder"):
        votes.read(path.parent, 2, 3)


@pytest.mark.parametrize("content", [b"", b"label,vote\n1,2\n", b"\x93NUMPY\x01\x00", b"PK\x03\x04broken"])
def test_another_kind_of_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        votes.read(path, 2, 3)


def test_an_archive_is_refused(tmp_path):
    np.savez(tmp_path / "votes.npz", a=np.zeros((2, 3), np.uint8))
    with pytest.raises(InputError, match="an archive of arrays"):
        votes.read(tmp_path / "votes.npz", 2, 3)


@pytest.mark.parametrize(
    ("chosen", "suspect", "ambiguous"),
    [
        ([0, 0, 0], False, False),
        ([0, 1, 0], False, False),
        ([1, 1, 0], True, True),
        ([1, 2, 0], False, True),
        ([1, 2, 3], False, True),
        ([1, 1, 1], True, True),
        ([1, 1, 2, 0], False, True),
        ([1, 1, 0, 0], False, False),
        ([2], True, True),
    ],
)
def test_votes_against_the_label(chosen, suspect, ambiguous):
    people, labels = np.array([chosen], np.uint8), np.array([0], np.uint8)
    assert votes.label_suspect(people, labels).tolist() == [suspect]
    assert votes.ambiguous(people, labels).tolist() == [ambiguous]
