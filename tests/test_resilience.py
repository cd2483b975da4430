"""Real trainings that are killed, interrupted, starved of disk and given broken checkpoints: nothing is lost."""

import os
import re
import signal
import subprocess
import time

import numpy as np
import pytest

from stages.files import write_bytes
from stages.train import checkpoint
from tests.trainings import (
    Trainings,
    await_epochs,
    checkpoint_path,
    continued_after,
    kept,
    outputs,
    runs,
    said,
    said_path,
    wait_until,
    workspace,
)


@pytest.fixture(scope="module")
def trainings():
    trainings = Trainings()
    yield trainings
    trainings.close()


@pytest.fixture(scope="module")
def uninterrupted(trainings, tmp_path_factory):
    """The outputs of a training that nothing happened to."""
    folder = workspace(tmp_path_factory.mktemp("uninterrupted"))
    assert trainings.run(folder) == 0, said(folder)
    assert kept(folder) == []
    return outputs(folder)


def kill_until_done(trainings, folder, rng, kills):
    """Kill trainings in the folder at random moments, at most so many, until one ends by itself; the number of kills.

    Every third kill comes at any moment, starting up included, the others once one more epoch is done.
    """
    done = 0
    for number in range(kills + 1):
        process = trainings.start(folder)
        if number % 3:
            await_epochs(folder, process, 1)
            time.sleep(rng.uniform(0, 0.015))
        else:
            time.sleep(rng.uniform(0, 0.5))
        if number < kills and runs(process):
            os.kill(process, signal.SIGKILL)
        code = trainings.wait(process)
        assert code in (0, -signal.SIGKILL), said(folder)
        if continued_after(folder):
            assert continued_after(folder) >= done
            done = continued_after(folder)
        if code == 0:
            return number
    raise AssertionError(f"the training after {kills} kills was killed too")


def test_killed_at_random_moments_it_ends_with_the_same_bytes(trainings, uninterrupted, tmp_path):
    folder = workspace(tmp_path / "w")
    assert kill_until_done(trainings, folder, np.random.default_rng(0), kills=7) >= 4
    assert continued_after(folder) > 0
    assert outputs(folder) == uninterrupted
    assert kept(folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_killed_at_very_many_random_moments(trainings, tmp_path, optimizer):
    whole, folder = (
        workspace(tmp_path / name, optimizer=optimizer, epochs=600, kernel_size=4) for name in ("whole", "killed")
    )
    assert trainings.run(whole) == 0
    assert kill_until_done(trainings, folder, np.random.default_rng(1), kills=24) >= 12
    assert outputs(folder) == outputs(whole)
    assert kept(folder) == []


def test_what_is_left_to_chance_in_training_is_drawn_again_as_it_was(trainings, tmp_path):
    remedies = {"augment": "flip_shift", "dropout": 0.3, "weight_decay": 0.1, "schedule": "cosine", "order_seed": 4}
    remedies |= {"kernel_size": 4}  # compiled otherwise than the small ones
    whole, folder = (workspace(tmp_path / name, **remedies) for name in ("whole", "killed"))
    assert trainings.run(whole) == 0, said(whole)
    assert trainings.stop(folder, signal.SIGKILL) == -signal.SIGKILL
    assert trainings.run(folder) == 0
    assert continued_after(folder) >= 2
    assert outputs(folder) == outputs(whole)


def test_killed_while_it_writes_a_checkpoint_it_loses_no_epoch(trainings, tmp_path):
    large = {"dense_units": [768, 768], "epochs": 5}
    whole, folder = (workspace(tmp_path / name, **large) for name in ("whole", "killed"))
    assert trainings.run(whole) == 0
    leftovers, done = 0, 0
    for epochs in (0, 1, 2):
        process = trainings.start(folder)
        await_epochs(folder, process, epochs)
        wait_until(lambda: any((folder / "checkpoints").glob(".tmp-*")), process, pause=0.0002)
        os.kill(process, signal.SIGKILL)
        assert trainings.wait(process) == -signal.SIGKILL
        assert continued_after(folder) >= done
        done = continued_after(folder) + epochs
        leftovers += any((folder / "checkpoints").glob(".tmp-*"))
    assert leftovers
    assert trainings.run(folder) == 0
    assert continued_after(folder) >= done
    assert outputs(folder) == outputs(whole)
    assert kept(folder) == []


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_a_signal_ends_it_with_one_line_and_the_same_command_continues(
    trainings, uninterrupted, tmp_path, number, word
):
    folder = workspace(tmp_path / "w")
    assert trainings.stop(folder, number) == 128 + number, said(folder)
    (line,) = said(folder)
    assert line.startswith(f"train nicknet1 0: {word}. The same command continues")
    assert outputs(folder) == {}
    assert trainings.run(folder) == 0
    assert continued_after(folder) >= 2
    assert outputs(folder) == uninterrupted


def of_other_shapes(content, identity):
    of_another = checkpoint.Checkpoint([{"epoch": 1}, {"epoch": 1}], np.zeros((1, 20), "uint8"), [np.zeros(3)])
    return checkpoint.pack(of_another, identity)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda content, identity: content.replace(b"held-out", b"held-0ut"), "it is damaged"),
        (of_other_shapes, "expected 26 arrays"),
    ],
)
def test_a_broken_checkpoint_is_set_aside_and_training_begins_anew(trainings, uninterrupted, tmp_path, spoil, expected):
    folder = workspace(tmp_path / "w")
    assert trainings.stop(folder, signal.SIGKILL) == -signal.SIGKILL
    path = checkpoint_path(folder)
    spoiled = spoil(path.read_bytes(), path.stem)
    path.write_bytes(spoiled)
    assert trainings.run(folder) == 0
    (line,) = said(folder)
    assert f"checkpoints/{path.name} cannot be used: {expected}" in line
    assert "starting at epoch 1" in line
    assert kept(folder) == [f"{path.stem}.unusable"]
    assert outputs(folder) == uninterrupted


