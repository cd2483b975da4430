"""Which training this is: what must be the same for a checkpoint to be its own."""

import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from stages import artifacts
from stages.nicknet import runtime

_STAGES = Path(__file__).parents[1]
_PACKAGES = ("keras", "numpy", "tensorflow")


def of(network: str, seed: int) -> str:
    """SHA-256, in hex, of all that the training depends on: settings, seed, images, split, code, packages, threads.

    Everything that changes a weight changes it; some things that change none do so too.
    """
    digest = hashlib.sha256()
    values = {"seed": seed, runtime.THREADS: os.environ.get(runtime.THREADS)}
    for name, value in (values | {package: version(package) for package in _PACKAGES}).items():
        digest.update(f"{name} {value}\n".encode())
    for name, path in (*_data(network), *_code()):
        with path.open("rb") as file:
            digest.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def _data(network: str) -> Iterable[tuple[str, Path]]:
    yield "settings", artifacts.settings_path(network)
    yield "images", artifacts.images_path("train")
    yield "labels", artifacts.labels_path("train")
    yield "class names", artifacts.CLASS_NAMES
    yield "train", artifacts.indices_path("train")
    yield "held out", artifacts.indices_path("held_out")


def _code() -> Iterable[tuple[str, Path]]:
    for package in ("nicknet", "train"):
        for path in sorted((_STAGES / package).rglob("*.py")):
            yield path.relative_to(_STAGES).as_posix(), path
