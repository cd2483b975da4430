"""One training of one network, the unit that the stages work on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.errors import InputError


@dataclass(frozen=True, order=True)
class Run:
    """One training of a network of params.yaml, with one of its seeds."""

    network: str
    seed: int

    def __str__(self) -> str:
        return f"{self.network}, seed {self.seed}"

    def file(self, folder: Path, suffix: str) -> Path:
        """Where the run's file lies in a folder that has one of every run."""
        return folder / self.network / f"{self.seed}{suffix}"

    @classmethod
    def named(cls, arguments: Sequence[str]) -> "Run":
        """The run that a stage's command line names; InputError for anything but a network and a seed."""
        if len(arguments) != 2 or not arguments[1].isascii() or not arguments[1].isdecimal():
            got = f"got {' '.join(arguments)}" if arguments else "got nothing"
            raise InputError(f"expected the name of a network and a seed, such as `nicknet1 0`, {got}.")
        return cls(arguments[0], int(arguments[1]))
