"""The whole pipeline through the real dvc, on the embedded data set, with small networks."""

import csv
import io
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from stages import dataset, history, predictions
from stages.evaluate.__main__ import SCORES
from stages.nicknet import inference
from stages.run import Run
from tests.checkouts import SMALL, executed, run

RUNS = [Run(f"nicknet{number}", 0) for number in (1, 2)]


def scores(folder, run):
    return json.loads((folder / run.file(SCORES, ".json")).read_text())


@pytest.fixture(scope="module")
def checkout(pipeline, tmp_path_factory):
    """A copy of the checkout in which the pipeline has run, to change."""
    return shutil.copytree(pipeline.folder, tmp_path_factory.mktemp("changed") / "nicknets", symlinks=True)


@pytest.fixture(scope="module")
def changed_optimizer(checkout):
    """What was printed by `dvc exp run -S optimizer=sgd`."""
    return run("dvc", "exp", "run", "--name", "changed", "-S", "optimizer=sgd", folder=checkout)


def test_every_stage_runs_and_writes_what_it_declares(pipeline):
    stages = executed(pipeline.printed)
    assert stages[0] == "configure"
    of_runs = {f"{stage}@{run.network}-0" for stage in ("train", "evaluate", "interventions") for run in RUNS}
    assert {*stages} == {"configure", "download", "split", "select", "error_analysis", "report", *of_runs}
    for one in RUNS:
        measured = scores(pipeline.folder, one)
        assert measured["training"]["n"] == 200
        metrics = json.loads((pipeline.folder / f"metrics/{one.network}.json").read_text())
        assert metrics["accuracy"] == pytest.approx(measured["held-out"]["accuracy"], abs=1e-9)
        rows = (pipeline.folder / history.path(one)).read_text().splitlines()
        assert rows[0] == "epoch,part,accuracy,loss,precision"
        assert len(rows) == 1 + 2 * SMALL["epochs"]
    assert "nicknet2" in (pipeline.folder / "plots/report.html").read_text(encoding="utf-8")


def test_changing_the_optimizer_retrains_what_inherits_it_and_nothing_else(changed_optimizer):
    stages = executed(changed_optimizer)
    assert [name for name in stages if name.startswith("train")] == ["train@nicknet1-0"]
    assert not {"download", "split"} & set(stages)


def test_equal_settings_give_equal_networks_to_the_last_bit(pipeline, checkout, changed_optimizer):
    first, second = RUNS
    for path in (predictions.path, history.path, inference.weights_path):
        assert (checkout / path(first)).read_bytes() == (checkout / path(second)).read_bytes()
    assert scores(checkout, first) == scores(checkout, second) != scores(pipeline.folder, first)


def test_an_edit_that_changes_no_output_trains_nothing(checkout, changed_optimizer):
    with (checkout / "stages/params.py").open("a") as file:
        file.write("\n# a comment\n")
    stages = {name.split("@")[0] for name in executed(run("dvc", "repro", "train", folder=checkout))}
    run("git", "checkout", "stages/params.py", folder=checkout)
    assert stages == {"configure", "download", "split", "select"}


def test_going_back_runs_nothing(checkout, changed_optimizer):
    run("git", "checkout", "--quiet", "--force", "HEAD", folder=checkout)
    assert executed(run("dvc", "repro", folder=checkout)) == []


def columns(*command, folder):
    """Columns of `dvc exp show` beside the dependencies and those that only its CSV has."""
    names = next(csv.reader(io.StringIO(run("dvc", "exp", "show", "--csv", *command, folder=folder))))
    return [name for name in names if not re.match(r"(data|stages)(/|$)|(rev|typ|parent|State|Executor)$", name)]


def test_experiments_stand_side_by_side_in_a_table_that_fits(checkout, changed_optimizer):
    names = columns(folder=checkout)
    assert len(names) <= 40
    assert {f"metrics/{one.network}.json:{score}" for one in RUNS for score in SCORE_NAMES} <= set(names)
    assert len(columns("--only-changed", folder=checkout)) <= 20
    shown = run("dvc", "exp", "show", "--csv", "--all-commits", folder=checkout)
    assert {"small", "changed"} <= {line.split(",")[0] for line in shown.splitlines()}


SCORE_NAMES = ("accuracy", "precision", "loss", "training_accuracy")


