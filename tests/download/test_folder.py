"""A folder of pictures: what counts as a class, what is refused by name, and where each image ends."""

import json
import os
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from stages import artifacts, image_files
from stages.download import folder, picture
from stages.download.__main__ import main
from stages.errors import InputError


@pytest.fixture(autouse=True)
def _checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def save(name, value, size=(8, 8), **options):
    """A picture of one grey."""
    path = Path("pictures", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).save(path, **options)
    return path


def fill(**classes):
    """Class folders of so many pictures, 000.png, 001.png, ..., of different greys."""
    for start, (name, count) in enumerate(classes.items()):
        for number in range(count):
            save(f"{name}/{number:03}.png", (start * 50 + number) % 256)


def convert(name="pictures", side=8, unreadable="refuse", environment=None):
    given = SimpleNamespace(folder=name, image_side=side, unreadable=unreadable)
    main("folder", environment or {}, data=given)


def problem(**options):
    with pytest.raises(InputError) as caught:
        convert(**options)
    assert not any(artifacts.RAW.iterdir() if artifacts.RAW.exists() else ())
    return str(caught.value)


def arrays():
    """Every image's file, with its label and its grey, of both sources."""
    found = {}
    for source in ("train", "test"):
        images, labels, files = artifacts.read_images(source), artifacts.read_labels(source), image_files.read(source)
        assert len(images) == len(labels) == len(files)
        for image, label, file in zip(images, labels, files, strict=True):
            assert file not in found
            found[file] = (int(label), int(image[0, 0, 0]))
    return found


def test_every_picture_is_in_one_part_and_every_class_has_its_share(capsys):
    fill(cat=40, a=10, ship=25)
    convert()
    assert artifacts.read_class_names() == ["a", "cat", "ship"]
    assert {file: label for file, (label, _) in arrays().items()} == {
        f"{name}/{number:03}.png": label
        for label, (name, count) in enumerate([("a", 10), ("cat", 40), ("ship", 25)])
        for number in range(count)
    }
    for file, (_, grey) in arrays().items():
        assert grey == Image.open(f"pictures/{file}").getpixel((0, 0))
    assert np.bincount(artifacts.read_labels("test")).tolist() == [2, 8, 5]
    assert image_files.read("train") == sorted(image_files.read("train"))
    assert capsys.readouterr().err == ""


def test_the_order_of_the_file_system_makes_no_difference(monkeypatch):
    fill(b=12, a=15)
    convert()
    first = {name: (artifacts.RAW / name).read_bytes() for name in os.listdir(artifacts.RAW)}
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: sorted(listdir(path), reverse=True))
    convert()
    assert first == {name: (artifacts.RAW / name).read_bytes() for name in listdir(artifacts.RAW)}
    assert len(first) == 6


def test_a_relative_folder_is_found_from_the_copy_that_an_experiment_runs_in(tmp_path):
    fill(a=10, b=10)
    copy = tmp_path / "copy"
    copy.mkdir()
    os.chdir(copy)
    convert(environment={"DVC_ROOT": str(tmp_path)})
    assert artifacts.read_class_names() == ["a", "b"]


def test_other_files_are_left_out_and_named_hidden_ones_left_out(capsys):
    fill(a=10, b=10)
    for name in ("a/notes.txt", "a/x.gif", "README.md", "a/.hidden.png", ".git/x.png", "b/deeper/x.png"):
        Path("pictures", name).parent.mkdir(exist_ok=True)
        Path("pictures", name).write_bytes(b"no picture")
    convert()
    assert len(arrays()) == 20
    assert capsys.readouterr().err == (
        "download: warning: left out of pictures, since not named .png, .jpg, .jpeg:\n"
        "  README.md\n  a/notes.txt\n  a/x.gif\n  b/deeper\n"
    )


def test_links_are_followed(tmp_path):
    fill(a=10, b=9)
    Path("pictures/b/linked.JPG").symlink_to(tmp_path / "pictures/a/003.png")
    Path("pictures/c").symlink_to(tmp_path / "pictures/a")
    convert()
    assert arrays()["b/linked.JPG"] == (1, 3)
    assert artifacts.read_class_names() == ["a", "b", "c"]


def test_unreadable_pictures_are_refused_by_name():
    fill(a=12, b=12)
    Path("pictures/a/003.png").write_bytes(b"no picture")
    Path("pictures/b/x.jpg").symlink_to("nowhere")
    where = os.path.abspath("pictures")
    assert problem() == (
        f"data.folder: 2 of 25 pictures in {where} cannot be read:\n"
        "  a/003.png: neither PNG nor JPEG, or damaged at its start\n"
        "  b/x.jpg: No such file or directory\n"
        "Mend or remove them, or leave them out: `-S data.unreadable=skip`."
    )


def test_unreadable_pictures_are_skipped_where_the_parameter_says_so(capsys):
    fill(a=12, b=12)
    Path("pictures/a/003.png").write_bytes(b"no picture")
    convert(unreadable="skip")
    assert len(arrays()) == 23
    assert "a/003.png" not in arrays()
    assert capsys.readouterr().err == (
        "download: warning: left out of pictures, since unreadable (data.unreadable: skip):\n"
        "  a/003.png: neither PNG nor JPEG, or damaged at its start\n"
    )


def test_a_class_that_skipping_leaves_too_small_is_refused():
    fill(a=12, b=10)
    Path("pictures/b/003.png").write_bytes(b"no picture")
    assert "1 of the 2 classes" in problem(unreadable="skip")
    assert "  b: 9 images (1 unreadable)\n" in problem(unreadable="skip")


