"""The grid of runs, and which comparisons it supports (docs/analysis.md, section 3)."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from stages.settings import DEFAULT_LEARNING_RATE
from stages.statistics.table import Refusal

Settings = Mapping[str, Any]
"""What was set for one network, by name; empty where nothing is known of it."""
Cell = tuple[str, int]
"""Optimizer and kernel size."""
CELL = ("optimizer", "kernel_size")
COMPARED = {*CELL, "learning_rate"}
"""What networks may differ in and still be compared: a learning rate goes with its optimizer."""


@dataclass(frozen=True)
class Contrast:
    """A difference between networks: the sum over networks of weight x accuracy.

    effect names what was changed, levels says what minus what. weights: float (networks,), in the order of
    Grid.networks.
    """

    effect: str
    levels: str
    weights: np.ndarray


@dataclass(frozen=True)
class Grid:
    """Networks that differ from one another, every one trained with every seed.

    cells: the network of each optimizer and kernel size, among those that differ in nothing else. problem: why the
    effects of these two cannot be estimated, and there are no cells; '' where there are. settings: of every network
    that it was made of. same_as: for a network whose settings another one has too, that one, which alone is among
    networks. left_out: the networks that are in no cell.
    """

    networks: tuple[str, ...]
    seeds: tuple[int, ...]
    cells: Mapping[Cell, str]
    problem: str = ""
    settings: Mapping[str, Settings] = field(default_factory=dict)
    same_as: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[Refusal, ...] = ()

    @property
    def optimizers(self) -> list[str]:
        """The optimizers of the cells, first minus second in every contrast."""
        return sorted({optimizer for optimizer, _ in self.cells})

    @property
    def kernel_sizes(self) -> list[int]:
        """The kernel sizes of the cells, largest first."""
        return sorted({size for _, size in self.cells}, reverse=True)

    @property
    def crossed(self) -> bool:
        """Whether all four cells of two optimizers and two kernel sizes are there."""
        return not self.uncrossed

    @property
    def uncrossed(self) -> str:
        """Why not all four cells of two optimizers and two kernel sizes are there; '' where they are."""
        if self.problem:
            return self.problem
        if not len(self.optimizers) == len(self.kernel_sizes) == 2:
            return "needs two optimizers crossed with two kernel sizes"
        cells = [(optimizer, size) for optimizer in self.optimizers for size in self.kernel_sizes]
        absent = [f"{optimizer} x {size}" for optimizer, size in cells if (optimizer, size) not in self.cells]
        if len(absent) > 1:
            return f"cells {' and '.join(absent)} are not in the grid"
        return f"cell {absent[0]} is not in the grid" if absent else ""

    def cell(self, network: str) -> Cell | None:
        """Optimizer and kernel size of a network; None where the grid was not made of it."""
        settings = self.settings.get(network, {})
        return (settings["optimizer"], settings["kernel_size"]) if settings.keys() >= set(CELL) else None

    def unit(self, cell: Cell) -> np.ndarray:
        """The weights of the accuracy of one cell, float (networks,): 1 for its network, 0 for the others."""
        return np.array([float(network == self.cells[cell]) for network in self.networks])

    def simple_optimizer_effects(self) -> list[Contrast]:
        """The optimizers compared at each kernel size that was trained with both."""
        name = "optimizer at kernel size"
        return self._simple(name, self.optimizers, self.kernel_sizes, lambda optimizer, size: (optimizer, size))

    def simple_kernel_effects(self) -> list[Contrast]:
        """The kernel sizes compared with each optimizer that was used with both."""
        name = "kernel size with"
        return self._simple(name, self.kernel_sizes, self.optimizers, lambda size, optimizer: (optimizer, size))

    def optimizer_effect(self) -> Contrast | None:
        """The mean of the optimizer's simple effects, or the only one; None where there is none."""
        return _mean("optimizer", self.simple_optimizer_effects())

    def kernel_effect(self) -> Contrast | None:
        """The mean of the kernel size's simple effects, or the only one; None where there is none."""
        return _mean("kernel size", self.simple_kernel_effects())

    def interaction(self) -> Contrast | None:
        """How much the optimizer's effect differs between the kernel sizes; None unless all four cells are there."""
        if not self.crossed:
            return None
        large, small = self.simple_optimizer_effects()
        levels = f"({large.levels} at {self.kernel_sizes[0]}) - ({small.levels} at {self.kernel_sizes[1]})"
        return Contrast("interaction", levels, large.weights - small.weights)

    @cached_property
    def refusals(self) -> tuple[Refusal, ...]:
        """What cannot be compared, and why. Where there is a problem with all cells, those who need them say so."""
        equal = [
            Refusal(
                f"{first} against {network}",
                f"their settings are the same; effects, shares and error mass use {first} alone",
            )
            for network, first in self.same_as.items()
        ]
        return (*equal, *self.left_out, *(self._missing() if self.cells else ()))

    def _simple(self, effect: str, levels: Sequence, others: Sequence, cell: Callable[..., Cell]) -> list[Contrast]:
        """The first level minus the second at each level of the other factor that has both."""
        if len(levels) != 2:
            return []
        pairs = [(other, *(cell(level, other) for level in levels)) for other in others]
        return [
            Contrast(f"{effect} {other}", f"{levels[0]} - {levels[1]}", self.unit(first) - self.unit(second))
            for other, first, second in pairs
            if first in self.cells and second in self.cells
        ]

    def _missing(self) -> list[Refusal]:
        """What cannot be estimated from the cells."""
        reasons = {
            "effect of the optimizer": _why_none("optimizer", self.optimizers, self.simple_optimizer_effects()),
            "effect of the kernel size": _why_none("kernel size", self.kernel_sizes, self.simple_kernel_effects()),
            "interaction": self.uncrossed,
        }
        if len(self.optimizers) == len(self.kernel_sizes) == 2:
            reasons["mean effects of optimizer and kernel size"] = self.uncrossed
        if len(self.seeds) < 2:
            reasons["new-seed intervals"] = "needs 2 or more seeds"
        return [Refusal(analysis, reason) for analysis, reason in reasons.items() if reason]


