"""Networks that differ in one setting, and what changing it repairs and breaks beyond luck (docs/analysis.md, 5)."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from stages.settings import DEFAULT_LEARNING_RATE
from stages.statistics.grid import Grid, Settings, rest
from stages.statistics.intervals import SAME, jackknifed, percentile
from stages.statistics.sample import Sample
from stages.statistics.table import Row

UNKNOWN = np.nan, np.nan
ENDS = ("low_images", "high_images", "low_seeds", "high_seeds")
FEWEST = 3
"""Values that make a curve."""
Ladder = list[str]
"""Networks with one optimizer that differ in the learning rate alone, from the lowest."""


@dataclass(frozen=True)
class Remedy:
    """One setting changed in training, whether it helps or not.

    base, network: trained without and with the change. before, after: the values of the setting.
    """

    setting: str
    base: str
    network: str
    before: Any
    after: Any


def families(grid: Grid) -> list[tuple[str, list[str]]]:
    """Every setting in which some networks differ while they have all else in common, and these networks, base first.

    The base is the one that can be compared with most networks, the first of equals. A learning rate that is the
    default of its optimizer belongs to the optimizer.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for setting in dict.fromkeys(name for settings in grid.settings.values() for name in settings):
        for network in grid.networks:
            for common in _rests(grid.settings[network], setting):
                groups.setdefault((setting, common), []).append(network)
    found = [(setting, networks) for (setting, _), networks in groups.items() if len(networks) > 1]
    compared: Counter[str] = Counter()
    for _, networks in found:
        compared.update(dict.fromkeys(networks, len(networks) - 1))
    for _, networks in found:
        base = max(networks, key=lambda network: compared[network])
        networks.sort(key=lambda network: network != base)
    return found


def _rests(settings: Settings, setting: str) -> Iterator[str]:
    """What networks must have in common to differ in this setting alone; nothing where it is not known."""
    if setting in settings:
        yield rest(settings, {setting})
    if setting == "optimizer" and settings.get("learning_rate", "") == DEFAULT_LEARNING_RATE.get(
        settings.get(setting, "")
    ):
        yield rest(settings, {setting, "learning_rate"})


def remedies(grid: Grid) -> list[Remedy]:
    """Each network of a family against its base.

    >>> from stages.statistics.grid import make
    >>> base = {"augment": "none", "train_share": 1.0}
    >>> changes = {"flipped": {"augment": "flip_shift"}, "half": {"train_share": 0.5}, "base": {},
    ...            "quarter": {"train_share": 0.25}, "both": {"train_share": 0.1, "augment": "flip_shift"}}
    >>> networks = {name: base | change for name, change in changes.items()}
    >>> for one in remedies(make(networks, (0,))):
    ...     print(one.base, one.network, one.setting, one.before, one.after)
    base flipped augment none flip_shift
    flipped both train_share 1.0 0.1
    base half train_share 1.0 0.5
    base quarter train_share 1.0 0.25
    """
    return [
        Remedy(setting, base, network, *(grid.settings[each][setting] for each in (base, network)))
        for setting, (base, *networks) in families(grid)
        for network in networks
    ]


def compared_images(sample: Sample, remedy: Remedy) -> np.ndarray:
    """bool (N,): the images but those of classes that one of the two networks did not learn."""
    left_out = [sample.grid.settings[network].get("without") for network in (remedy.base, remedy.network)]
    return ~np.isin(np.array(sample.class_names)[sample.labels], [name for name in left_out if name])


def others(state: np.ndarray) -> np.ndarray:
    """How many of a network's runs with other seeds are in a state, int (S, N); of one run alone, this one.

    state: bool (S, N), such as which images each run gets wrong.
    """
    return state.sum(axis=0) - state if len(state) > 1 else state.astype(int)


class Case(NamedTuple):
    """Answers of a base in a state, wrong or right, and what becomes of them.

    before, after: bool (S, N), the state with the base and with the change. groups: bool (G, N), images. weigh: how
    often each run and image counts, int (S, N), given the base's states. counted: bool (S, N), which of the base's
    answers in the state count; all of them if None.
    """

    before: np.ndarray
    after: np.ndarray
    groups: np.ndarray
    weigh: Callable[[np.ndarray], np.ndarray] = others
    counted: np.ndarray | None = None

    @property
    def totals(self) -> np.ndarray:
        """How often each image counts, and of these, how often it is turned by the change, and by luck: (3, N)."""
        weights = self.weigh(self.before if self.counted is None else self.counted)
        parts = weights, weights * ~self.after, weights * ~self.before
        return np.stack([part.sum(axis=0) for part in parts])

    def without(self, seed: int) -> "Case":
        counted = None if self.counted is None else np.delete(self.counted, seed, 0)
        before, after = (np.delete(state, seed, 0) for state in (self.before, self.after))
        return self._replace(before=before, after=after, counted=counted)


