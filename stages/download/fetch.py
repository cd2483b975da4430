"""A large file over HTTP: resumed after an interruption, checked, or one clear reason why it cannot be had."""

import fcntl
import hashlib
import http.client
import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from stages.errors import InputError


@dataclass(frozen=True)
class Remote:
    """A file that never changes. Size in bytes and check sum are known, so no ETag is needed to resume it."""

    url: str
    size: int
    md5: str


@dataclass(frozen=True)
class Patience:
    """How long to try a server that answered once. One that cannot be reached at all is given up at once."""

    timeout: float = 15
    """Seconds to wait for a connection, and for the next bytes."""
    attempts: int = 6
    """In a row, none of which brought another hundredth of the file."""
    pause: float = 1
    """Seconds before the second attempt; doubled before each further one."""


PATIENT = Patience()


@dataclass(frozen=True)
class Pace:
    """How fast a server must be at first, where the file can be had elsewhere."""

    rate: float = 500_000
    """Bytes a second."""
    seconds: float = 20
    """After which the rate is judged, once."""


PACE = Pace()


class TooSlow(InputError):
    """The server is slower than the pace asks for; what came is kept."""


_PASSING = (408, 425, 429)
"""Client errors that pass: time out, too early, too many requests."""


class _Failure(Exception):
    """An attempt failed in a way that another may not."""


class _Unreachable(_Failure):
    """No server answered."""


class _NoRange(_Failure):
    """The server does not continue where the partial file ends."""


