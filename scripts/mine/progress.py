"""What DVC prints while it runs stages -> a line a stage, with the time that is left."""

import re
from collections.abc import Mapping

_STAGE = re.compile(r"(Running s|S)tage '([^']+)'")

_TRUSTED = 30.0
"""Seconds for which what was expected counts, as if a machine of the expected pace had been watched so long."""


class Progress:
    """How far a run of the pipeline is.

    expected: seconds of each stage. Those that have run say how much slower or faster this machine is, the more the
    longer they took; a stage that DVC skips, or takes from its cache, takes no time.
    """

    def __init__(self, expected: Mapping[str, float]) -> None:
        self.left = dict(expected)
        self.total = len(expected)
        self._running: tuple[float, float] | None = None
        self._expected = self._taken = 0.0

    def line(self, printed: str, now: float) -> str:
        """What to show of a line of DVC's; '' where that is nothing. now: seconds.

        >>> progress = Progress({"split": 10, "train@base-0": 100, "report": 20})
        >>> progress.line("Running stage 'split':", 0)
        '[1/3] split; about 3 minutes left'
        >>> progress.line("Running stage 'train@base-0':", 20)
        '[2/3] train base, seed 0; about 3 minutes left'
        >>> progress.line("Stage 'report' didn't change, skipping", 220)
        ''
        """
        found = _STAGE.match(printed)
        if not found:
            return ""
        if self._running:
            since, expected = self._running
            self._expected, self._taken, self._running = self._expected + expected, self._taken + now - since, None
        seconds = self.left.pop(found[2], 0.0)
        if found[1] == "S":
            return ""
        self._running = now, seconds
        pace = (self._taken + _TRUSTED) / (self._expected + _TRUSTED)
        left = minutes(pace * (seconds + sum(self.left.values())))
        return f"[{self.total - len(self.left)}/{self.total}] {_spelled(found[2])}; {left} left"


def minutes(seconds: float) -> str:
    """
    >>> minutes(20), minutes(80), minutes(140)
    ('less than a minute', 'about 2 minutes', 'about 3 minutes')
    """
    return "less than a minute" if seconds < 60 else f"about {-int(-seconds // 60)} minutes"


def _spelled(stage: str) -> str:
    """
    >>> _spelled("train@base-0"), _spelled("split")
    ('train base, seed 0', 'split')
    """
    return re.sub(r"@(.*)-(\d+)$", r" \1, seed \2", stage)
