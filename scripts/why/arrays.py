"""The arrays of one file of predictions: .npz, .csv or .parquet."""

import csv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stages.errors import InputError

MOST_BYTES = 16 * 2**30
"""Of a file of arrays, unpacked."""
MOST_TEXT = 2**28
"""Bytes of a .csv."""
SINGULAR = {"label": "labels", "id": "ids", "path": "paths"}
KNOWN = ("labels", "predicted", "ids", "paths")
LOGIT = "logit:"
"""What the name of a class begins with in a column of its logits."""

Arrays = dict[str, Any]
"""Some of 'labels', 'predicted', 'probabilities', 'logits', 'ids' and 'paths', and 'names', those of the columns."""


def read(path: Path) -> Arrays:
    """The arrays as they lie in the file; InputError where it cannot be read, or would run code to be read."""
    return {".npz": _npz, ".csv": _csv, ".parquet": _parquet}[path.suffix](path)


def plain(path: Path) -> np.ndarray:
    """The array of a .npy, memory-mapped."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not a .npy of numbers ({error}). Write it with np.save.") from None
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path} is an archive of arrays; expected one array. Write it with np.save.")
    return array


def _npz(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as file:
            size = sum(member.file_size for member in file.zip.infolist())
            if size > MOST_BYTES:
                raise InputError(f"{path}: {size:,} bytes unpacked; expected at most {MOST_BYTES:,}. Use float32.")
            found: Arrays = {known: _member(file, name, path) for known, name in _known(path, file.files).items()}
            if "names" in found:
                found["names"] = found["names"].astype(str).ravel().tolist()
            return found
    except InputError:
        raise
    except Exception as error:  # a damaged archive fails in many ways: zipfile, zlib, struct, numpy
        raise InputError(f"{path} is not a .npz ({error}). Write it with np.savez.") from None


def _known(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Each name, by that in KNOWN where it is a singular of one."""
    known = {SINGULAR.get(name, name): name for name in names}
    if twice := [name for name in names if name not in known.values()]:
        raise InputError(
            f"{path} has {twice[0]!r} and {known[SINGULAR.get(twice[0], twice[0])]!r}; expected one of them."
        )
    return known


def _member(file: Any, name: str, path: Path) -> np.ndarray:
    try:
        return file[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        fix = "np.asarray(values, dtype=np.float32), or dtype=str for names"
        raise InputError(f"{path}: {name} holds Python objects, which are never unpickled. Save {fix}.") from None


def _csv(path: Path) -> Arrays:
    size = path.stat().st_size
    if size > MOST_TEXT:
        raise InputError(f"{path}: {size:,} bytes of text; expected at most {MOST_TEXT:,}. Write .npz: np.savez.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            header = next(rows, [])
            lines = []
            for row in rows:
                if len(row) != len(header):
                    problem = f"{len(row)} cells; expected {len(header)}, as in the first line"
                    raise InputError(f"{path}, line {rows.line_num}: {problem}.")
                lines.append(row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a table in UTF-8 ({error}).") from None
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise InputError(f"{path} has two columns {twice[0]!r}; expected each once.")
    return from_columns(path, dict(zip(header, zip(*lines, strict=True), strict=True)) if lines else {})


def _parquet(path: Path) -> Arrays:
    try:
        from pyarrow import parquet
    except ImportError:
        fix = "Write .npz or .csv, or `pip install pyarrow`"
        raise InputError(f"{path}: .parquet needs the package pyarrow, which is not installed. {fix}.") from None
    try:
        table = parquet.read_table(path)
    except Exception as error:  # of pyarrow's own kinds
        raise InputError(f"{path} is not a .parquet ({error}).") from None
    return from_columns(path, {name: table.column(name).to_pylist() for name in table.column_names})


def from_columns(path: Path, columns: Mapping[str, Sequence[Any]]) -> Arrays:
    """The arrays of a table, whose columns are those of KNOWN, or their singulars, and one a class."""
    named = {known: columns[name] for known, name in _known(path, list(columns)).items()}
    arrays: Arrays = {name: np.array([str(cell) for cell in named[name]]) for name in KNOWN if name in named}
    classes = [name for name in named if name not in KNOWN]
    if classes:
        logits = [name for name in classes if name.startswith(LOGIT)]
        if logits and len(logits) != len(classes):
            other = next(name for name in classes if name not in logits)
            raise InputError(f"{path}: the columns {logits[0]!r} and {other!r} are of two kinds; expected one.")
        numbers = np.stack([_numbers(path, name, named[name]) for name in classes], axis=1)
        arrays |= {"logits" if logits else "probabilities": numbers}
        arrays["names"] = [name.removeprefix(LOGIT) for name in classes]
    return arrays


def _numbers(path: Path, name: str, column: Sequence[Any]) -> np.ndarray:
    try:
        return np.array(column, dtype=np.float64)
    except (ValueError, TypeError):
        for row, cell in enumerate(column):
            try:
                float(cell)
            except (ValueError, TypeError):
                problem = f"row {row}, column {name!r}: {str(cell)[:40]!r} is no number"
                raise InputError(f"{path}, {problem}. Columns but {', '.join(KNOWN)} are classes.") from None
        raise
