"""Git, DVC and other programs, run as a user would run them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stages.errors import InputError

DVC = (sys.executable, "-m", "dvc")


def environment(*without: str, **changes: str) -> dict[str, str]:
    """This process's environment without some variables, with this interpreter's programs first."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {name: value for name, value in os.environ.items() if name not in without} | {"PATH": paths} | changes


def attempt(*command: str, folder: Path | str = ".", **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command whatever its exit code; standard output and error as text. options: of subprocess.run."""
    settings = {"cwd": folder, "env": environment(), "stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    return subprocess.run(command, **(settings | options))


def output(*command: str, folder: Path | str = ".", **options: Any) -> str:
    """Standard output of a command; InputError with what it printed where it fails."""
    done = attempt(*command, folder=folder, **options)
    if done.returncode:
        problem = (done.stderr or done.stdout or "").strip() or f"exit code {done.returncode}"
        raise InputError(f"`{shown(command)}` failed: {problem}")
    return done.stdout


def watched(
    *command: str, folder: Path | str = ".", line: Callable[[str], None] | None = None, **variables: str
) -> None:
    """Run a command whose output the user sees; an interruption reaches all that it started, and its end is awaited.

    line: is given each line of standard output instead.
    """
    options: dict[str, Any] = {"cwd": folder, "env": environment(**variables), "stdin": subprocess.DEVNULL}
    output = subprocess.PIPE if line else None
    process = subprocess.Popen(command, process_group=0, stdout=output, text=True, **options)
    try:
        for printed in process.stdout or ():
            if line:
                line(printed.rstrip())
        code = process.wait()
    except BaseException:
        while process.poll() is None:
            with suppress(KeyboardInterrupt):  # a further one is passed on, too
                os.killpg(process.pid, signal.SIGINT)
                process.wait()
        raise
    if code:
        raise InputError(
            f"`{shown(command[: len(DVC) + 2])}` ended with exit code {code}; its output is above. Trainings that are "
            "done stay in DVC's cache, and the same command continues from there."
        )


def git(*arguments: str, folder: Path | str = ".") -> str:
    return output("git", *arguments, folder=folder)


def dvc(*arguments: str, folder: Path | str = ".", **options: Any) -> str:
    return output(*DVC, *arguments, folder=folder, **options)


def shown(command: Sequence[str]) -> str:
    """The command as a user would type it."""
    return " ".join(("dvc", *command[len(DVC) :]) if tuple(command[: len(DVC)]) == DVC else command)
