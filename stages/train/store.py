"""Where checkpoints lie, and how they are written and read."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from stages.files import replacing
from stages.train import checkpoint
from stages.train.checkpoint import Checkpoint


def folder(environment: Mapping[str, str]) -> Path:
    """In the user's checkout, which $DVC_ROOT is even where an experiment runs in a temporary copy of it.

    Outside of the stage's outputs, which DVC deletes before it runs the stage.
    """
    return Path(environment.get("DVC_ROOT", ".")) / "checkpoints"


class Store:
    """The one checkpoint of a training.

    Processes that run the same training at once share it: each writes beside and renames, so that whoever reads
    finds the whole state after some epoch, the same whoever wrote it.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._identity = identity
        self._path = folder / f"{identity}.checkpoint"

    def read(self, beginning: Checkpoint) -> Checkpoint:
        """What is kept, or else the beginning. Says on standard error what it read.

        What is kept must have arrays like those of the beginning. A checkpoint that cannot be used is renamed to
        *.unusable and counts as none.
        """
        try:
            kept = checkpoint.unpack(self._path.read_bytes(), self._identity, beginning.state)
        except FileNotFoundError:
            return beginning
        except checkpoint.UnusableError as error:
            aside = self._path.with_suffix(".unusable")
            with suppress(FileNotFoundError):  # another process was faster
                os.replace(self._path, aside)
            message = f"{self._path} cannot be used: {error}. Set aside as {aside.name}; starting at epoch 1."
            print(message, file=sys.stderr)
            return beginning
        print(f"going on after epoch {kept.epoch}, from {self._path}", file=sys.stderr)
        return kept

    def write(self, state: Checkpoint) -> None:
        """Keep this instead of what was kept. Whole or not at all, even where the machine dies."""
        content = checkpoint.pack(state, self._identity)
        with replacing(self._path) as temporary, temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
