"""The process in which TensorFlow runs."""

import gc
import importlib
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

THREADS = "TF_NUM_INTRAOP_THREADS"
"""The environment variable by which TensorFlow is told how many threads compute one operation."""

_DEFAULT_THREADS = "1"
"""Sums are divided among the threads of an operation, so that their number decides the last bits. With one, two cores
are busy all the same: the parts of a batch are computed side by side (see steps.side_by_side)."""


_OPTIONAL = ("matplotlib", "sklearn")
"""Packages that Keras imports where they are installed, for wrappers and galleries, which no network needs. They and
what they import, SciPy's statistics above all, would be a third of TensorFlow's start."""

_KEPT = (THREADS, "TF_NUM_INTEROP_THREADS", "TF_CPP_MIN_LOG_LEVEL")


def ignored(name: str) -> bool:
    """Whether a variable of the reader's is one of those that change the arithmetic, unseen by DVC.

    >>> [name for name in ("HOME", "XLA_FLAGS", "ONEDNN_MAX_CPU_ISA", "TF_NUM_INTRAOP_THREADS") if ignored(name)]
    ['XLA_FLAGS', 'ONEDNN_MAX_CPU_ISA']
    """
    return name.startswith(("TF_", "XLA_", "ONEDNN_", "DNNL_")) and name not in _KEPT


def prepare() -> None:
    """Set the environment that TensorFlow reads as it is imported, and import it without its start-up messages.

    The number of threads is the same on any number of cores, and with it every result, unless
    TF_NUM_INTRAOP_THREADS sets another. Variables that are `ignored` are removed, with a word on standard error; Keras
    does not see the reader's own keras.json. Where TF_CPP_MIN_LOG_LEVEL is set, it decides on messages, and TensorFlow
    is not imported here. TensorFlow's errors reach Python as exceptions all the same.
    """
    os.environ.setdefault(THREADS, _DEFAULT_THREADS)
    os.environ |= {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": os.devnull}
    for name in sorted(filter(ignored, os.environ)):
        del os.environ[name]
        print(f"{name} is ignored, since it may change the results.", file=sys.stderr)
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # Some messages of the import come before TensorFlow has read the level.
    with _standard_error_held_back(), _kept_out(_OPTIONAL), _never_collected():
        importlib.import_module("tensorflow")


@contextmanager
def _kept_out(names: Iterable[str]) -> Iterator[None]:
    """As if these packages were not installed, where nothing has imported them yet."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: an import fails
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


@contextmanager
def _never_collected() -> Iterator[None]:
    """What the body makes stays until the process ends: searching TensorFlow's modules for garbage, as they are
    imported and once more at the end, would be a quarter of the import's time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _standard_error_held_back() -> Iterator[None]:
    """Drop what the process writes to standard error, C++ included; show it after all if the body fails."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
