"""How far the runs of a grid are: on a terminal a line for each that is under way, one for all with the time left."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

EPOCH = re.compile(r"^epoch (\d+)/\d+:", re.MULTILINE)
"""What stages.train prints after every epoch."""


class Progress:
    """Of runs whose output is written to files; elsewhere than on a terminal only what is said of those that ended."""

    def __init__(self, epochs: Mapping[str, int], folder: Path) -> None:
        """epochs: of each run, by its name. folder: with <name>.log of each that has begun."""
        self._waiting, self._runs, self._folder = dict(epochs), len(epochs), folder
        self._bars: dict[str, tqdm] = {}
        self._all = _bar("all runs", sum(epochs.values()))

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        for bar in (*self._bars.values(), self._all):
            bar.close()

    def look(self) -> None:
        """Show how far each run is by now."""
        for name, epochs in self._waiting.items():
            log = self._folder / f"{name}.log"
            if log.exists():
                if name not in self._bars:
                    self._bars[name] = _bar(name, epochs)
                self._move(self._bars[name], done(log.read_text(encoding="utf-8", errors="replace")))
        self._all.refresh()

    def end(self, name: str, said: str) -> None:
        """Say of a run that ended how it went."""
        epochs = self._waiting.pop(name)
        bar = self._bars.pop(name, None) or _bar(name, epochs)
        self._move(bar, epochs, new=0)
        bar.close()
        tqdm.write(f"{name} ({self._runs - len(self._waiting)} of {self._runs}): {said}", file=sys.stdout)
        sys.stdout.flush()

    def _move(self, bar: tqdm, epochs: int, new: int = 1) -> None:
        """Show so many epochs as done. Of the first that are seen, so many took time: a checkpoint had the others."""
        step = epochs - bar.n
        if bar.disable or not step:
            return
        if not bar.n:
            bar.initial = step - new
            self._all.initial += step - new
        bar.update(step)
        self._all.update(step)


def done(printed: str) -> int:
    """How many epochs are done by what was printed so far.

    >>> done("epoch 9/30: loss 2"), done("Running stage 'train@a-0':")
    (9, 0)
    """
    return max(map(int, EPOCH.findall(printed)), default=0)


def _bar(name: str, epochs: int) -> tqdm:
    return tqdm(total=epochs, desc=name, unit=" epochs", smoothing=0, leave=False, disable=None)