def _why_none(factor: str, levels: Sequence, simple: list[Contrast]) -> str:
    shown = ", ".join(str(level) for level in levels)
    if len(levels) == 1:
        return f"every network that can be compared has {shown}"
    if len(levels) > 2:
        return f"the grid has {len(levels)} levels ({shown}); this analysis compares two"
    return "" if simple else f"no two networks differ in the {factor} ({shown}) alone"


def _mean(effect: str, simple: list[Contrast]) -> Contrast | None:
    if len(simple) < 2:
        return simple[0] if simple else None
    return Contrast(effect, simple[0].levels, np.mean([contrast.weights for contrast in simple], axis=0))


def make(settings: Mapping[str, Settings], seeds: tuple[int, ...]) -> Grid:
    """The grid of networks with these settings, each trained with every seed.

    Networks with equal settings count once. The cells hold the largest group of networks that differ in optimizer
    and kernel size alone; the learning rate goes with the optimizer. There are none where these are not stated.
    """
    firsts: dict[str, str] = {}
    same_as = {network: firsts.setdefault(rest(each) or network, network) for network, each in settings.items()}
    networks = tuple(firsts.values())
    stated = [network for network in networks if settings[network].keys() >= set(CELL)]
    compared = _compared({network: settings[network] for network in stated})
    problem = _mixed_rates([settings[network] for network in compared]) if stated else NOT_STATED
    cells: dict[Cell, str] = {
        (settings[network]["optimizer"], settings[network]["kernel_size"]): network for network in compared
    }
    return Grid(
        networks,
        seeds,
        cells={} if problem else cells,
        problem=problem,
        settings=settings,
        same_as={network: first for network, first in same_as.items() if network != first},
        left_out=tuple(_left_out(network, compared[0], settings) for network in stated if network not in compared),
    )


NOT_STATED = "optimizer and kernel size of the networks are not stated"


def rest(settings: Settings, without: Collection[str] = ()) -> str:
    """The settings but these, as text that is equal where they are; '' where nothing is known.

    >>> rest({"optimizer": "sgd", "depth": 18}, without={"depth"})
    '{"optimizer": "sgd"}'
    """
    return json.dumps({name: settings[name] for name in settings if name not in without}) if settings else ""


def _compared(settings: Mapping[str, Settings]) -> list[str]:
    """The largest group of networks that differ in optimizer, its learning rate and kernel size alone.

    Of an optimizer, those with its default rate, if there are any: other rates belong to a ladder.
    """
    groups: dict[str, list[str]] = {}
    for network, each in settings.items():
        groups.setdefault(rest(each, COMPARED), []).append(network)
    largest = max(groups.values(), key=len, default=[])
    usual = {settings[network]["optimizer"] for network in largest if _has_default_rate(settings[network])}
    return [
        each for each in largest if _has_default_rate(settings[each]) or settings[each].get("optimizer") not in usual
    ]


def _has_default_rate(settings: Settings) -> bool:
    optimizer = settings.get("optimizer")
    return optimizer in DEFAULT_LEARNING_RATE and settings.get("learning_rate") == DEFAULT_LEARNING_RATE[optimizer]


def _left_out(network: str, first: str, settings: Mapping[str, Settings]) -> Refusal:
    here, there = settings[network], settings[first]
    names = [name for name in here if here[name] != there[name] and name not in COMPARED]
    reason = f"it differs from {first} in {', '.join(names)}" if names else "its learning rate is no default"
    return Refusal(f"effects of optimizer and kernel size on {network}", f"{reason}; left out of them")


def _mixed_rates(settings: Sequence[Settings]) -> str:
    """Which optimizer is used with several learning rates; '' for none."""
    for optimizer in sorted({each["optimizer"] for each in settings}):
        rates = sorted({each.get("learning_rate") or 0 for each in settings if each["optimizer"] == optimizer})
        if len(rates) > 1:
            shown = ", ".join(map(str, rates))
            return f"{optimizer} is used with learning rates {shown}, which would be taken for an effect"
    return ""
