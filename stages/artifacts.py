"""The files that pass between stages: where they lie, how they are written and read.

Paths are relative to the repository's root, where DVC runs every stage. A file is written beside its place and then
renamed, so that it is whole or absent. Equal contents give equal bytes.
"""

import csv
import glob
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stages.errors import InputError

RAW = Path("data/raw")
SPLIT = Path("data/split")
NETWORKS = Path("data/networks")
MODELS = Path("data/models")
PREDICTIONS = Path("data/predictions")
METRICS = Path("metrics")
SUMMARY = METRICS / "summary.json"
"""{network: {"held_out": {"accuracy", "precision", "loss"}, "train": {"accuracy"}}}, means over the seeds."""

PLOTS = Path("plots")

PARTS = ("train", "held_out", "test")
"""The images that a network learned from; those kept from it; the data set's own test images."""


def images_path(source: str) -> Path:
    """uint8 (N, H, W, 3), 0..255; source is 'train' or 'test', the data set's own division."""
    return RAW / f"{source}_images.npy"


def labels_path(source: str) -> Path:
    """uint8 (N,), indices into the class names."""
    return RAW / f"{source}_labels.npy"


CLASS_NAMES = RAW / "class_names.json"
"""A list of strings; a label is an index into it."""


def indices_path(part: str) -> Path:
    """int64 (n,), ascending indices into the data set's training images; part is 'train' or 'held_out'."""
    return SPLIT / f"{part}.npy"


def settings_path(network: str) -> Path:
    """The network's effective settings, see stages/settings.py."""
    return NETWORKS / f"{network}.yaml"


def weights_path(network: str, seed: int) -> Path:
    """The trained weights in Keras's .weights.h5 format."""
    return MODELS / network / f"{seed}.weights.h5"


def history_path(network: str, seed: int) -> Path:
    """CSV: epoch (from 1), images ('training' or 'held-out'), accuracy, loss, precision (macro)."""
    return PLOTS / "history" / network / f"{seed}.csv"


def metrics_path(network: str, seed: int) -> Path:
    """JSON of one run's scores, flat: <part>_<score>."""
    return METRICS / network / f"{seed}.json"


def predictions_path(network: str, seed: int) -> Path:
    """A Predictions of each part, see write_predictions."""
    return PREDICTIONS / network / f"{seed}.npz"