@contextmanager
def fetched(remote: Remote, folder: Path, patience: Patience = PATIENT, pace: Pace | None = None) -> Iterator[BinaryIO]:
    """The whole file, opened in `folder`, its size and check sum right; deleted when the body ends well.

    What an interrupted run left in the folder is completed rather than fetched again. A second run waits for the
    first. Raises InputError with the reason where the server cannot be reached, fails, or has another file; TooSlow
    where a pace is asked for that it does not keep.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = _partial(remote, folder)
    with path.open("a+b") as file:
        _lock(file)
        try:
            _complete(remote, file, patience, _Watch(remote, pace))
        except InputError:
            if not _size(file):
                _remove(path)
            raise
        file.seek(0)
        yield file
        _remove(path)


def discard(remote: Remote, folder: Path) -> None:
    """Remove what an interrupted run left of the file."""
    _remove(_partial(remote, folder))


class _Watch:
    """Compares the bytes that come with the pace, from now on."""

    def __init__(self, remote: Remote, pace: Pace | None) -> None:
        self._remote, self._pace = remote, pace
        self._started, self._received = time.monotonic(), 0

    def check(self, file: BufferedRandom, received: int = 0) -> None:
        """Once the time is over, raise TooSlow or never again."""
        self._received += received
        elapsed = time.monotonic() - self._started
        if self._pace is None or elapsed < self._pace.seconds:
            return
        rate = self._received / elapsed
        if rate < self._pace.rate:
            minutes = (self._remote.size - _size(file)) / max(rate, 1) / 60
            rest = f"; the rest would take {minutes:.0f} minutes" if rate else ""
            raise TooSlow(f"{rate / 1000:.0f} kB/s over the first {elapsed:.0f} seconds{rest}")
        self._pace = None


def _partial(remote: Remote, folder: Path) -> Path:
    return folder / f"{remote.url.rpartition('/')[2]}.part"


def _lock(file: BufferedRandom) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        tell(f"waiting for another run that downloads to {file.name}")
        fcntl.flock(file, fcntl.LOCK_EX)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    with suppress(OSError):  # another file lies there
        path.parent.rmdir()


def _complete(remote: Remote, file: BufferedRandom, patience: Patience, watch: _Watch) -> None:
    _download(remote, file, patience, watch)
    if _md5(file) != remote.md5:
        tell("the pieces do not fit together; starting again")
        file.truncate(0)
        _download(remote, file, patience, watch)
    arrived = _md5(file)
    if arrived != remote.md5:
        file.truncate(0)
        raise InputError(f"what arrived has the md5 {arrived}; expected {remote.md5}")


def _download(remote: Remote, file: BufferedRandom, patience: Patience, watch: _Watch) -> None:
    """Append to the file until it has its size."""
    furthest, failures, answered = _size(file), 0, False
    while _size(file) < remote.size:
        try:
            _append(remote, file, patience.timeout, watch)
        except _Failure as failure:
            if isinstance(failure, _NoRange):
                file.truncate(0)
            answered = answered or not isinstance(failure, _Unreachable)
            failures = 1 if _size(file) > furthest + remote.size // 100 else failures + 1
            furthest = max(furthest, _size(file))
            if not answered or failures == patience.attempts:
                kept = f"; {_progress(_size(file), remote)} are kept, the same command continues there"
                raise InputError(f"{failure}{kept if _size(file) else ''}") from None
            watch.check(file)
            pause = patience.pause * 2 ** (failures - 1)
            tell(f"{failure}; trying again in {pause:g} s")
            time.sleep(pause)


def _append(remote: Remote, file: BufferedRandom, timeout: float, watch: _Watch) -> None:
    """One request for what is missing of the file."""
    size = _size(file)
    headers = {"User-Agent": "nicknets", "Accept-Encoding": "identity"} | ({"Range": f"bytes={size}-"} if size else {})
    with _failures():
        response = urllib.request.urlopen(urllib.request.Request(remote.url, headers=headers), timeout=timeout)
    with response:
        start = size = _start(response, size, remote)
        file.truncate(start)
        tell(f"{'resuming' if start else 'downloading'} {remote.url} at {_progress(start, remote)}")
        with tqdm(total=remote.size, initial=start, unit="B", unit_scale=True, disable=None) as bar:
            for chunk in _chunks(response):
                size += len(chunk)
                if size > remote.size:
                    file.truncate(0)
                    raise InputError(f"the server sends more than the {remote.size} bytes expected")
                file.write(chunk)
                bar.update(len(chunk))
                watch.check(file, len(chunk))
    if size < remote.size:
        raise _Failure(f"the connection ended at byte {size} of {remote.size}")


def _start(response: http.client.HTTPResponse, size: int, remote: Remote) -> int:
    """The place in the file of the first byte of the body, where `size` bytes are there."""
    if response.status == 206:
        expected = rf"bytes {size}-{remote.size - 1}/({remote.size}|\*)"
        if not re.fullmatch(expected, response.headers.get("Content-Range", "")):
            raise _NoRange("the server sent another range than asked for")
        return size
    length = response.headers.get("Content-Length", str(remote.size))
    if response.status != 200 or length != str(remote.size):
        raise InputError(f"the server answered {response.status} with {length} bytes; expected 200 with {remote.size}")
    return 0


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        with _failures():
            chunk = response.read1(1 << 18)
        if not chunk:
            return
        yield chunk


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        reason = f"the server answered {error.code} {error.reason}"
        if error.code == 416:
            raise _NoRange(reason) from None
        if error.code in _PASSING or error.code >= 500:
            raise _Failure(reason) from None
        raise InputError(reason) from None
    except urllib.error.URLError as error:
        raise _Unreachable(f"no connection ({error.reason})") from None
    except TimeoutError:
        raise _Failure("the server fell silent") from None
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: redirected to no address at all
        raise _Failure(f"the connection broke ({error or type(error).__name__})") from None


def _size(file: BufferedRandom) -> int:
    return file.seek(0, os.SEEK_END)


def _md5(file: BufferedRandom) -> str:
    file.seek(0)
    return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _progress(size: int, remote: Remote) -> str:
    return f"{size / 1e6:.0f} of {remote.size / 1e6:.0f} MB"


def tell(message: str) -> None:
    """A line on standard error, at once."""
    print(f"download: {message}", file=sys.stderr, flush=True)
