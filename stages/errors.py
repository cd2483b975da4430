"""How a stage ends when it cannot continue: one message, exit code 1, no traceback."""

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CONTINUE = "The same command continues: stages that are done stay, a training continues after its last whole epoch."

_FIXES = {
    errno.ENOSPC: "Free some space; outputs of earlier runs are untouched.",
    errno.EFBIG: "Raise the limit on file sizes (ulimit -f).",
    errno.EDQUOT: "Free some of your quota; outputs of earlier runs are untouched.",
    errno.EACCES: "Give this user the right to read it and to write to its folder.",
    errno.EPERM: "Give this user the right to read it and to write to its folder.",
    errno.EROFS: "Work in a checkout on a writable file system.",
}

_TENSORFLOW_MEMORY_ERROR = "ResourceExhaustedError"
"""Recognised by its name, since most stages do without TensorFlow."""


class InputError(Exception):
    """Something from outside is not as expected.

    The message says what was expected, what arrived, and how to fix it.
    """


@contextmanager
def reported(stage: str) -> Iterator[None]:
    """Run the body of a stage; end the process with one line when it fails for a reason outside the code.

    Exit codes: 1 for bad input, a full disk, missing rights or memory; 130 for SIGINT, 143 for SIGTERM and for SIGHUP,
    when the terminal goes, unless that is ignored (nohup). A defect in the code keeps its traceback.
    """
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminate)
    try:
        yield
    except InputError as error:
        _leave(stage, str(error), 1)
    except KeyboardInterrupt:
        _leave(stage, f"interrupted. {_CONTINUE}", 128 + signal.SIGINT)
    except _Terminated:
        _leave(stage, f"terminated. {_CONTINUE}", 128 + signal.SIGTERM)
    except Exception as error:
        problem = _shortage(error)
        if problem is None:
            raise
        if type(error).__name__ == _TENSORFLOW_MEMORY_ERROR:
            # After a failed allocation, TensorFlow's own clean-up crashes the process.
            print(f"{stage}: {problem}", file=sys.stderr, flush=True)
            os._exit(1)
        _leave(stage, problem, 1)


def _shortage(error: Exception) -> str | None:
    """What to say of an error that stems from the machine; None for any other."""
    if isinstance(error, MemoryError) or type(error).__name__ == _TENSORFLOW_MEMORY_ERROR:
        details = (str(error).splitlines() or ["no details"])[0]
        return f"out of memory ({details}). Free some, or make the run smaller."
    if isinstance(error, OSError) and error.errno in _FIXES:
        return f"{error.filename or 'a file'}: {os.strerror(error.errno)}. {_FIXES[error.errno]}"
    return None


def _leave(stage: str, message: str, code: int) -> None:
    with suppress(OSError):  # a terminal that went takes no message
        print(f"{stage}: {message}", file=sys.stderr)
    raise SystemExit(code)


class _Terminated(BaseException):
    """SIGTERM or SIGHUP arrived."""


def _terminate(signum: int, frame: object) -> None:
    # Nothing is printed here: the signal may have come in the middle of a print.
    raise _Terminated
