"""The stage as a whole: which parts, and what is said of copies."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages import copies, dataset, image_files, similarity
from stages.files import write_array, write_json
from stages.split.__main__ import main

LABELS = np.tile(np.arange(2, dtype="uint8"), 50)


@pytest.fixture(autouse=True)
def checkout(tmp_path, monkeypatch):
    """100 training and 20 test images of two classes, each of another grey."""
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    write_images(np.arange(120))


def write_images(greys):
    images = np.broadcast_to(np.asarray(greys, "uint8")[:, None, None, None], (120, 4, 4, 3))
    for source, rows, labels in (("train", images[:100], LABELS), ("test", images[100:], LABELS[:20])):
        write_array(dataset.images_path(source), rows)
        write_array(dataset.labels_path(source), labels)
    write_json(image_files.PATH, None)


def split(**changes):
    """Run the stage; params.yaml with these changes of its sections."""
    path = Path("params.yaml")
    content = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(content | {name: content[name] | values for name, values in changes.items()}))
    main()
    return dataset.read_indices("training"), dataset.read_indices("held-out"), json.loads(copies.PATH.read_text())


def test_without_copies_nothing_is_said_and_the_parameter_changes_nothing(capsys):
    training, held_out, found = split()
    assert (len(training), len(held_out)) == (80, 20)
    nothing = {"count": 0, "first": []}
    assert found == {"shared": [], "contradicted": nothing, "in_training": {"held-out": [], "test": []}}
    assert capsys.readouterr() == ("80 images to learn from, 20 held out\n", "")
    together = split(split={"copies": "together"})
    assert np.array_equal(training, together[0])
    assert np.array_equal(held_out, together[1])


def test_a_mirrored_training_image_among_the_others_is_a_near_duplicate():
    training, held_out, _ = split()
    images = np.random.default_rng(0).integers(0, 256, (120, 8, 8, 3), np.uint8)
    images[held_out[3]] = images[100 + 7] = images[training[0], :, ::-1]
    write_array(dataset.images_path("train"), images[:100])
    write_array(dataset.images_path("test"), images[100:])
    split()
    found = similarity.read({"training": 80, "held-out": 20, "test": 20})
    near = {part: np.flatnonzero(of_part >= similarity.NEAR_DUPLICATE).tolist() for part, of_part in found.items()}
    assert near == {"training": [], "held-out": [3], "test": [7]}


def test_copies_are_counted_named_and_listed(capsys):
    training, held_out, _ = split()
    one, other, learned = held_out[0], held_out[1], training[LABELS[training] != LABELS[held_out[0]]][0]
    greys = np.arange(120)
    greys[[one, other, 103]] = greys[learned]  # in all three parts
    greys[104] = greys[106]  # within one part
    greys[105] = greys[held_out[2]]
    write_images(greys)
    capsys.readouterr()
    training, held_out, found = split()
    place = min(one, other)
    assert found["shared"] == [
        {"parts": ["training", "held-out"], "count": 1, "first": [[f"train:{learned}", f"train:{place}"]]},
        {"parts": ["training", "test"], "count": 1, "first": [[f"train:{learned}", "test:3"]]},
        {
            "parts": ["held-out", "test"],
            "count": 2,
            "first": sorted([[f"train:{place}", "test:3"], [f"train:{held_out[2]}", "test:5"]], key=first_place(greys)),
        },
    ]
    assert found["in_training"] == {"held-out": sorted([one, other]), "test": [3]}
    assert found["contradicted"]["count"] == 1 + (LABELS[held_out[2]] != LABELS[5])
    warning = capsys.readouterr().err
    assert "split: warning: 1 picture lies in both training and held-out images, equal to the last pixel. " in warning
    assert f"\n  train:{learned} = train:{place}\nsplit: warning: 1 picture lies in both training and test" in warning
    assert "under different labels" in warning


def first_place(greys):
    """Sorts pairs of names by the first image that shows their picture."""
    places = {grey: place for place, grey in reversed([*enumerate(greys)])}
    return lambda pair: places[greys[int(pair[0].removeprefix("train:"))]]


def test_copies_together():
    write_images(np.arange(120) % 50)  # each picture twice among the training images
    training, held_out, found = split(split={"copies": "together"})
    assert not set(training % 50) & set(held_out % 50)
    assert np.bincount(LABELS[held_out]).tolist() == [10, 10]
    assert found["in_training"]["held-out"] == []
    assert found["in_training"]["test"]
