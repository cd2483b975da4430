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


def convert(name="pictures", side=8, unreadable="refuse", copies="separate", **environment):
    data = PUBLISHED.data.model_copy(update={"folder": name, "image_side": side, "unreadable": unreadable})
    split = PUBLISHED.split.model_copy(update={"copies": copies})
    main(PUBLISHED.model_copy(update={"dataset": "folder", "data": data, "split": split}), environment)


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
        "download: warning: left out of pictures, since not named .png, .jpg, .jpeg, .webp:\n"
        "  README.md\n  a/notes.txt\n  a/x.gif\n"
        "download: warning: left out of pictures with all that they hold, since these folders lie within that of a "
        "class, whose pictures lie in it directly:\n  b/deeper\n"
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
    reasons = "  a/003.png: neither JPEG, PNG nor WebP, or damaged at its start\n  b/x.jpg: No such file or directory\n"
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


@pytest.mark.parametrize("classes", [["all/a", "all/b"], ["test/a", "all/a", "all/b"], ["all/b", "few/a", "few/b"]])
def test_classes_that_lie_one_level_deeper(classes):
    fill(**dict.fromkeys(classes, 1))
    deeper = max({name.split("/")[0] for name in classes}, key=lambda name: (sum(name in c for c in classes), name))
    assert f"seem to lie one level deeper: name a folder such as {Path('pictures', deeper)}. It must hold" in problem()


def test_a_folder_that_is_a_class_itself(tmp_path):
    fill(**{".": 10})
    message = problem()
    assert "0 class folders in" in message
    assert f"The pictures lie in the folder itself; if it is one of the classes, name {tmp_path}. It must" in message


@pytest.mark.parametrize("classes", [0, 1, 257])
def test_the_number_of_classes(classes):
    for number in range(classes):
        Path(f"pictures/{number}").mkdir(parents=True)
    Path("pictures").mkdir(exist_ok=True)
    message = problem()
    assert f"{classes} class folder{'s' * (classes != 1)} in " in message
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


@pytest.mark.parametrize(
    ("other", "spelled"),
    [
        ("Zoe\u0308 X", r"'Zoe\u0308 X'"),
        ("Zo\u00eb X ", "'Zo\u00eb X '"),
        ("Zo\u00eb\u00a0X", r"'Zo\u00eb\xa0X'"),
        ("Zo\u00eb  X", "'Zo\u00eb  X'"),
        ("Zo\u200b\u00eb X", r"'Zo\u200b\u00eb X'"),
        ("\u202eZo\u00eb X", r"'\u202eZo\u00eb X'"),
        ("Zo\u00eb X\ufe0f", r"'Zo\u00eb X\ufe0f'"),
        ("Zo\u00eb X\u3164", r"'Zo\u00eb X\u3164'"),
    ],
)
def test_names_of_classes_that_look_alike_are_both_named(other, spelled):
    fill(**{"Zo\u00eb X": 10, other: 10, "b": 10})
    message = problem()
    assert message.startswith("data.folder: 2 class folders read alike: ")
    assert "'Zo\u00eb X'" in message
    assert spelled.replace(r"\u00eb", "\u00eb") in message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        *((name, "has a name that cannot be shown") for name in ("new\nline", "bell\a", "para\u2029graph", "\tx")),
        (os.fsdecode(b"caf\xe9"), "has a name that cannot be shown"),
        (" cat", "' cat' has a blank at an end"),
        ("cat\u3000", r"'cat\u3000' has a blank at an end"),
        ("a\u200bb", r"'a\u200bb' has characters that cannot be seen"),
        ("gnp\u202e.exe", r"'gnp\u202e.exe' has characters that cannot be seen"),
        *((name, "spreadsheets take for a formula") for name in ("=1+1", "+1+1", "-cmd", "@SUM(1)", "\uff1d1")),
    ],
)
def test_names_of_classes_that_mislead_are_refused(name, reason):
    fill(**{name: 10, "b": 10})
    message = problem()
    assert reason in message
    assert message.isprintable()


def copy(source, *targets):
    for target in targets:
        Path("pictures", target).write_bytes(Path("pictures", source).read_bytes())


def test_copies_in_both_parts_or_under_two_labels_are_named(capsys):
    fill(a=20, b=20)
    copy("a/003.png", "b/same.png")
    for number in range(15):
        copy(f"a/{number:03}.png", *(f"a/{number:03}-{copied}.png" for copied in range(4)))
    convert()
    of = {
        source: {image[0, 0, 0]: name for image, name in zip(*both, strict=True)}
        for source in ("train", "test")
        for both in [(dataset.read_images(source)[::-1], image_files.read(source)[::-1])]
    }
    both = sorted(of["train"].keys() & of["test"].keys())
    assert len(both) > 5
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == (
        f"download: warning: {len(both)} pictures lie in both training and test images, equal to the last pixel. Their "
        "scores count what was learned by heart; `-S split.copies=together` keeps copies in one part."
    )
    assert lines[1:6] == [f"  {of['train'][grey]} = {of['test'][grey]}" for grey in both[:5]]
    assert lines[6:] == [
        f"  and {len(both) - 5} more",
        "download: warning: 1 picture lies under different labels, equal to the last pixel. No network can be right "
        "about all of them.",
        f"  {next(name for name, (_, grey) in images().items() if grey == 3)} = b/same.png",
    ]


def test_copies_stay_in_one_part_where_asked_for(capsys):
    fill(a=20, b=20)
    for number in range(20):
        copy(f"a/{number:03}.png", *(f"a/{number:03}-{copied}.png" for copied in range(number % 3)))
    convert(copies="together")
    greys = [set(dataset.read_images(source)[:, 0, 0, 0].tolist()) for source in ("train", "test")]
    assert not greys[0] & greys[1]
    assert np.bincount(dataset.read_labels("test")).tolist() == [8, 4]  # of 39 and 20
    assert capsys.readouterr().err == ""


def test_a_class_of_copies_only_cannot_be_kept_together():
    fill(a=20, b=1)
    copy("b/000.png", *(f"b/{number}.png" for number in range(20)))
    message = problem(copies="together")
    assert "too few different pictures in 1 of the 2 classes" in message
    assert "\n  b: 1\nAdd other pictures" in message
    convert()


def test_signs_and_numbers_are_names_of_classes_and_scripts_keep_their_joiners():
    joined = ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f468\u200d\U0001f4bb"]
    names = ["=", "+", "-", "-1", "+0.5", *joined]
    fill(**dict.fromkeys(names, 10))
    convert()
    assert dataset.read_class_names() == sorted(names)


def test_most_images_are_on_disk_and_not_in_memory():
    fill(a=2500, b=10)
    tracemalloc.start()
    convert(side=64)
    assert tracemalloc.get_traced_memory()[1] < 2510 * 64 * 64 * 3 / 2
    tracemalloc.stop()
