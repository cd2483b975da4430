"""The whole pipeline through the real dvc, on the embedded data set, with small networks."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from stages import artifacts

SMALL = {
    "dataset": "digits",
    "split.train_images": 200,
    "filters": "[4,4,4,4,4]",
    "dense_units": "[16]",
    "kernel_size": 3,
    "networks.nicknet3.kernel_size": 2,
    "epochs": 2,
    "batch_size": 32,
    "learning_rate": 0.01,
    "error_analysis.resamples": 100,
    "error_analysis.intervention_images": 5,
}
TRAININGS = [f"train@nicknet{number}-0" for number in (1, 2, 3)]


def run(*command, folder, check=True):
    """Run a command as a user of the checkout `folder` would."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {key: value for key, value in os.environ.items() if key != "CIFAR10_ARCHIVE"} | {"PATH": paths}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


def executed(done):
    """Names of the stages that DVC ran, not those that it skipped or took from its run-cache."""
    return [line.split("'")[1] for line in done.stdout.splitlines() if line.startswith("Running stage")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of this checkout's files, committed, as a clone of it would be."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", folder=".").stdout
    for name in filter(None, listed.split("\0")):
        if Path(name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)
    for command in ("init --quiet", "config user.name T", "config user.email t@example.org", "add --all"):
        run("git", *command.split(), folder=folder)
    run("git", "commit", "--quiet", "--message", "x", folder=folder)
    return folder


@pytest.fixture(scope="module")
def first_run(checkout):
    settings = [part for key, value in SMALL.items() for part in ("-S", f"{key}={value}")]
    return run("dvc", "exp", "run", "--name", "small", *settings, folder=checkout)


@pytest.fixture(scope="module")
def changed_optimizer(checkout, first_run):
    """The state after `dvc exp run -S optimizer=sgd`, and what the state before it had for nicknet1."""
    before = (checkout / artifacts.metrics_path("nicknet1", 0)).read_bytes()
    return run("dvc", "exp", "run", "--name", "changed", "-S", "optimizer=sgd", folder=checkout), before


def test_every_stage_runs_and_writes_what_it_declares(checkout, first_run):
    ran = executed(first_run)
    assert {"configure", "download", "split", "error_analysis", *TRAININGS} <= set(ran)
    assert ran[0] == "configure"
    for network in ("nicknet1", "nicknet2", "nicknet3"):
        metrics = json.loads((checkout / artifacts.metrics_path(network, 0)).read_text())
        assert metrics["train_images"] == 200
        assert 0 < metrics["held_out_accuracy"] <= 1
        history = (checkout / artifacts.history_path(network, 0)).read_text().splitlines()
        assert history[0] == "epoch,images,accuracy,loss,precision"
        assert len(history) == 1 + 2 * SMALL["epochs"]
    page = (checkout / "plots/errors/report.html").read_text(encoding="utf-8")
    assert "nicknet3" in page
    summary = json.loads((checkout / artifacts.SUMMARY).read_text())
    assert summary["nicknet1"]["held_out"]["accuracy"] == pytest.approx(
        json.loads((checkout / artifacts.metrics_path("nicknet1", 0)).read_text())["held_out_accuracy"]
    )


def test_changing_the_optimizer_retrains_what_inherits_it_and_nothing_else(changed_optimizer):
    ran = executed(changed_optimizer[0])
    assert [name for name in ran if name.startswith("train")] == ["train@nicknet1-0"]
    assert "download" not in ran
    assert "split" not in ran


def test_equal_settings_give_equal_networks_to_the_last_bit(checkout, changed_optimizer, monkeypatch):
    monkeypatch.chdir(checkout)
    one, two = (artifacts.read_predictions(network, 0) for network in ("nicknet1", "nicknet2"))
    for part in artifacts.PARTS:
        np.testing.assert_array_equal(one[part].probabilities, two[part].probabilities)
    for path in (artifacts.metrics_path, artifacts.history_path, artifacts.weights_path):
        assert path("nicknet1", 0).read_bytes() == path("nicknet2", 0).read_bytes()
    assert artifacts.metrics_path("nicknet1", 0).read_bytes() != changed_optimizer[1]


def test_going_back_trains_nothing(checkout, changed_optimizer):
    run("dvc", "exp", "apply", "small", folder=checkout)
    assert executed(run("dvc", "repro", folder=checkout)) == []


def test_networks_are_rows_of_metrics_and_columns_of_experiments(checkout, changed_optimizer):
    shown = json.loads(run("dvc", "metrics", "show", "--json", folder=checkout).stdout)
    files = shown[""]["data"]
    assert {f"metrics/nicknet{number}/0.json" for number in (1, 2, 3)} <= set(files)
    table = run(
        "dvc",
        "exp",
        "show",
        "--csv",
        "--drop",
        ".*",
        "--keep",
        "Experiment|nicknet.*held_out.accuracy",
        folder=checkout,
    ).stdout
    assert "nicknet3.held_out.accuracy" in table.splitlines()[0]
    assert {"small", "changed"} <= {line.split(",")[0] for line in table.splitlines()}


def test_curves_of_the_three_networks_lie_in_one_chart(checkout, changed_optimizer):
    shown = run("dvc", "plots", "show", "--json", folder=checkout)
    assert "failed" not in shown.stderr
    charts = json.loads(shown.stdout)["data"]
    for name in ("plots/curves.csv", "Loss", "Precision"):
        (chart,) = charts[name]
        content = chart["content"] if isinstance(chart["content"], dict) else json.loads(chart["content"])
        values = content["data"]["values"]
        assert {value["network"] for value in values} == {"nicknet1", "nicknet2", "nicknet3"}
        assert {value["images"] for value in values} == {"training", "held-out"}
        assert content["spec"]["encoding"]["color"]["field"] == "network"


def test_a_typo_fails_before_any_data_is_touched(checkout, changed_optimizer):
    parameters = checkout / "params.yaml"
    good = parameters.read_text()
    parameters.write_text(good.replace("kernel_size", "kernel_sise"))
    try:
        done = run("dvc", "repro", folder=checkout, check=False)
    finally:
        parameters.write_text(good)
    assert done.returncode != 0
    assert executed(done) == ["configure"]
    assert "kernel_sise: no such parameter" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_archive_ends_in_one_message(checkout, changed_optimizer, tmp_path):
    archive = tmp_path / "cifar.tar.gz"
    archive.write_bytes(b"no archive")
    for name in ("params.yaml",):
        text = (checkout / name).read_text().replace("dataset: digits", "dataset: cifar10")
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "stages.download"],
        cwd=tmp_path,
        env=os.environ | {"CIFAR10_ARCHIVE": str(archive), "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "CIFAR10_ARCHIVE" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


OWN = {"round & <b>": 60, "stroke": 30, "four, of 24 pixels": 40}
"""Pictures of three classes of the embedded digits: 0, 1 and 4."""


@pytest.fixture(scope="module")
def own_images(checkout, changed_optimizer):
    """The state after a run on a folder of pictures, two small networks."""
    digits = load_digits()
    for (name, count), digit in zip(OWN.items(), (0, 1, 4), strict=True):
        (checkout / "pictures" / name).mkdir(parents=True)
        for number, ink in enumerate(digits.images[digits.target == digit][:count]):
            image = Image.fromarray((ink * 15).astype("uint8")).resize((60, 40))
            image.save(checkout / "pictures" / name / f"{number}.{('png', 'jpg')[number % 2]}")
    (checkout / "pictures/stroke/broken.png").write_bytes(b"no picture")
    changes = {
        "dataset": "folder",
        "data.folder": "pictures",
        "data.image_side": 24,
        "split.train_images": "null",
        "epochs": 6,
    }
    settings = [part for key, value in changes.items() for part in ("-S", f"{key}={value}")]
    refused = run("dvc", "exp", "run", *settings, "-S", "~networks.nicknet2", folder=checkout, check=False)
    # DVC has kept these settings in params.yaml.
    return refused, run("dvc", "exp", "run", "--name", "own", "-S", "data.unreadable=skip", folder=checkout)


def test_unreadable_pictures_of_ones_own_stop_the_run_by_name(own_images):
    refused = own_images[0]
    assert refused.returncode != 0
    assert "1 of 131 pictures" in refused.stderr
    assert "stroke/broken.png: neither PNG nor JPEG" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_every_stage_works_on_pictures_of_ones_own(checkout, own_images):
    assert "stroke/broken.png" in own_images[1].stderr
    assert np.load(checkout / artifacts.images_path("train")).shape == (104, 24, 24, 3)
    for network in ("nicknet1", "nicknet3"):
        metrics = json.loads((checkout / artifacts.metrics_path(network, 0)).read_text())
        assert [metrics[f"{part}_images"] for part in artifacts.PARTS] == [83, 21, 26]
    classes = (checkout / "plots/errors/classes.csv").read_text(encoding="utf-8")
    assert all(name in classes for name in OWN)
    page = (checkout / "plots/errors/report.html").read_text(encoding="utf-8")
    assert "21 images that none of them learned from, 3 classes" in page
    assert "round &amp; &lt;b&gt;/" in page
    assert "<b>" not in page
