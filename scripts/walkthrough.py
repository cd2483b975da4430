"""Run the commands of a page in a clean clone, in order, and write what they print into the page.

python -m scripts.walkthrough [PAGE]

A fence that begins with ```console is run; the words after it say how:
  quiet      what the commands print is not part of the page
  tail=N     only the last N lines are
  unordered  the lines' order may change from run to run
  fails      the last command of the block ends with an error
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts import shell
from stages.errors import InputError, reported
from stages.files import write_text

PAGE = Path("docs/experiments.md")

TOLERANCE = 0.1
"""Of numbers with a decimal point: another kind of processor rounds otherwise, and a training is sensitive to it."""

_FENCE = re.compile(r"^```console(?P<options>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?![\w.])")
_BY_NATURE = (
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b"), "HASH"),
    (re.compile(r"\b\d\d:\d\d [AP]M\b"), "TIME"),
    (re.compile(r"\d+ active, \d+ idle"), "WORKERS"),
    (re.compile(r"[├└]── "), "- "),
    (re.compile(r"[-─━]{2,}:?"), "--"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True)
class Step:
    """A command of the page."""

    command: str
    output: str
    options: frozenset[str]
    fails: bool

    @property
    def quiet(self) -> bool:
        return "quiet" in self.options

    def shown(self, printed: str) -> str:
        """What of the output the page shows."""
        lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
        for option in self.options:
            if option.startswith("tail="):
                lines = lines[-int(option.removeprefix("tail=")) :]
        return "" if self.quiet else "".join(f"{line}\n" for line in lines)


def steps(page: str) -> list[Step]:
    """The commands of all console blocks, in order. A line that begins with `> ` continues the command before."""
    return [step for fence in _FENCE.finditer(page) for step in _block(fence["options"], fence["body"])]


def rewritten(page: str, outputs: list[str]) -> str:
    """The page with these outputs, one a step, all of one run; as it is where all are alike."""
    if all(map(alike, steps(page), outputs)):
        return page
    remaining = iter(outputs)

    def block(fence: re.Match) -> str:
        parts = []
        for step in _block(fence["options"], fence["body"]):
            parts += [_prompted(step.command), next(remaining)]
        return f"```console{fence['options']}\n{''.join(parts)}```"

    return _FENCE.sub(block, page)


def alike(step: Step, output: str) -> bool:
    """Whether the page shows this output, up to hashes, times, the widths of columns and TOLERANCE."""
    texts = [_normalised(text, "unordered" in step.options) for text in (step.output, output)]
    if len({tuple(_NUMBER.sub("NUMBER", line) for line in lines) for lines in texts}) > 1:
        return False
    numbers = [[float(number) for line in lines for number in _NUMBER.findall(line)] for lines in texts]
    return all(abs(one - other) <= TOLERANCE for one, other in zip(*numbers, strict=True))


def run(page: str, folder: Path) -> list[str]:
    """What each step of the page prints in `folder`; InputError where one ends otherwise than the page says."""
    outputs = []
    for step in steps(page):
        print(f"walkthrough: {step.command}", file=sys.stderr, flush=True)
        done = _call(step.command, folder)
        if bool(done.returncode) != step.fails:
            wanted = "an error" if step.fails else "success"
            raise InputError(f"`{step.command}`: expected {wanted}, got exit code {done.returncode}:\n{done.stdout}")
        outputs.append(step.shown(done.stdout))
    return outputs


@contextmanager
def clone() -> Iterator[Path]:
    """A clone of the commit at hand, whose environment is this process's."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "nicknets")
        shell.git("clone", "--quiet", ".", str(folder))
        (folder / ".venv").symlink_to(sys.prefix)
        try:
            yield folder
        finally:
            _call("dvc queue stop --kill", folder)


def main(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    with clone() as folder:
        outputs = run(page, folder)
    changed = sum(not alike(step, output) for step, output in zip(steps(page), outputs, strict=True))
    write_text(path, rewritten(page, outputs))
    print(f"{path}: {len(outputs)} commands, {changed} changed outputs")


def _block(options: str, body: str) -> list[Step]:
    commands: list[tuple[str, str]] = []
    for line in body.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append((line[2:].rstrip("\n"), ""))
        elif line.startswith("> ") and commands and not commands[-1][1]:
            commands[-1] = (f"{commands[-1][0]}\n{line[2:].rstrip()}", "")
        elif commands:
            commands[-1] = (commands[-1][0], commands[-1][1] + line)
        else:
            raise InputError(f"a console block must begin with a command, `$ ...`; got {line!r}")
    chosen = frozenset(options.split())
    return [
        Step(command, output, chosen, fails="fails" in chosen and place == len(commands))
        for place, (command, output) in enumerate(commands, start=1)
    ]


def _prompted(command: str) -> str:
    return "$ " + command.replace("\n", "\n> ") + "\n"


def _normalised(text: str, unordered: bool) -> list[str]:
    lines = []
    for line in text.splitlines():
        for pattern, word in _BY_NATURE:
            line = pattern.sub(word, line)
        lines.append(line.strip())
    return sorted(lines) if unordered else lines


def _call(command: str, folder: Path) -> subprocess.CompletedProcess:
    """As a reader would run it, with this process's Python; a Git identity, and no CIFAR-10 at hand."""
    roles = [f"GIT_{role}_{part}" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")]
    environment = shell.environment(
        "DVC_ROOT", "CIFAR10_ARCHIVE", "CIFAR10_SOURCE", COLUMNS="120", MAKEFLAGS="--no-print-directory"
    )
    environment |= dict.fromkeys(roles, "reader@example.org")
    # Not a pipe: what continues in the background keeps it open.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        streams = {"capture_output": False, "stdout": printed, "stderr": subprocess.STDOUT}
        done = shell.attempt("bash", "-c", command, folder=folder, env=environment, **streams)
        printed.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, printed.read())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m scripts.walkthrough", description=__doc__.split("\n\n")[0])
    parser.add_argument("page", nargs="?", type=Path, default=PAGE, help="%(default)s")
    with reported("walkthrough"):
        main(parser.parse_args().page)
