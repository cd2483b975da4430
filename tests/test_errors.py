import errno
import os
import signal
import subprocess
import sys

import pytest

from stages.errors import InputError, reported


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InputError("expected a, got b; do c."), "split: expected a, got b; do c."),
        (OSError(errno.ENOSPC, "No space left on device", "data/x"), "split: data/x: No space left on device. Free"),
        (OSError(errno.EROFS, "Read-only file system", "data/x"), "split: data/x: Read-only file system. Work in"),
        (MemoryError(), "split: out of memory"),
    ],
)
def test_one_message_and_exit_code_1(capsys, error, expected):
    with pytest.raises(SystemExit) as caught, reported("split"):
        raise error
    assert caught.value.code == 1
    assert capsys.readouterr().err.startswith(expected)


def test_a_defect_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError), reported("split"):
        _ = 1 / 0


def run(body):
    """A process with this as the body of a stage that is called x."""
    source = "import atexit, os, signal, sys, time\nfrom stages.errors import reported\nwith reported('x'):\n"
    source += "".join(f"    {line}\n" for line in body)
    return subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 143, "terminated"),
    ],
)
def test_a_signal_ends_the_stage_with_one_line_that_says_how_to_continue(number, code, word):
    process = run(["print('up', flush=True)", "time.sleep(60)"])
    assert process.stdout.readline() == "up\n"
    os.kill(process.pid, number)
    _, message = process.communicate(timeout=30)
    assert process.returncode == code
    assert message.startswith(f"x: {word}. The same command continues: stages that are done stay")
    assert len(message.splitlines()) == 1


def test_a_signal_in_the_middle_of_a_print_ends_the_stage_too():
    """A handler that itself prints would fail here: Python's buffers cannot be entered twice."""
    process = run(["print('up', flush=True)", "while True:", "    print('.' * 10_000, file=sys.stderr, flush=True)"])
    assert process.stdout.readline() == "up\n"
    os.kill(process.pid, signal.SIGTERM)
    _, message = process.communicate(timeout=30)
    assert process.returncode == 143
    assert "x: terminated." in message
    assert "Traceback" not in message


def test_a_signal_lets_the_body_clean_up():
    process = run(
        ["try:", "    os.kill(os.getpid(), signal.SIGTERM)", "    time.sleep(60)", "finally:", "    print('tidy')"]
    )
    assert process.communicate(timeout=30)[0] == "tidy\n"


def test_tensorflows_memory_error_ends_with_one_line_although_its_clean_up_crashes():
    failure = "class ResourceExhaustedError(Exception): pass"
    process = run(["atexit.register(os.abort)", failure, "raise ResourceExhaustedError('1 TiB wanted\\nand a trace')"])
    assert (
        process.communicate(timeout=30)[1] == "x: out of memory (1 TiB wanted). Free some, or make the run smaller.\n"
    )
    assert process.returncode == 1


def test_hdf5s_words_for_a_full_disk_are_left_out(capsys):
    error = OSError(errno.ENOSPC, "Can't synchronously write data (time = now\n, errno = 28)", "data/w.h5")
    with pytest.raises(SystemExit), reported("train"):
        raise error
    message = "train: data/w.h5: No space left on device. Free some space; outputs of earlier runs are untouched.\n"
    assert capsys.readouterr().err == message
