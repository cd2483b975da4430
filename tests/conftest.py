"""The whole pipeline, run once for all tests that look at what it does."""

import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.checkouts import SMALL, checkout, run

# Or else every process that a test starts compiles TensorFlow's and DVC's modules anew, for seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


PIPELINE = {f"tests/test_{name}.py" for name in ("configure", "edits", "pipeline", "surroundings", "wiring")}
"""Files whose tests look at the pipeline's run."""


LONGEST = {f"tests/{name}.py" for name in ("test_coverage", "scripts/mine/test_command", "docs/test_experiments_page")}
"""Files of few tests that take minutes: they begin first, or else one process would wait for the other at the end."""


class ByFile(LoadScopeScheduling):
    """Of tests that run side by side, a file's stay together, and so do all that look at the pipeline's run."""

    def _split_scope(self, nodeid):
        return group(nodeid)


def group(nodeid):
    file = nodeid.split("::")[0]
    return "pipeline" if file in PIPELINE else file


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items):
    """Groups that take minutes first, then those of many tests."""
    tests = Counter(group(item.nodeid) for item in items)
    items.sort(key=lambda item: (group(item.nodeid) not in LONGEST, -tests[group(item.nodeid)]))


@dataclass(frozen=True)
class Pipeline:
    """A checkout in which the pipeline has run. printed: by that run. opened: a file a stage, see sitecustomize.py."""

    folder: Path
    printed: str
    opened: Path


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory):
    """Two small networks on the embedded images, run as the experiment `small` and committed; nobody changes it."""
    parameters = SMALL | {"networks": NETWORKS, "data": {"human_votes": "votes.npy"}}
    folder = checkout(tmp_path_factory.mktemp("pipeline") / "nicknets", parameters)
    np.save(folder / "votes.npy", np.random.default_rng(0).integers(0, 10, (1437, 3), "uint8"))
    opened = tmp_path_factory.mktemp("opened")
    watched = {"PYTHONPATH": str(Path(__file__).parent / "watched"), "OPENED": str(opened)}
    printed = run("dvc", "exp", "run", "--name", "small", folder=folder, **watched)
    run("git", "add", "--all", folder=folder)
    run("git", "commit", "--quiet", "--message", "results", folder=folder)
    return Pipeline(folder, printed, opened)


NETWORKS = {"nicknet1": {}, "nicknet2": {"optimizer": "sgd"}}
