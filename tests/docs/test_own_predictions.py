"""The snippets of docs/own-predictions.md write folders that the command reads."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scripts.why import inputs, settings

PAGE = Path("docs/own-predictions.md").read_text(encoding="utf-8")


def snippet(title, kind="python"):
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.search(rf"```{kind}\n(.*?)```", section, re.DOTALL)[1]


def sample(title, interpreter, folder):
    """What the snippet under this title writes, run by an interpreter in the folder."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([interpreter, "-W", "ignore", "-c", snippet(title)], cwd=folder, env=environment, check=True)
    return inputs.read(folder / "predictions").sample


def test_scikit_learn(tmp_path):
    read = sample("scikit-learn", sys.executable, tmp_path)
    assert (read.networks, read.seeds, len(read.labels), len(read.class_names)) == (
        ("perceptron",),
        (0, 1, 2),
        1297,
        10,
    )
    assert read.right.mean() > 0.7


@pytest.mark.slow
def test_keras(tmp_path):
    read = sample("Keras", sys.executable, tmp_path)
    assert (read.networks, read.seeds, read.labels.tolist()) == (("dense",), (0,), [*np.arange(100) % 4])


@pytest.mark.skipif("TORCH_PYTHON" not in os.environ, reason="TORCH_PYTHON names no interpreter with PyTorch")
def test_pytorch(tmp_path):
    read = sample("PyTorch", os.environ["TORCH_PYTHON"], tmp_path)
    assert (read.networks, read.seeds, read.labels.tolist()) == (("linear",), (0,), [*np.arange(200) % 4])


def test_hugging_face_is_python():
    compile(snippet("Hugging Face"), "Hugging Face", "exec")


def test_the_settings_are_read(tmp_path):
    (tmp_path / "settings.yaml").write_text(snippet("Settings", "yaml"))
    read = settings.read(tmp_path / "settings.yaml")
    assert read["deeper"] == {"optimizer": "adam", "augmentation": "none", "depth": 34}
