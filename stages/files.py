"""Files are whole or absent: each is written beside its place, then renamed. Equal contents give equal bytes."""

import csv
import fcntl
import glob
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from stages.errors import InputError

REMAKE = "Delete it and run `dvc repro` to make it again."


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; renamed to `path` at the end, removed if the body fails.

    The suffixes stay, since some writers choose a format by them. The name is unique over all processes and machines
    that share the folder. What a process that was killed left is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path)
    try:
        handle, temporary = _locked_temporary(path)
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
            os.close(handle)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _locked_temporary(path: Path) -> tuple[int, Path]:
    """A new file beside `path`, open and locked as long as this process writes it."""
    while True:
        handle, name = tempfile.mkstemp(prefix=".tmp-", suffix=f".{path.name}", dir=path.parent)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.path.exists(name):  # else another process took it for a leftover before it was locked
            os.fchmod(handle, 0o666 & ~_umask())
            return handle, Path(name)
        os.close(handle)


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files for `path` that no living process holds the lock of."""
    for leftover in path.parent.glob(f".tmp-*.{glob.escape(path.name)}"):
        with suppress(FileNotFoundError, BlockingIOError), leftover.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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


def write_array(path: Path, array: np.ndarray) -> None:
    content = io.BytesIO()  # since ndarray.tofile does not say why it failed
    np.save(content, array, allow_pickle=False)
    write_bytes(path, content.getbuffer())


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """A compressed .npz; equal arrays give equal bytes."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_array(path: Path, dtype: str, axes: int) -> np.ndarray:
    """Memory-mapped and read-only; InputError where the file is missing or holds another kind of array."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path} is missing. Run `dvc repro` to make it.") from None
    except (ValueError, EOFError) as error:
        raise InputError(f"{path} is not a NumPy array file ({error}). {REMAKE}") from None
    if array.dtype != dtype or array.ndim != axes:
        raise InputError(f"{path}: expected {dtype} with {axes} axes, got {array.dtype} {array.shape}. {REMAKE}")
    return array


def read_arrays(path: Path, stage: str) -> dict[str, np.ndarray]:
    """The arrays of a .npz; InputError where it is missing or damaged. stage: its writer, as DVC names it."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError:
        raise InputError(f"{path} is missing. Run `dvc repro {stage}` to make it.") from None
    except Exception as error:  # a damaged archive fails in many ways: zipfile, zlib, struct, numpy
        raise InputError(f"{path} cannot be read ({error}). {REMAKE}") from None


def read_json(path: Path, stage: str) -> Any:
    """The content of a JSON file; InputError where it is missing or damaged. stage: as for read_arrays."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} is missing. Run `dvc repro {stage}` to make it.") from None
    except ValueError:
        raise InputError(f"{path} is not JSON. {REMAKE}") from None
