"""What a training holds is estimated well, and refused in one message where there is not so much."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages import dataset, params, settings, targets
from stages.errors import InputError
from stages.files import write_array, write_json
from stages.run import Run
from stages.train import memory

ROOT = Path(__file__).parents[2]
NICKNET1, _, NICKNET3 = (params.read(ROOT / "params.yaml").network(f"nicknet{number}") for number in (1, 2, 3))
DIRECT = NICKNET1.model_copy(update={"kernel_size": 3})
DENSE = DIRECT.model_copy(update={"dense_units": [4096, 4096], "optimizer": "sgd"})
REMEDIES = DENSE.model_copy(update={"momentum": 0.9, "dropout": 0.5, "weight_decay": 0.1, "augment": "flip_shift"})
GB = 10**9
TRAIN = """
import atexit, runpy, sys

@atexit.register
def note_peak():  # of this program alone: what wait4 tells includes the process that started it
    with open("/proc/self/status") as status, open("peak", "w") as peak:
        peak.write(next(line.split()[1] for line in status if line.startswith("VmHWM")))

sys.argv = ["train", "x", "0"]
runpy.run_module("stages.train", run_name="__main__")
"""


@pytest.fixture(autouse=True)
def _checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)


def train(network, side, images=256, limit=None):
    """One epoch on random images, in a process of its own: exit code, what it says, and bytes held at most."""
    settings.write("x", network.model_copy(update={"epochs": 1}))
    count = images + min(images, 128)
    pixels = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    write_array(dataset.images_path("train"), pixels)
    labels = np.arange(count, dtype=np.uint8) % 10
    write_array(dataset.labels_path("train"), labels)
    write_json(dataset.CLASS_NAMES, [*"abcdefghij"])
    targets.write(Run("x", 0), np.where(np.arange(count) < images, labels.astype(int), -1))
    write_array(dataset.indices_path("held-out"), np.arange(images, count))
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    with Path("said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", TRAIN],
            env=environment | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=said,
            preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))),
        )
    return process.wait(), Path("said").read_text(), int(Path("peak").read_text()) * 1024


@pytest.mark.parametrize(
    ("network", "side"),
    [
        (NICKNET1, 32),
        (DIRECT, 32),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [(NICKNET3, 32), (NICKNET1, 64), (NICKNET1, 96), (DIRECT, 96), (DENSE, 32), (REMEDIES, 32)]
        ),
    ],
)
def test_the_estimate_is_what_a_training_holds(network, side):
    code, _, held = train(network, side)
    assert code == 0
    assert held / 1.3 < memory.estimate(network, side, 10, network.batch_size).total < held * 1.3


def test_images_too_large_for_the_limit_end_in_one_message():
    code, said, _ = train(NICKNET1, 512, images=20, limit=8 * 2**30)
    assert code == 1
    assert said.startswith("train x 0: not begun, since it would run out of addresses: it needs about ")
    assert "and there are 8.6 GB (ulimit -v)" in said
    assert "512 pixels of a side (data.image_side)" in said
    assert said.count("\n") == 1


def files(root, **contents):
    """Files below root, __ for a slash and _ for a dot in their names."""
    for name, content in contents.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def system(root, available=100 * GB, **contents):
    files(root, proc__self__status="VmSize:\t 4000000 kB\nVmRSS:\t 1000000 kB\nThreads:\t3\n")
    files(root, proc__meminfo=f"MemAvailable: {available // 1024} kB\nSwapFree: 0 kB\n", **contents)
    return root


def test_the_memory_of_the_machine(tmp_path):
    needed = memory.estimate(NICKNET1, 96, 10, 128).total
    enough = needed - 1_000_000 * 1024  # beside what the process holds already
    memory.require(NICKNET1, 96, 10, 128, system(tmp_path, enough + 2048))
    with pytest.raises(
        InputError, match=r"it needs about 2\.9 GB, and there are 2\.\d GB \(free memory and swap of this"
    ):
        memory.require(NICKNET1, 96, 10, 128, system(tmp_path, enough - 2048))
    memory.require(NICKNET1, 96, 10, 16, tmp_path)


@pytest.mark.parametrize("inner", ["", "/task"])
def test_the_limit_of_a_control_group_or_of_one_around_it(tmp_path, inner):
    group = {
        f"sys__fs__cgroup__box__memory_{name}": content
        for name, content in {
            "max": f"{2 * GB}\n",
            "current": f"{GB}\n",
            "stat": f"anon 5\ninactive_file {GB // 2}\n",
        }.items()
    }
    group |= {"proc__self__cgroup": f"0::/box{inner}\n"}
    found = memory.limits(memory.estimate(NICKNET1, 96, 10, 128), system(tmp_path, **group))
    there = 2 * GB - GB // 2 + 1_000_000 * 1024
    assert [limit.there for limit in found if limit.name == "limit of this container or control group"] == [there]
    Path("sys/fs/cgroup/box/memory.max").write_text("max\n")
    memory.require(NICKNET1, 96, 10, 128, tmp_path)


def test_the_limit_of_a_control_group_of_the_first_version(tmp_path):
    folder = tmp_path / "sys/fs/cgroup/memory/docker/1"
    folder.mkdir(parents=True)
    for name, content in (("limit_in_bytes", GB), ("usage_in_bytes", GB), ("stat", "total_inactive_file 0")):
        (folder / f"memory.{name}").write_text(f"{content}\n")
    system(tmp_path, proc__self__cgroup="5:cpu,memory:/docker/1\n4:pids:/docker/1\n")
    with pytest.raises(InputError, match=r"and there are 1\.0 GB \(limit of this container"):
        memory.require(NICKNET1, 32, 10, 128, tmp_path)


def test_a_system_that_does_not_say_refuses_nothing(tmp_path):
    memory.require(NICKNET1, 512, 10, 65536, tmp_path)
