"""How a stage ends when it cannot go on: one message, exit code 1, no traceback."""

import errno
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class InputError(Exception):
    """Something from outside is not as expected.

    The message says what was expected, what arrived, and how to mend it.
    """


@contextmanager
def reported(stage: str) -> Iterator[None]:
    """Run the body of a stage; end the process with one line when it fails for a reason outside the code.

    Exit codes: 1 for bad input, a full disk, missing rights or memory; 130 for SIGINT, 143 for SIGTERM.
    A defect in the code keeps its traceback.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except InputError as error:
        _leave(stage, str(error), 1)
    except MemoryError as error:
        _leave(stage, f"out of memory ({error or 'no details'}). Free some, or make the run smaller.", 1)
    except OSError as error:
        if error.errno not in _MENDS:
            raise
        _leave(stage, f"{error.filename or 'a file'}: {error.strerror}. {_MENDS[error.errno]}", 1)
    except KeyboardInterrupt:
        _leave(stage, "interrupted; the same command goes on from here.", 128 + signal.SIGINT)


_MENDS = {
    errno.ENOSPC: "Free some space; outputs of earlier runs are untouched.",
    errno.EFBIG: "Raise the limit on file sizes (ulimit -f).",
    errno.EDQUOT: "Free some of your quota; outputs of earlier runs are untouched.",
    errno.EACCES: "Make the folder writable for this user.",
    errno.EPERM: "Make the folder writable for this user.",
    errno.EROFS: "Work in a checkout on a writable file system.",
}


def _leave(stage: str, message: str, code: int) -> None:
    print(f"{stage}: {message}", file=sys.stderr)
    raise SystemExit(code)


def _terminate(signum: int, frame: object) -> None:
    print("terminated; the same command goes on from here.", file=sys.stderr)
    raise SystemExit(128 + signum)
