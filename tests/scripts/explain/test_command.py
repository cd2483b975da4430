"""The command as a user gives it, on a tiny trained network."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from stages import dataset, outcomes, predictions, settings
from stages.download import digits
from stages.files import write_array, write_json, write_text
from stages.run import Run
from stages.settings import NetworkSettings
from tests.checkouts import environment

SMALL = {"optimizer": "adam", "learning_rate": 0.01, "kernel_size": 3, "filters": [4], "pool_after": [1]}
SMALL |= {"dense_units": [16], "epochs": 2, "batch_size": 32}


# Loads TensorFlow once and forks processes that do what `python -m MODULE ARGUMENTS` does in a folder.
SERVER = """
import json, os, runpy, sys
from stages.nicknet import inference
from stages.train import training

for line in sys.stdin:
    folder, module, *arguments = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    os.chdir(folder)
    for stream, name in ((1, "said.out"), (2, "said.err")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()
"""


@pytest.fixture(scope="module")
def server():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen([sys.executable, "-c", SERVER], env=environment(PYTHONPATH=str(Path.cwd())), **pipes) as made:
        yield made


@pytest.fixture(scope="module")
def run(server):
    """A function that runs a module in a folder, as a process of its own."""

    def ran(*arguments, folder, module="scripts.explain"):
        server.stdin.write(json.dumps([str(folder), module, *arguments]) + "\n")
        code = int(server.stdout.readline())
        said = ((folder / name).read_text(encoding="utf-8") for name in ("said.out", "said.err"))
        return subprocess.CompletedProcess(arguments, code, *said)

    return ran


@pytest.fixture(scope="module")
def trained(run, tmp_path_factory):
    """A folder with 200 digits, 150 of them learned from, and one network trained on them with seed 0, and asked."""
    folder = tmp_path_factory.mktemp("trained")
    batch = next(iter(digits.batches()))
    parameters = yaml.safe_load(Path("params.yaml").read_text()) | {"networks": {"tiny": {}}, "seeds": [0]}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for source, rows in (("train", slice(0, 200)), ("test", slice(200, 210))):
            write_array(dataset.images_path(source), batch.images[rows])
            write_array(dataset.labels_path(source), batch.labels[rows])
        write_json(dataset.CLASS_NAMES, list(digits.CLASS_NAMES))
        write_array(dataset.indices_path("training"), np.arange(150))
        write_array(dataset.indices_path("held-out"), np.arange(150, 200))
        settings.write("tiny", NetworkSettings.model_validate(SMALL))
        write_text(Path("params.yaml"), yaml.safe_dump(parameters, sort_keys=False))
        Image.fromarray(batch.images[5]).resize((96, 96), Image.Resampling.NEAREST).save("five.png")
    for stage in ("select", "train", "evaluate", "interventions"):
        of = () if stage == "select" else ("tiny", "0")
        done = run(*of, folder=folder, module=f"stages.{stage}")
        assert done.returncode == 0, done.stderr
    return folder


def test_the_outcomes_of_the_stage_agree_with_the_predictions(trained, monkeypatch):
    monkeypatch.chdir(trained)
    asked, held_out = outcomes.read(Run("tiny", 0)), predictions.read(Run("tiny", 0))["held-out"]
    right = held_out.probabilities.argmax(axis=1) == held_out.labels
    np.testing.assert_array_equal(asked.ids, held_out.ids)  # fewer than are asked about at most
    np.testing.assert_array_equal(asked.before, right)
    assert set(asked.error_ids) <= set(held_out.ids[~right])
    assert len(asked.error_ids) == min(12, np.sum(~right)) > 0


def test_an_image_is_explained_in_text_and_picture_with_equal_bytes_each_time(run, trained):
    first = run("train:3", folder=trained)
    assert (first.returncode, first.stderr) == (0, "")
    picture = trained / "explanations/train-3.png"
    bytes_before = picture.read_bytes()
    picture.unlink()
    again = run("train:3", folder=trained)
    assert again.stdout == first.stdout
    assert picture.read_bytes() == bytes_before
    assert "train:3: an image that the networks learned from; label: " in first.stdout
    near = [line.split()[0] for line in first.stdout.splitlines() if line.startswith("train:") and "label" not in line]
    assert len(near) == 6
    assert "train:3" not in near
    assert all(int(name.removeprefix("train:")) < 150 for name in near)
    assert first.stdout.endswith("picture: explanations/train-3.png\n")


def test_a_copy_of_a_training_image_is_its_own_nearest(run, trained):
    done = run("five.png", "--neighbours", "1", "--output", "out", "--network", "tiny", folder=trained)
    assert done.returncode == 0, done.stderr
    near = next(line for line in done.stdout.splitlines() if line.startswith("train:"))
    assert near.startswith("train:5 ")
    assert near.endswith("1.000")
    assert "label: not given" in done.stdout
    assert Image.open(trained / "out/five.png").format == "PNG"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (["networks"], "data/networks/tiny.yaml is missing. Run `dvc repro configure` to write it."),
        (["networks", "features"], "data/networks/tiny.yaml is missing. Run `dvc repro configure` to write it."),
        (["features"], "data/features/tiny/0.npy is missing. Run `dvc repro interventions@tiny-0` to make it."),
        (["models"], "data/models/tiny/0.weights.h5 is missing. Run `dvc repro` to train the network."),
    ],
)
def test_what_the_pipeline_has_not_made_is_named_with_the_command(run, trained, tmp_path, missing, expected):
    """A configure that failed leaves no settings, and trained networks with all that belongs to them."""
    shutil.copytree(trained, tmp_path / "x")
    for name in missing:
        shutil.rmtree(tmp_path / "x/data" / name)
    done = run("five.png", "--output", "new", folder=tmp_path / "x")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"explain: {expected}\n")
    assert not (tmp_path / "x/new").exists()


def test_an_unreadable_picture_ends_in_one_line_and_writes_nothing(run, trained):
    done = run("params.yaml", folder=trained)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("explain: params.yaml: neither JPEG, PNG nor WebP")
    assert not (trained / "explanations/params.png").exists()
