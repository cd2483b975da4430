"""A model that was trained elsewhere, through the real pipeline, beside a network that is trained here."""

import json
import re

import numpy as np
import pytest

from stages import dataset, history, targets
from stages.download import digits
from stages.evaluate.__main__ import SCORES
from stages.nicknet import inference
from stages.run import Run
from tests.checkouts import SMALL, checkout, executed, run

pytestmark = pytest.mark.slow
OWN = Run("own", 0)


def trained_elsewhere(path, epochs):
    """A .keras file of a small network for pixels 0..1 that ends in softmax."""
    import keras

    train, layers = next(digits.batches()), keras.layers
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.AveragePooling2D(4),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(train.images / np.float32(255), train.labels, epochs=epochs, verbose=0)
    model.save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    networks = {"nicknet1": {}, "own": {"model": "own.keras", "scaling": "unit"}}
    folder = checkout(tmp_path_factory.mktemp("pretrained") / "nicknets", SMALL | {"networks": networks})
    trained_elsewhere(folder / "own.keras", 10)
    run("dvc", "repro", folder=folder)
    return folder


def test_it_is_evaluated_and_analysed_like_the_others(folder):
    measured = json.loads((folder / OWN.file(SCORES, ".json")).read_text())
    assert measured["test"]["accuracy"] > 0.6
    assert (folder / inference.weights_path(OWN)).read_bytes() == (folder / "own.keras").read_bytes()
    assert (folder / history.path(OWN)).read_text() == "epoch,part,accuracy,loss,precision\n"
    assert (np.load(folder / targets.path(OWN)) == -1).all()
    of_edits = (folder / "data/analysis/pixel_edits.csv").read_text()
    assert re.search("^.*own", of_edits, re.MULTILINE)
    page = (folder / "plots/report.html").read_text(encoding="utf-8")
    assert f"Its accuracy on the test images is {measured['test']['accuracy']:.1%}" in page
    assert "own is pretrained: nobody knows how it was trained, and from which images" in page
    assert "model: own.keras" in page
    printed = run("python", "-m", "scripts.explain", "train:0", "--network", "own", folder=folder)
    assert "own, seed 0" in printed


def test_another_file_is_another_network_and_no_other_is_trained_again(folder):
    trained_elsewhere(folder / "own.keras", 1)
    said = run("python", "-m", "stages.train", "own", "0", folder=folder, code=1)
    assert "own.keras is not the file that it was. Run `dvc repro -f configure`, then `dvc repro`." in said
    run("dvc", "repro", "-f", "configure", folder=folder)
    assert [name for name in executed(run("dvc", "repro", "train", folder=folder)) if "@" in name] == ["train@own-0"]


def test_a_wrong_scaling_is_warned_of(folder):
    path = folder / "data/networks/own.yaml"
    path.write_text(path.read_text().replace("unit", "signed"))
    images = folder / dataset.images_path("train")
    np.save(images, np.zeros_like(np.load(images)))
    said = run("python", "-m", "stages.evaluate", "own", "0", folder=folder)
    assert "does it expect pixels of `scaling: signed`, and the classes in this order?" in said