def test_networks_are_the_rows_of_metrics(pipeline):
    lines = run("dvc", "metrics", "show", folder=pipeline.folder).splitlines()
    assert max(map(len, lines)) <= 120
    assert [line.split()[0] for line in lines[1:]] == [
        "metrics/errors.json",
        *(f"metrics/{one.network}.json" for one in RUNS),
    ]
    assert set(SCORE_NAMES) <= set(lines[0].split())


def test_plots_begin_with_accuracy_loss_and_precision_of_all_networks(pipeline):
    shown = run("dvc", "plots", "show", folder=pipeline.folder)
    assert "failed" not in shown
    page = (pipeline.folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    titles = ("Accuracy, loss and precision of every run", "Confusion matrices", "plots/pictures/")
    places = [page.index(title) for title in (*titles, "plots/predictions/")]
    assert places == sorted(places)
    assert "Verdicts" not in page  # on the report's claims: these images are not those of the report
    (chart,) = json.loads(run("dvc", "plots", "show", "--json", folder=pipeline.folder))["data"]["plots/curves.csv"]
    content = chart["content"] if isinstance(chart["content"], dict) else json.loads(chart["content"])
    values = content["data"]["values"]
    assert {value["network"] for value in values} == {one.network for one in RUNS}
    assert {value["part"] for value in values} == {"training", "held-out"}


def test_a_typo_fails_before_any_data_is_touched(checkout, changed_optimizer):
    parameters = checkout / "params.yaml"
    good = parameters.read_text()
    parameters.write_text(good.replace("kernel_size", "kernel_sise"))
    try:
        printed = run("dvc", "repro", folder=checkout, code=255)
    finally:
        parameters.write_text(good)
    assert executed(printed) == ["configure"]
    assert "kernel_sise: no such parameter" in printed
    assert "Traceback" not in printed


OWN = {"round & <b>": 60, "stroke": 30, "four, of 24 pixels": 40}
"""Pictures of three classes of the embedded digits: 0, 1 and 4."""


@pytest.fixture(scope="module")
def own_images(checkout, changed_optimizer):
    """What was printed by runs on a folder of pictures with one small network: one refused, one done."""
    digits = load_digits()
    for (name, count), digit in zip(OWN.items(), (0, 1, 4), strict=True):
        (checkout / "pictures" / name).mkdir(parents=True)
        for number, ink in enumerate(digits.images[digits.target == digit][:count]):
            image = Image.fromarray((ink * 15).astype("uint8")).resize((60, 40))
            image.save(checkout / "pictures" / name / f"{number}.{('png', 'jpg')[number % 2]}")
    (checkout / "pictures/stroke/broken.png").write_bytes(b"no picture")
    changes = {
        "data.human_votes": "null",
        "dataset": "folder",
        "data.folder": "pictures",
        "data.image_side": 24,
        "split.train_images": "null",
        "epochs": 4,
    }
    settings = [part for key, value in changes.items() for part in ("-S", f"{key}={value}")]
    refused = run("dvc", "exp", "run", *settings, "-S", "~networks.nicknet2", folder=checkout, code=255)
    # DVC has kept these settings in params.yaml.
    return refused, run("dvc", "exp", "run", "--name", "own", "-S", "data.unreadable=skip", folder=checkout)


def test_unreadable_pictures_of_ones_own_stop_the_run_by_name(own_images):
    refused = own_images[0]
    assert "1 of 131 pictures" in refused
    assert "stroke/broken.png: neither JPEG, PNG nor WebP" in refused
    assert "Traceback" not in refused


def test_every_stage_works_on_pictures_of_ones_own(checkout, own_images):
    assert "stroke/broken.png" in own_images[1]
    assert np.load(checkout / dataset.images_path("train")).shape == (104, 24, 24, 3)
    assert [scores(checkout, RUNS[0])[part]["n"] for part in dataset.PARTS] == [83, 21, 26]
    classes = (checkout / "data/analysis/classes.csv").read_text(encoding="utf-8")
    assert all(name in classes for name in OWN)
    page = (checkout / "plots/report.html").read_text(encoding="utf-8")
    assert "21 images that none of them learned from, 3 classes" in page
    assert "round &amp; &lt;b&gt;/" in page
    assert "<b>" not in page
