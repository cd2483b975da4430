"""A folder of pictures: what counts as a class, what is refused by name, and where each image ends."""

import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages import dataset, image_files, params
from stages.download.__main__ import main
from stages.errors import InputError

PUBLISHED = params.read()


@pytest.fixture(autouse=True)
def _checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def save(name, grey, size=(8, 8)):
    path = Path("pictures", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).save(path)


def fill(**classes):
    """Class folders of so many pictures, 000.png, 001.png, ..., of different greys."""
    for start, (name, count) in enumerate(classes.items()):
        for number in range(count):
            save(f"{name}/{number:03}.png", (start * 50 + number) % 256)


def convert(name="pictures", side=8, unreadable="refuse", **environment):
    data = PUBLISHED.data.model_copy(update={"folder": name, "image_side": side, "unreadable": unreadable})
    main(PUBLISHED.model_copy(update={"dataset": "folder", "data": data}), environment)


def problem(**options):
    with pytest.raises(InputError) as caught:
        convert(**options)
    assert not [*dataset.RAW.glob("*")]
    return str(caught.value)


def images():
    """Every image's file, with its label and its grey, of both sources."""
    files = {}
    for source in ("train", "test"):
        arrays = dataset.read_images(source), dataset.read_labels(source), image_files.read(source)
        for image, label, file in zip(*arrays, strict=True):
            assert file not in files
            files[file] = (int(label), int(image[0, 0, 0]))
    return files


def test_every_picture_is_in_one_part_and_every_class_has_its_share(capsys):
    fill(cat=40, a=10, ship=25)
    convert()
    assert dataset.read_class_names() == ["a", "cat", "ship"]
    assert images() == {
        f"{name}/{number:03}.png": (label, Image.open(f"pictures/{name}/{number:03}.png").getpixel((0, 0)))
        for label, (name, count) in enumerate([("a", 10), ("cat", 40), ("ship", 25)])
        for number in range(count)
    }
    assert np.bincount(dataset.read_labels("test")).tolist() == [2, 8, 5]
    assert image_files.read("train") == sorted(image_files.read("train"))
    assert capsys.readouterr().err == ""


def test_the_order_of_the_file_system_makes_no_difference(monkeypatch):
    fill(b=10, a=15)
    convert()
    first = {path.name: path.read_bytes() for path in dataset.RAW.iterdir()}
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: sorted(listdir(path), reverse=True))
    convert()
    assert first == {path.name: path.read_bytes() for path in dataset.RAW.iterdir()}
    assert len(first) == 6


def test_other_files_are_left_out_and_named_hidden_ones_left_out(capsys):
    fill(a=10, b=10)
    for name in ("a/notes.txt", "a/x.gif", "README.md", "a/.hidden.png", ".git/x.png", "b/deeper/x.png"):
        Path("pictures", name).parent.mkdir(exist_ok=True)
        Path("pictures", name).write_bytes(b"no picture")
    convert()
    assert len(images()) == 20
    assert capsys.readouterr().err == (
        "download: warning: left out of pictures, since not named .png, .jpg, .jpeg:\n"
        "  README.md\n  a/notes.txt\n  a/x.gif\n  b/deeper\n"
    )


def test_links_are_followed(tmp_path):
    fill(a=10, b=9)
    Path("pictures/b/linked.JPG").symlink_to(tmp_path / "pictures/a/003.png")
    Path("pictures/c").symlink_to(tmp_path / "pictures/a")
    convert()
    assert images()["b/linked.JPG"] == (1, 3)
    assert dataset.read_class_names() == ["a", "b", "c"]


def test_unreadable_pictures_are_refused_by_name_or_skipped(capsys):
    fill(a=12, b=12)
    Path("pictures/a/003.png").write_bytes(b"no picture")
    Path("pictures/b/x.jpg").symlink_to("nowhere")
    reasons = "  a/003.png: neither PNG nor JPEG, or damaged at its start\n  b/x.jpg: No such file or directory\n"
    assert problem() == (
        f"data.folder: 2 of 25 pictures in {os.path.abspath('pictures')} cannot be read:\n{reasons}"
        "Fix or remove them, or leave them out: `-S data.unreadable=skip`."
    )
    convert(unreadable="skip")
    assert len(images()) == 23
    warning = "download: warning: left out of pictures, since unreadable (data.unreadable: skip):\n"
    assert capsys.readouterr().err == warning + reasons


def test_classes_with_too_few_images_are_refused_with_their_counts():
    fill(a=10, b=9, d=30)
    Path("pictures/c").mkdir()
    message = problem()
    assert "2 of the 4 classes" in message
    assert "each needs 10" in message
    assert "\n  b: 9 images\n  c: 0 images\nAdd images" in message
    fill(b=10, c=20)
    Path("pictures/b/003.png").write_bytes(b"no picture")
    assert "1 of the 4 classes" in problem(unreadable="skip")
    assert "\n  b: 9 images (1 unreadable)\nAdd images" in problem(unreadable="skip")


def test_classes_that_lie_one_level_deeper():
    fill(**{"train/a": 1, "test/b": 1})
    assert f"lie one level deeper: name a folder such as {Path('pictures/test')}." in problem()


@pytest.mark.parametrize("classes", [0, 1, 257])
def test_the_number_of_classes(classes):
    for number in range(classes):
        Path(f"pictures/{number}").mkdir(parents=True)
    Path("pictures").mkdir(exist_ok=True)
    message = problem()
    assert f"{classes} class folders in " in message
    assert "expected 2 to 256. It must hold one folder for each class" in message


def test_256_classes():
    for number in range(2560):
        save(f"{number // 10}/{number % 10}.png", number // 10, size=(1, 1))
    convert(side=4)
    assert dataset.read_labels("train").max() == 255
    assert all(dataset.read_class_names()[label] == str(grey) for label, grey in images().values())


@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "/checkout/none is not there"), ("/dev/null", "/dev/null is a file"), ("", "is not set")],
)
def test_no_such_folder(name, message):
    assert message in problem(name=name, DVC_ROOT="/checkout")


def test_odd_names_survive():
    names = ["<html>&\"'", "two words", "ГРУША", "猫 🐈", "x" * 200, "a; b, c|d", "Zo\u00eb", "%s {x} $y$"]
    fill(**dict.fromkeys(names, 10))
    for name in ("new\nline.png", os.fsdecode(b"caf\xe9.png")):  # of files: escaped
        save(f"two words/{name}", 0)
    convert()
    assert dataset.read_class_names() == sorted(names)
    assert {"two words/new\\nline.png", "two words/caf\\udce9.png"} <= set(images())
    assert len(images()) == 82


def test_names_are_the_same_on_file_systems_that_decompose_letters():
    fill(**{"Zoe\u0308": 10, "Zo\u00e8": 10})
    convert()
    assert dataset.read_class_names() == ["Zo\u00e8", "Zo\u00eb"]
    fill(**{"Zo\u00eb": 10})
    with pytest.raises(InputError, match="two folders that read alike: Zoë"):
        convert()


@pytest.mark.parametrize("name", ["new\nline", "bell\a", os.fsdecode(b"caf\xe9"), "para\u2029graph"])
def test_names_of_classes_that_cannot_be_shown(name):
    fill(**{name: 10, "b": 10})
    message = problem()
    assert "has a name that cannot be shown" in message
    assert message.isprintable()


def test_most_images_are_on_disk_and_not_in_memory():
    fill(a=2500, b=10)
    tracemalloc.start()
    convert(side=64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2510 * 64 * 64 * 3 / 2