@dataclass(frozen=True)
class Predictions:
    """What one run says of the images of one part.

    ids: int64 (n,), ascending; indices into the data set's training images, or for 'test' into its test images.
    labels: uint8 (n,), the data set's labels. probabilities: float32 (n, classes), rows sum to 1.
    """

    ids: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray

    @property
    def predicted(self) -> np.ndarray:
        """int64 (n,), the most probable class; the lower index of equals."""
        return self.probabilities.argmax(axis=1)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; renamed to `path` at the end, removed if the body fails.

    The suffixes stay, since some writers choose a format by them. What a process that was killed left is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".*.{glob.escape(path.name)}"):
        process = leftover.name.split(".")[1]
        if process.isdigit() and not _runs(int(process)):
            leftover.unlink(missing_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """UTF-8, line ends as given."""
    write_bytes(path, text.encode())


def write_json(path: Path, content: Any) -> None:
    """Keys in the order given; refuses NaN and infinity, which JSON does not have."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """One row a mapping; floats with the fewest digits that read back to the same number."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def write_figure(path: Path, figure: Any) -> None:
    """A matplotlib Figure as PNG, 150 dots an inch, without date or version."""
    import matplotlib  # here, since most stages draw nothing

    with replacing(path) as temporary, matplotlib.rc_context():
        matplotlib.rcdefaults()
        figure.savefig(temporary, format="png", dpi=150, metadata={"Software": None})


def write_array(path: Path, array: np.ndarray) -> None:
    content = io.BytesIO()  # since ndarray.tofile does not say why it failed
    np.save(content, array, allow_pickle=False)
    write_bytes(path, content.getbuffer())


def read_array(path: Path, dtype: str, axes: int) -> np.ndarray:
    """Memory-mapped and read-only; InputError where the file is missing or holds another kind of array."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path} is missing. Run `dvc repro` to make it.") from None
    except (ValueError, EOFError) as error:
        raise InputError(f"{path} is not a NumPy array file ({error}). {_REMAKE}") from None
    if array.dtype != dtype or array.ndim != axes:
        raise InputError(f"{path}: expected {dtype} with {axes} axes, got {array.dtype} {array.shape}. {_REMAKE}")
    return array


def read_images(source: str) -> np.ndarray:
    """uint8 (N, H, W, 3), memory-mapped; source is 'train' or 'test'."""
    return read_array(images_path(source), "uint8", 4)


def read_labels(source: str) -> np.ndarray:
    """uint8 (N,); source is 'train' or 'test'."""
    return read_array(labels_path(source), "uint8", 1)


def read_indices(part: str) -> np.ndarray:
    """int64 (n,), ascending; part is 'train' or 'held_out'."""
    return read_array(indices_path(part), "int64", 1)


def read_class_names() -> list[str]:
    """The names of the classes, in the order of their labels."""
    try:
        return json.loads(CLASS_NAMES.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{CLASS_NAMES} is missing. Run `dvc repro download` to make it.") from None
    except ValueError:
        raise InputError(f"{CLASS_NAMES} is not a JSON list. {_REMAKE}") from None


def read_history(network: str, seed: int) -> list[dict[str, str]]:
    """The rows of history_path, values as text."""
    path = history_path(network, seed)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise InputError(f"{path} is missing. Run `dvc repro train@{network}-{seed}` to make it.") from None


def write_predictions(path: Path, parts: Mapping[str, Predictions]) -> None:
    """A .npz of ids, labels and probabilities of every part in PARTS, keys such as 'held_out_ids'."""
    arrays = {
        f"{part}_{field}": getattr(parts[part], field) for part in PARTS for field in ("ids", "labels", "probabilities")
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_predictions(network: str, seed: int) -> dict[str, Predictions]:
    """The Predictions of each part of one run, keys as in PARTS.

    Raises InputError where the file is missing, is not such a file, or holds what no run can have written: NaN,
    rows that do not sum to 1, ids out of order, labels without a probability.
    """
    path = predictions_path(network, seed)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except FileNotFoundError:
        raise InputError(f"{path} is missing. Run `dvc repro evaluate@{network}-{seed}` to make it.") from None
    except Exception as error:  # a damaged archive fails in many ways: zipfile, zlib, struct, numpy
        raise InputError(f"{path} cannot be read as predictions ({error}). {_REMAKE}") from None
    parts = {}
    for part in PARTS:
        try:
            parts[part] = Predictions(*(arrays[f"{part}_{field}"] for field in ("ids", "labels", "probabilities")))
        except KeyError as error:
            raise InputError(f"{path} has no array {error}. {_REMAKE}") from None
        problem = _problem(parts[part])
        if problem:
            raise InputError(f"{path}, part {part}: {problem}. {_REMAKE}")
    return parts


def _problem(predictions: Predictions) -> str | None:
    ids, labels, probabilities = predictions.ids, predictions.labels, predictions.probabilities
    kinds = (ids.dtype, ids.ndim, labels.dtype, labels.ndim, probabilities.dtype, probabilities.ndim)
    if kinds != (np.int64, 1, np.uint8, 1, np.float32, 2):
        return "expected ids int64 (n,), labels uint8 (n,), probabilities float32 (n, classes), got " + ", ".join(
            f"{array.dtype} {array.shape}" for array in (ids, labels, probabilities)
        )
    if not len(ids) == len(labels) == len(probabilities):
        return (
            "expected one label and one row for each id, "
            f"got {len(ids)} ids, {len(labels)} labels, {len(probabilities)} rows"
        )
    if len(ids) == 0:
        return "expected at least one image, got none"
    if ids[0] < 0 or np.any(np.diff(ids) <= 0):
        return "expected ascending ids from 0, got them out of order or twice"
    if labels.max() >= probabilities.shape[1]:
        return f"expected labels below {probabilities.shape[1]}, got {labels.max()}"
    if not np.all(np.isfinite(probabilities)):
        return "expected finite probabilities, got NaN or infinity"
    if probabilities.min() < 0 or np.abs(probabilities.sum(axis=1) - 1).max() > 1e-4:
        return "expected rows of probabilities that sum to 1, got others"
    return None


_REMAKE = "Delete it and run `dvc repro` to make it again."
