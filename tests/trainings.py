"""Real trainings of a small network, each in a folder and a process of its own, that tests may kill."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from stages import dataset, settings, targets
from stages.files import write_array, write_json
from stages.run import Run
from stages.settings import NetworkSettings

# Loads TensorFlow once and forks processes that do what `python -m stages.train nicknet1 0` does.
SERVER = """
import json, os, resource, sys
from stages.errors import reported
from stages.nicknet import inference
from stages.run import Run
from stages.train import __main__, training

def train(folder, said, root=None, largest_file=None):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    os.chdir(folder)
    if root:
        os.environ["DVC_ROOT"] = root
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    with reported("train nicknet1 0"):
        __main__.main(Run("nicknet1", 0))

for line in sys.stdin:
    request = json.loads(line)
    if isinstance(request, int):
        print(os.waitstatus_to_exitcode(os.waitpid(request, 0)[1]), flush=True)
        continue
    child = os.fork()
    if child:
        print(child, flush=True)
        continue
    try:
        train(**request)
        os._exit(0)
    except SystemExit as left:
        os._exit(left.code)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(99)
"""


class Trainings:
    """Starts trainings and waits for them."""

    def __init__(self):
        environment = {key: value for key, value in os.environ.items() if key != "DVC_ROOT"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        self._server = subprocess.Popen([sys.executable, "-c", SERVER], env=environment, **pipes)

    def _ask(self, request):
        self._server.stdin.write(json.dumps(request) + "\n")
        return int(self._server.stdout.readline())

    def start(self, folder, **options):
        """Process id of a training that now runs in the folder. options: of SERVER's train."""
        return self._ask({"folder": str(folder), "said": str(said_path(folder)), **options})

    def wait(self, process):
        """The exit code; negative for a signal."""
        return self._ask(process)

    def stop(self, folder, signal, epochs=2):
        """Start a training and send it the signal once it has finished so many epochs; the exit code."""
        process = self.start(folder)
        await_epochs(folder, process, epochs)
        os.kill(process, signal)
        return self.wait(process)

    def run(self, folder, **options):
        """The exit code of a training that nobody disturbs."""
        return self.wait(self.start(folder, **options))

    def close(self):
        self._server.stdin.close()
        self._server.wait(timeout=60)


def workspace(folder, **changes):
    """The folder, now with all that a training of a small network reads."""
    folder.mkdir(parents=True, exist_ok=True)
    network = {"optimizer": "adam", "learning_rate": 0.003, "kernel_size": 3, "filters": [4, 4], "pool_after": [1, 2]}
    network |= {"dense_units": [8], "epochs": 24, "batch_size": 10}
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 100).astype("uint8")
    images = (rng.integers(0, 100, (100, 8, 8, 3)) + 50 * labels[:, None, None, None]).astype("uint8")
    with contextlib.chdir(folder):
        settings.write("nicknet1", NetworkSettings(**network | changes))
        write_array(dataset.images_path("train"), images)
        write_array(dataset.labels_path("train"), labels)
        write_json(dataset.CLASS_NAMES, ["a", "b", "c"])
        targets.write(Run("nicknet1", 0), np.where(np.arange(100) < 80, labels.astype(int), -1))
        write_array(dataset.indices_path("held-out"), np.arange(80, 100))
    return folder


def said_path(folder):
    return folder.with_name(f"{folder.name}.said")


def said(folder):
    """The lines on standard error of the last training in the folder."""
    return said_path(folder).read_text().splitlines()


def outputs(folder):
    """The bytes of all that trainings left, by path."""
    paths = [path for part in ("models", "history", "epochs") for path in (folder / "data" / part).rglob("*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.is_file()}


def kept(folder):
    """The names of the files in the folder of checkpoints."""
    return sorted(path.name for path in (folder / "checkpoints").glob("*"))


def checkpoint_path(folder):
    return next((folder / "checkpoints").glob("[!.]*.checkpoint"), None)


def stamp(folder):
    path = checkpoint_path(folder)
    return path and path.stat().st_mtime_ns


def runs(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].startswith(" Z")


def wait_until(condition, process, pause=0.002):
    """Wait until the condition holds or the process ends; pause: seconds between looks."""
    while runs(process) and not condition():
        time.sleep(pause)


def await_epochs(folder, process, epochs):
    """Wait until the process has finished so many epochs, or has ended."""
    for _ in range(epochs):
        before = stamp(folder)
        wait_until(lambda before=before: stamp(folder) != before, process)


def continued_after(folder):
    """The epoch after which the last training in the folder continued, 0 if it began at the beginning."""
    found = re.search(r"continues after epoch (\d+)", said_path(folder).read_text())
    return int(found[1]) if found else 0
