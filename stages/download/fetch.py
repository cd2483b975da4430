"""A large file over HTTP: resumed after an interruption, checked, or one clear reason why it cannot be had."""

import fcntl
import hashlib
import http.client
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
    """How long to go on with a server that answered once. One that cannot be reached at all is given up at once."""

    timeout: float = 15
    """Seconds to wait for a connection, and for the next bytes."""
    attempts: int = 6
    """In a row, none of which brought another hundredth of the file."""
    pause: float = 1
    """Seconds before the second attempt; doubled before each further one."""


PATIENT = Patience()


@contextmanager
def fetched(remote: Remote, folder: Path, patience: Patience = PATIENT) -> Iterator[Path]:
    """The path of the whole file in `folder`, its size and check sum right; deleted when the body ends well.

    What an interrupted run left in the folder is completed rather than fetched again. A second run waits for the
    first. Raises InputError with the reason where the server cannot be reached, fails, or has another file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{remote.url.rpartition('/')[2]}.part"
    with _alone(folder / "lock"):
        _complete(remote, path, patience)
        yield path
        path.unlink()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell(f"waiting for another run that downloads to {lock.parent}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _complete(remote: Remote, path: Path, patience: Patience) -> None:
    in_pieces = _download(remote, path, patience)
    if in_pieces and _md5(path) != remote.md5:
        _tell("the pieces do not fit together; starting again")
        path.unlink()
        _download(remote, path, patience)
    arrived = _md5(path)
    if arrived != remote.md5:
        path.unlink()
        raise InputError(f"what arrived has the md5 {arrived}; expected {remote.md5}")


def _download(remote: Remote, path: Path, patience: Patience) -> bool:
    """Append to the file until it has its size; True if it had a beginning, or came in several attempts."""
    furthest = _size(path)
    in_pieces, answered, failures = furthest > 0, False, 0
    while _size(path) < remote.size:
        try:
            _append(remote, path, patience.timeout)
        except _Failure as failure:
            if failure.begin_anew:
                path.unlink(missing_ok=True)
            answered = answered or failure.answered
            failures = 1 if _size(path) > furthest + remote.size // 100 else failures + 1
            furthest = max(furthest, _size(path))
            if not answered or failures == patience.attempts:
                kept = f"; {_progress(_size(path), remote)} are kept, the same command goes on from there"
                raise InputError(f"{failure}{kept if _size(path) else ''}") from None
            pause = patience.pause * 2 ** (failures - 1)
            _tell(f"{failure}; trying again in {pause:g} s")
            time.sleep(pause)
            in_pieces = True
    return in_pieces


class _Failure(Exception):
    """An attempt failed in a way that another may not."""

    def __init__(self, reason: str, answered: bool = True, begin_anew: bool = False) -> None:
        super().__init__(reason)
        self.answered = answered
        """The server was reached."""
        self.begin_anew = begin_anew
        """It cannot go on where the partial file ends."""


def _append(remote: Remote, path: Path, timeout: float) -> None:
    """One request for what the file lacks."""
    have = _size(path)
    with _answer(remote.url, have, timeout) as response:
        start = _start(response, have, remote)
        _tell(f"{'resuming' if start else 'downloading'} {remote.url} at {_progress(start, remote)}")
        bar = tqdm(total=remote.size, initial=start, unit="B", unit_scale=True, disable=None)
        with bar, path.open("ab") as file:
            file.truncate(start)
            for chunk in _chunks(response):
                if file.tell() + len(chunk) > remote.size:
                    raise InputError(f"the server sends more than the {remote.size} bytes expected")
                file.write(chunk)
                bar.update(len(chunk))
    if _size(path) < remote.size:
        raise _Failure(f"the connection ended at byte {_size(path)} of {remote.size}")


@contextmanager
def _answer(url: str, have: int, timeout: float) -> Iterator[http.client.HTTPResponse]:
    headers = {"User-Agent": "nicknets", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with _failures():
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)
    with response:
        yield response


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        reason = f"the server answered {error.code} {error.reason}"
        if error.code == 416:
            raise _Failure(reason, begin_anew=True) from None
        if error.code in _PASSING or error.code >= 500:
            raise _Failure(reason) from None
        raise InputError(reason) from None
    except urllib.error.URLError as error:
        raise _Failure(f"no connection ({error.reason})", answered=False) from None
    except TimeoutError:
        raise _Failure("the server fell silent") from None
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: redirected to no address at all
        raise _Failure(f"the connection broke ({error or type(error).__name__})") from None


_PASSING = (408, 425, 429)
"""Client errors that pass: time out, too early, too many requests."""


def _start(response: http.client.HTTPResponse, have: int, remote: Remote) -> int:
    """The place in the file of the first byte of the body."""
    if response.status == 206:
        expected = rf"bytes {have}-{remote.size - 1}/({remote.size}|\*)"
        if not re.fullmatch(expected, response.headers.get("Content-Range", "")):
            raise _Failure("the server sent another range than asked for", begin_anew=True)
        return have
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


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _progress(have: int, remote: Remote) -> str:
    return f"{have / 1e6:.0f} of {remote.size / 1e6:.0f} MB"


def _tell(message: str) -> None:
    print(f"download: {message}", file=sys.stderr, flush=True)