def turned(sample: Sample, cases: Sequence[Case]) -> list[list[Row]]:
    """Of each case, by group: of the answers in the state, the share that runs with other seeds do not repeat.

    Keys of each row: share, of runs with the change; placebo, of the base's own; excess, their difference; and its
    ENDS. None where there is no number.

    Two images, two seeds. Both runs of the base err on the first, one on the second; with the change, one run is right
    on the first, both on the second. See docs/analysis.md.

    >>> from types import SimpleNamespace
    >>> from stages.statistics.bootstrap import Resamples
    >>> two = SimpleNamespace(resamples=Resamples(2, 100, np.random.default_rng(0)), confidence=0.95)
    >>> before, after = np.array([[1, 1], [1, 0]]) > 0, np.array([[0, 0], [1, 0]]) > 0
    >>> ((row,),) = turned(two, [Case(before, after, np.ones((1, 2), bool))])
    >>> [round(row[key], 3) for key in ("share", "placebo", "excess")]
    [0.667, 0.333, 0.333]
    """
    columns = [
        sparse.csr_array((case.totals[:, None] * case.groups).reshape(-1, case.groups.shape[1]).T) for case in cases
    ]
    sampled = sample.resamples.means(sparse.hstack(columns, format="csr"))
    parts = np.split(sampled, np.cumsum([part.shape[1] for part in columns])[:-1], axis=1)
    return [_rows(case, part, sample.confidence) for case, part in zip(cases, parts, strict=True)]


def _rows(case: Case, sampled: np.ndarray, confidence: float) -> list[Row]:
    """Of each group; sampled: the totals in each resample, (resamples, 3 x G)."""
    shares, placebos = _shares(case.totals @ case.groups.T)
    if len(case.before) == 1:
        return [_row(share) for share in shares]
    excesses = np.subtract(*_shares(np.moveaxis(sampled.reshape(len(sampled), 3, -1), 0, 1)))
    fewer = [case.without(seed) for seed in range(len(case.before))]
    without = np.transpose([np.subtract(*_shares(each.totals @ case.groups.T)) for each in fewer])
    return [
        _row(
            *(share, placebo, share - placebo, *_ends(samples, confidence)),
            *(jackknifed(share - placebo, each, confidence) or UNKNOWN),
        )
        for share, placebo, samples, each in zip(shares, placebos, excesses.T, without, strict=True)
    ]


def _shares(totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turned by the change, and by luck, of all that count; NaN where nothing does. totals: (3, ...)."""
    whole, *parts = totals.astype(float)
    shares = [np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0) for part in parts]
    return shares[0], shares[1]


def _ends(samples: np.ndarray, confidence: float) -> tuple[float, float]:
    """Of samples (resamples,), NaN where there is no number; unknown where they do not vary, as few images may not."""
    if np.isnan(samples).all() or np.nanmax(samples) - np.nanmin(samples) < SAME:
        return UNKNOWN
    low, high = percentile(samples, confidence)
    return float(low), float(high)


def _row(*values: float) -> Row:
    keys = ("share", "placebo", "excess", *ENDS)
    known = [None if np.isnan(value) else float(value) for value in values]
    return dict(zip(keys, [*known, *[None] * (len(keys) - len(known))], strict=True))


def numeric_families(grid: Grid) -> list[tuple[str, list[str]]]:
    """Numeric settings of which networks have three or more values, all else in common; base first."""
    numeric = [
        (setting, networks)
        for setting, networks in families(grid)
        if all(isinstance(grid.settings[network][setting], int | float) for network in networks)
    ]
    return [(setting, networks) for setting, networks in numeric if len(networks) >= FEWEST and setting != "order_seed"]


def ladders(grid: Grid) -> list[list[Ladder]]:
    """Of two optimizers by the alphabet, with two or more rates each, and all else in common."""
    groups: dict[str, dict[str, Ladder]] = {}
    stated = {network: grid.settings[network] for network in grid.networks if "optimizer" in grid.settings[network]}
    for network in sorted(stated, key=lambda network: stated[network].get("learning_rate") or 0):
        common = rest(stated[network], {"optimizer", "learning_rate"})
        groups.setdefault(common, {}).setdefault(stated[network]["optimizer"], []).append(network)
    pairs = [[by_optimizer[name] for name in sorted(by_optimizer)] for by_optimizer in groups.values()]
    return [pair for pair in pairs if len(pair) == 2 and all(len(ladder) > 1 for ladder in pair)]