def test_a_list_of_many_unreadable_pictures_ends():
    fill(a=150, b=10)
    for path in Path("pictures/a").iterdir():
        path.write_bytes(b"no picture")
    message = problem()
    assert message.count("a/") == folder.MOST_LISTED
    assert "\n  and 50 more\n" in message


def test_classes_with_too_few_images_are_refused_with_their_counts():
    fill(a=10, b=9, c=0, d=30)
    Path("pictures/c").mkdir()
    message = problem()
    assert "2 of the 4 classes" in message
    assert "each needs 10" in message
    assert "\n  b: 9 images\n  c: 0 images\nAdd images" in message


def test_classes_that_lie_one_level_deeper():
    for part in ("train", "test"):
        for name in "ab":
            save(f"{part}/{name}/1.png", 0)
    assert f"lie one level deeper: name a folder such as {Path('pictures/test')}." in problem()


@pytest.mark.parametrize(("classes", "found"), [(0, "0 class folders"), (1, "1 class folders"), (257, "257 class")])
def test_the_number_of_classes(classes, found):
    for number in range(classes):
        Path(f"pictures/{number}").mkdir(parents=True)
    Path("pictures").mkdir(exist_ok=True)
    message = problem()
    assert found in message
    assert "expected 2 to 256. It must hold one folder for each class" in message


def test_256_classes():
    for number in range(256):
        for image in range(10):
            save(f"{number}/{image}.png", number, size=(1, 1))
    convert(side=4)
    assert artifacts.read_labels("train").max() == 255
    assert all(artifacts.read_class_names()[label] == str(grey) for label, grey in arrays().values())


@pytest.mark.parametrize(("name", "found"), [("none", "is not there"), ("file", "is a file"), ("", "is not set")])
def test_no_such_folder(name, found):
    Path("file").write_text("x")
    assert found in problem(name=name)


ODD = ["<html>&\"'", "two words", "ГРУША", "猫 🐈", "x" * 200, "a; b, c|d", "Zoë", "%s {x} $y$"]


def test_odd_class_names_survive():
    fill(**dict.fromkeys(ODD, 10))
    convert()
    assert artifacts.read_class_names() == sorted(ODD)
    assert len(arrays()) == 80


def test_names_are_the_same_on_file_systems_that_decompose_letters():
    fill(**{"Zoe\u0308": 10, "Zo\u00e8": 10})
    convert()
    assert artifacts.read_class_names() == ["Zo\u00e8", "Zo\u00eb"]
    fill(**{"Zo\u00eb": 10})
    with pytest.raises(InputError, match="two folders that read alike: Zoë"):
        convert()


@pytest.mark.parametrize("name", ["new\nline", "bell\a", os.fsdecode(b"caf\xe9"), "para\u2029graph"])
def test_names_that_cannot_be_shown(name):
    fill(**{name: 10, "b": 10})
    message = problem()
    assert "has a name that cannot be shown" in message
    assert message.isprintable()


def test_file_names_that_cannot_be_shown_are_escaped():
    fill(a=10, b=10)
    for name in ("new\nline.png", os.fsdecode(b"caf\xe9.png")):
        Path("pictures/a", name).write_bytes(Path("pictures/a/000.png").read_bytes())
    convert()
    assert {"a/new\\nline.png", "a/caf\\udce9.png"} <= set(arrays())
    json.dumps(list(arrays()), ensure_ascii=False).encode("utf-8")


def test_a_file_that_vanishes_while_reading_is_unreadable(monkeypatch):
    fill(a=10, b=10)
    read = picture.read

    def vanishing(path, side):
        path.unlink()
        return read(path, side)

    monkeypatch.setattr(picture, "read", vanishing)
    assert "20 of 20 pictures" in problem()


def test_most_images_are_on_disk_and_not_in_memory():
    fill(a=2500, b=10)
    tracemalloc.start()
    convert(side=64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2510 * 64 * 64 * 3 / 2


def test_the_digits_as_files():
    digits = load_digits()
    for number, (image, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        path = Path(f"pictures/{label}/{number:04}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * 15).astype(np.uint8)).save(path)
    convert(side=32)
    counts = np.bincount(artifacts.read_labels("test")), np.bincount(digits.target)
    assert np.abs(counts[0] - counts[1] / 5).max() <= 1
    assert artifacts.read_images("train").shape == (1437, 32, 32, 3)


@pytest.mark.slow
@pytest.mark.skipif("CIFAR10_ARCHIVE" not in os.environ, reason="needs CIFAR10_ARCHIVE, the real images")
def test_the_real_archive_as_files_keeps_every_pixel(request):
    root = request.config.rootpath
    main("cifar10", {"CIFAR10_ARCHIVE": str(root / os.environ["CIFAR10_ARCHIVE"])})
    images, labels = (np.array(read("test")) for read in (artifacts.read_images, artifacts.read_labels))
    names = artifacts.read_class_names()
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = Path(f"pictures/{names[label]}/{number:05}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    convert(side=32)
    assert artifacts.read_class_names() == sorted(names)
    seen = 0
    for source in ("train", "test"):
        for image, file in zip(artifacts.read_images(source), image_files.read(source), strict=True):
            assert np.array_equal(image, images[int(file[-9:-4])])
            seen += 1
    assert seen == len(images)