def test_two_at_once_share_a_checkout_and_one_of_them_is_killed(trainings, uninterrupted, tmp_path):
    """As `dvc queue start -j 2` runs them: two temporary copies, one $DVC_ROOT."""
    one, two = (workspace(tmp_path / name) for name in ("one", "two"))
    root = tmp_path / "checkout"
    both = [trainings.start(folder, root=str(root)) for folder in (one, two)]
    await_epochs(root, both[0], 2)
    os.kill(both[0], signal.SIGKILL)
    assert trainings.wait(both[0]) == -signal.SIGKILL
    again = trainings.start(one, root=str(root))
    assert [trainings.wait(both[1]), trainings.wait(again)] == [0, 0], [said(one), said(two)]
    assert outputs(one) == outputs(two) == uninterrupted
    assert checkpoint_path(root) is None
    assert kept(one) == kept(two) == []


OUTPUTS = ("data/models/nicknet1/0.weights.h5", "data/history/nicknet1/0.csv", "data/epochs/nicknet1/0.npy")
EARLIER = dict.fromkeys(OUTPUTS, b"earlier")


def with_earlier_outputs(folder):
    for name, content in EARLIER.items():
        write_bytes(folder / name, content)
    return folder


@pytest.mark.parametrize(
    ("changes", "options", "reason"),
    [
        ({}, {"largest_file": 4000}, r"checkpoints/.*: File too large\. Raise the limit .*"),
        ({"optimizer": "sgd", "learning_rate": 10.0, "dense_units": [64] * 6}, {}, "the training diverged in epoch .*"),
        (
            {"filters": [65536], "pool_after": [], "dense_units": [65536]},
            {},
            "not begun, since it would run out of memory: it needs about .* Make some smaller, or raise the limit.",
        ),
    ],
    ids=["a limit on file sizes", "divergence", "more memory than there is"],
)
def test_what_goes_wrong_ends_it_with_one_line_and_writes_nothing(trainings, tmp_path, changes, options, reason):
    folder = with_earlier_outputs(workspace(tmp_path / "w", **changes))
    assert trainings.run(folder, **options) == 1
    (line,) = said(folder)
    assert re.fullmatch(f"train nicknet1 0: {reason}", line)
    assert "Traceback" not in said_path(folder).read_text()
    assert outputs(folder) == EARLIER
    assert kept(folder) == []


@pytest.fixture
def disk(tmp_path):
    """A file system of 1 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(disk, room):
    """Take up all of the disk but so many bytes."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    (disk / "ballast").write_bytes(bytes(free - room))


def test_a_full_disk_ends_it_with_one_line_and_the_same_command_continues(trainings, uninterrupted, disk):
    folder = with_earlier_outputs(workspace(disk / "w"))
    said_path(folder).write_text("")
    process = trainings.start(folder)
    await_epochs(folder, process, 2)
    fill(disk, room=8192)
    assert trainings.wait(process) == 1
    (line,) = said(folder)
    assert "No space left on device. Free some space" in line
    assert outputs(folder) == EARLIER
    assert len(kept(folder)) == 1
    (disk / "ballast").unlink()
    assert trainings.run(folder) == 0
    assert continued_after(folder) >= 2
    assert outputs(folder) == uninterrupted


def test_a_read_only_file_system_ends_it_with_one_line(trainings, disk, tmp_path):
    folder = with_earlier_outputs(workspace(disk / "w"))
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    linked = tmp_path / "w"
    linked.symlink_to(folder)
    assert trainings.run(linked) == 1
    (line,) = said(linked)
    assert re.fullmatch(r"train nicknet1 0: checkpoints.*: Read-only file system\. Work in a checkout on a .*", line)
    assert outputs(folder) == EARLIER
