import os
import subprocess
import sys

import numpy as np
import pytest

from stages.train.checkpoint import Checkpoint
from stages.train.store import Store, folder

STATE = [np.arange(3.0), np.array(5)]
PREDICTED = np.zeros((4, 3), "uint8")
BEGINNING = Checkpoint([], PREDICTED[:0], STATE)


def after(epoch):
    rows = [{"epoch": 1 + number // 2, "part": "training", "loss": 0.5} for number in range(2 * epoch)]
    return Checkpoint(rows, PREDICTED[:epoch], STATE)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "checkpoints", "abc")


def kept(tmp_path):
    return sorted(path.name for path in (tmp_path / "checkpoints").iterdir())


def test_the_folder_is_in_the_checkout_that_dvc_names(tmp_path):
    assert folder({"DVC_ROOT": str(tmp_path)}) == tmp_path / "checkpoints"
    assert folder({}).absolute() == folder({"DVC_ROOT": os.getcwd()})


def test_the_last_one_written_is_read_until_it_is_removed(store, tmp_path, capsys):
    assert store.read(BEGINNING) is BEGINNING
    store.write(after(1))
    store.write(after(2))
    assert kept(tmp_path) == ["abc.checkpoint"]
    assert store.read(BEGINNING).epoch == 2
    assert "continues after epoch 2" in capsys.readouterr().err
    store.remove()
    assert store.read(BEGINNING) is BEGINNING
    store.remove()


def test_another_training_finds_nothing(store, tmp_path):
    store.write(after(1))
    assert Store(tmp_path / "checkpoints", "abd").read(BEGINNING) is BEGINNING


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda content: content[:-1], "it is damaged"),
        (lambda content: b"", "it is damaged"),
        (lambda content: content.replace(b"abc", b"abd"), "it is damaged"),
    ],
)
def test_a_broken_one_is_set_aside_with_a_message(store, tmp_path, capsys, spoil, expected):
    store.write(after(3))
    path = tmp_path / "checkpoints" / "abc.checkpoint"
    spoiled = spoil(path.read_bytes())
    path.write_bytes(spoiled)
    assert store.read(BEGINNING) is BEGINNING
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    assert f"{path} cannot be used: {expected}" in message
    assert "Set aside as abc.unusable; starting at epoch 1." in message
    assert kept(tmp_path) == ["abc.unusable"]
    assert (tmp_path / "checkpoints" / "abc.unusable").read_bytes() == spoiled


def test_a_failed_write_keeps_the_earlier_one(store, tmp_path, monkeypatch):
    store.write(after(1))
    monkeypatch.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        store.write(after(2))
    assert kept(tmp_path) == ["abc.checkpoint"]
    assert store.read(BEGINNING).epoch == 1


READER_AND_WRITER = """
import sys
from pathlib import Path
import numpy as np
from stages.train.checkpoint import Checkpoint
from stages.train.store import Store

state, none = [np.arange(200_000.0), np.array(5)], np.zeros((0, 3), "uint8")
store = Store(Path(sys.argv[1]), "abc")
for epoch in range(1, 41):
    assert store.read(Checkpoint([], none, state)).epoch <= 40
    store.write(Checkpoint([{"epoch": 1 + n // 2} for n in range(2 * epoch)], none, state))
"""


def test_processes_of_the_same_training_share_it(tmp_path):
    command = [sys.executable, "-c", READER_AND_WRITER, str(tmp_path / "checkpoints")]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    messages = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], messages
    assert "cannot be used" not in "".join(messages)
    assert kept(tmp_path) == ["abc.checkpoint"]
