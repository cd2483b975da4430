"""The image that is explained, by file and by reference."""

import numpy as np
import pytest
from PIL import Image

from scripts.explain import subject
from stages import dataset
from stages.errors import InputError
from stages.files import write_array, write_bytes

NAMES = ("cat", "dog")


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """Four training images, of which 0 and 3 are learned from and 1 is held out, and one test image."""
    monkeypatch.chdir(tmp_path)
    for source, count in (("train", 4), ("test", 1)):
        images = np.zeros((count, 8, 8, 3), np.uint8) + np.arange(count, dtype=np.uint8)[:, None, None, None]
        write_array(dataset.images_path(source), images)
        write_array(dataset.labels_path(source), np.arange(count, dtype=np.uint8) % 2)
    write_array(dataset.indices_path("training"), np.array([0, 3]))
    write_array(dataset.indices_path("held-out"), np.array([1]))


@pytest.mark.parametrize(
    ("name", "label", "own", "words"),
    [
        ("train:3", 1, 3, "an image that the networks learned from"),
        ("train:1", 1, 1, "a held-out image"),
        ("train:2", 0, 2, "a training image that the networks did not learn from, and not held out either"),
        ("test:0", 0, None, "a test image"),
    ],
)
def test_an_image_of_the_data_set_brings_its_label(name, label, own, words):
    asked = subject.read(name, None, NAMES)
    assert (asked.label, asked.training_id, asked.origin, asked.stem) == (label, own, words, name.replace(":", "-"))
    assert (asked.image == int(name[-1])).all()


def test_a_label_that_is_given_goes_first_and_the_other_is_named():
    asked = subject.read("test:0", "dog", NAMES)
    assert (asked.label, asked.origin) == (1, "a test image, which the data set calls cat")


def test_a_picture_file_is_resized_and_has_no_label_unless_given(tmp_path):
    Image.new("RGBA", (300, 200), (255, 0, 0, 255)).save("a red.png")
    asked = subject.read("a red.png", None, NAMES)
    assert asked.image.shape == (8, 8, 3)
    assert (asked.image == (255, 0, 0)).all()
    assert (asked.label, asked.training_id, asked.stem) == (None, None, "a red")
    assert subject.read("a red.png", "dog", NAMES).label == 1


def test_a_file_may_be_named_like_a_reference():
    Image.new("L", (8, 8), 77).save("train:3", format="PNG")
    assert (subject.read("./train:3", None, NAMES).image == 77).all()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.png", None, "missing.png: No such file"),
        ("text.png", b"no picture", "text.png: neither JPEG, PNG nor WebP"),
        ("data", None, "data is a folder"),
        ("train:4", None, "train:4: expected a number from 0 to 3, got 4"),
        ("test:1", None, "test:1: expected a number from 0 to 0, got 1"),
        ("held:1", None, "held:1: No such file.*train:ID"),
    ],
)
def test_what_is_no_image_is_named(name, content, words):
    if content is not None:
        write_bytes(subject.Path(name), content)
    with pytest.raises(InputError, match=words):
        subject.read(name, None, NAMES)


def test_an_unknown_class_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"^--label frog: expected one of cat, dog\.$"):
        subject.read("train:0", "frog", NAMES)


def test_a_long_name_stays_short_enough_for_a_file_system():
    Image.new("L", (8, 8)).save("n" * 240 + ".png")
    assert subject.read("n" * 240 + ".png", None, NAMES).stem == "n" * 60
