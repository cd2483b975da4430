"""Which training this is: what must be the same for a checkpoint to be its own."""

import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from stages import dataset, settings, targets
from stages.nicknet import runtime
from stages.run import Run

STAGES = Path(__file__).parents[1]
_PACKAGES = ("keras", "numpy", "tensorflow")


def of(run: Run, stages: Path = STAGES) -> str:
    """SHA-256, in hex, of all that a training depends on: settings, seed, images, targets, code, packages, threads.

    stages: the folder of the code. What changes a weight changes it; some changes that change none do so too.
    """
    digest = hashlib.sha256()
    values = {"seed": run.seed, runtime.THREADS: os.environ.get(runtime.THREADS)}
    for name, value in (values | {package: version(package) for package in _PACKAGES}).items():
        digest.update(f"{name} {value}\n".encode())
    for name, path in (*_data(run), *_code(stages)):
        with path.open("rb") as file:
            digest.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def _data(run: Run) -> Iterable[tuple[str, Path]]:
    yield "settings", settings.path(run.network)
    yield "images", dataset.images_path("train")
    yield "labels", dataset.labels_path("train")
    yield "class names", dataset.CLASS_NAMES
    yield "targets", targets.path(run)
    yield "held-out", dataset.indices_path("held-out")


def _code(stages: Path) -> Iterable[tuple[str, Path]]:
    for package in ("nicknet", "train"):
        for path in sorted((stages / package).rglob("*.py")):
            yield path.relative_to(stages).as_posix(), path
