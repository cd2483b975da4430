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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_stage_with_one_line(number, code):
    body = "import time\nfrom stages.errors import reported\nwith reported('x'):\n print('up', flush=True)\n time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", body], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    os.kill(process.pid, number)
    _, message = process.communicate(timeout=30)
    assert process.returncode == code
    assert len(message.splitlines()) == 1
    assert "The same command goes on from here" in message
