import numpy as np
import pytest

from stages.errors import InputError
from stages.statistics import votes


@pytest.fixture
def path(tmp_path):
    return tmp_path / "votes.npy"


def test_votes_come_back_as_written(path):
    written = np.array([[0, 1, 255], [2, 2, 2]], np.uint8)
    np.save(path, written)
    np.testing.assert_array_equal(votes.read(path, 2, 3), written)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 3), np.uint8), r"holds uint8 \(3, 3\); expected a .npy of uint8 \(2, annotators\)"),
        (np.zeros(2, np.uint8), r"holds uint8 \(2,\)"),
        (np.zeros((2, 0), np.uint8), r"holds uint8 \(2, 0\)"),
        (np.zeros((2, 3), np.int64), r"holds int64 \(2, 3\)"),
        (np.array([[0, 1], [9, 1]], np.uint8), "a vote for class 9 at image 1; expected classes 0 to 2, or 255"),
        (np.array([[0, None], [1, 1]], object), "cannot be read"),
    ],
)
def test_other_arrays_are_refused(path, array, words):
    np.save(path, array, allow_pickle=True)
    with pytest.raises(InputError, match=words):
        votes.read(path, 2, 3)


def test_votes_on_so_many_classes_that_no_number_is_left_for_no_vote_are_refused(path):
    np.save(path, np.zeros((2, 3), np.uint8))
    with pytest.raises(InputError, match="has votes on 256 classes; expected at most 255"):
        votes.read(path, 2, 256)


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


def test_an_archive_has_the_votes_on_the_training_images_and_may_have_those_on_the_test_images(tmp_path):
    path, train, test = tmp_path / "votes.npz", np.array([[0, 1], [2, 255]], np.uint8), np.array([[1]], np.uint8)
    np.savez(path, train=train)
    np.testing.assert_array_equal(votes.read(path, 2, 3), train)
    assert votes.read_test(path, 1, 3) is None
    np.savez(path, train=train, test=test)
    votes.check(path)
    np.testing.assert_array_equal(votes.read(path, 2, 3), train)
    np.testing.assert_array_equal(votes.read_test(path, 1, 3), test)
    for images, classes, words in ((2, 3, "holds uint8"), (1, 1, "a vote for class 1 at image 0")):
        with pytest.raises(InputError, match=words):
            votes.read_test(path, images, classes)


def test_a_plain_file_has_no_votes_on_the_test_images(path):
    np.save(path, np.zeros((2, 3), np.uint8))
    assert votes.read_test(path, 2, 3) is None


def test_an_archive_of_something_else_is_refused(tmp_path):
    for names in ({"a": 2}, {"test": 2}, {"train": 2, "held_out": 2}):
        np.savez(tmp_path / "votes.npz", **{name: np.zeros((rows, 3), np.uint8) for name, rows in names.items()})
        with pytest.raises(InputError, match=f"an archive of arrays \\({', '.join(sorted(names))}\\)"):
            votes.check(tmp_path / "votes.npz")
    np.savez(tmp_path / "votes.npz", train=np.zeros((2, 3), np.uint8), test=np.zeros((2, 3), np.int64))
    with pytest.raises(InputError, match=r"holds int64 \(2, 3\)"):
        votes.check(tmp_path / "votes.npz")


@pytest.mark.parametrize(
    ("chosen", "suspect", "ambiguous", "dissent"),
    [
        ([0, 0, 0], False, False, 0),
        ([0, 1, 0], False, False, 1),
        ([1, 1, 0], False, True, 2),
        ([1, 2, 0], False, True, 2),
        ([1, 2, 3], False, True, 3),
        ([1, 1, 1], True, True, 3),
        ([1, 1, 2, 0], False, True, 3),
        ([1, 1, 0, 0], False, False, 2),
        ([1, 255, 1], True, True, 2),
        ([255, 1, 0], False, False, 1),
        ([2], False, False, 1),
        ([255, 1, 255], False, False, 1),
        ([255, 255], False, False, -1),
    ],
)
def test_votes_against_the_label(chosen, suspect, ambiguous, dissent):
    people, labels = np.array([chosen], np.uint8), np.array([0], np.uint8)
    assert votes.suspect(people, labels).tolist() == [suspect]
    assert votes.ambiguous(people, labels).tolist() == [ambiguous]
    assert votes.dissent(people, labels).tolist() == [dissent]


def test_the_class_that_all_chose():
    people = np.array([[1, 255, 1], [0, 0, 0], [1, 1, 0], [3, 255, 255]], np.uint8)
    assert votes.unanimous(people).tolist() == [1, 0, -1, -1]


def planted(rng, wrong_labels):
    """Votes of three annotators with rates of their own, who see so large a share of the images as another class."""
    labels = rng.integers(0, 4, 20_000)
    shown = np.where(rng.random(len(labels)) < wrong_labels, (labels + 1) % 4, labels)
    slips = rng.random((len(labels), 3)) < [0.05, 0.2, 0.3]
    people = np.where(slips, (shown[:, None] + rng.integers(1, 4, (len(labels), 3))) % 4, shown[:, None])
    people[rng.random(people.shape) < 0.2] = votes.NO_VOTE
    return people.astype(np.uint8), labels.astype(np.uint8)


def test_independent_slips_are_as_many_as_expected():
    people, labels = planted(np.random.default_rng(0), wrong_labels=0)
    expected = votes.by_slips(people, labels)
    deviation = np.sqrt((expected * (1 - expected)).sum())
    assert votes.suspect(people, labels).sum() == pytest.approx(expected.sum(), abs=3 * deviation)


def test_wrong_labels_exceed_the_slips():
    people, labels = planted(np.random.default_rng(1), wrong_labels=0.02)
    expected = votes.by_slips(people, labels)
    assert votes.suspect(people, labels).sum() > expected.sum() + 5 * np.sqrt((expected * (1 - expected)).sum())
