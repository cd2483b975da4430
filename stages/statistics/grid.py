"""The grid of runs, and which comparisons it supports."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from stages.settings import NetworkSettings
from stages.statistics.table import Refusal


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

    cells: the network of each (optimizer, kernel size), among those that differ in nothing else.
    """

    networks: tuple[str, ...]
    seeds: tuple[int, ...]
    cells: dict[tuple[str, int], str]
    refusals: tuple[Refusal, ...]
    same_as: dict[str, str]
    """For a network whose settings another one has too: that one."""

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
        return len(self.optimizers) == len(self.kernel_sizes) == 2 and len(self.cells) == 4

    def simple_optimizer_effects(self) -> list[Contrast]:
        """The optimizers compared at each kernel size that was trained with both."""
        if len(self.optimizers) != 2:
            return []
        first, second = self.optimizers
        return [
            self._contrast(
                f"optimizer at kernel size {size}", f"{first} - {second}", {(first, size): 1, (second, size): -1}
            )
            for size in self.kernel_sizes
            if (first, size) in self.cells and (second, size) in self.cells
        ]

    def simple_kernel_effects(self) -> list[Contrast]:
        """The kernel sizes compared with each optimizer that was used with both."""
        if len(self.kernel_sizes) != 2:
            return []
        first, second = self.kernel_sizes
        return [
            self._contrast(
                f"kernel size with {optimizer}", f"{first} - {second}", {(optimizer, first): 1, (optimizer, second): -1}
            )
            for optimizer in self.optimizers
            if (optimizer, first) in self.cells and (optimizer, second) in self.cells
        ]

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

    def _contrast(self, effect: str, levels: str, signs: Mapping[tuple[str, int], float]) -> Contrast:
        weights = np.zeros(len(self.networks))
        for cell, sign in signs.items():
            weights[self.networks.index(self.cells[cell])] = sign
        return Contrast(effect, levels, weights)


def _mean(effect: str, simple: list[Contrast]) -> Contrast | None:
    if len(simple) < 2:
        return simple[0] if simple else None
    return Contrast(effect, simple[0].levels, np.mean([contrast.weights for contrast in simple], axis=0))


def make(settings: Mapping[str, NetworkSettings], seeds: tuple[int, ...]) -> Grid:
    """The grid of networks with these settings, each trained with every seed.

    Networks with equal settings count once. The cells hold the largest group of networks that differ in optimizer
    and kernel size alone; the learning rate goes with the optimizer. What cannot be compared is named in refusals.
    """
    refusals = []
    distinct: dict[str, str] = {}
    same_as = {}
    for network, setting in settings.items():
        first = distinct.setdefault(setting.model_dump_json(), network)
        if first != network:
            same_as[network] = first
            refusals.append(
                Refusal(
                    f"{first} against {network}",
                    f"their settings are the same; effects, shares and budget use {first} alone",
                )
            )
    networks = tuple(distinct.values())
    cells, problems = _cells({network: settings[network] for network in networks})
    grid = Grid(networks, seeds, cells, (), same_as)
    return replace(grid, refusals=(*refusals, *problems, *_missing(grid)))


def _cells(settings: Mapping[str, NetworkSettings]) -> tuple[dict[tuple[str, int], str], list[Refusal]]:
    groups: dict[str, list[str]] = {}
    for network, setting in settings.items():
        others = setting.model_copy(update={"optimizer": "adam", "learning_rate": None, "kernel_size": 1})
        groups.setdefault(others.model_dump_json(), []).append(network)
    chosen = max(groups.values(), key=len)
    refusals = [
        Refusal(
            f"effects of optimizer and kernel size on {network}",
            f"it differs from {chosen[0]} in {_differences(settings[chosen[0]], settings[network])}; left out of them",
        )
        for network in settings
        if network not in chosen
    ]
    for optimizer in sorted({settings[network].optimizer for network in chosen}):
        rates = sorted(
            {settings[network].learning_rate for network in chosen if settings[network].optimizer == optimizer}
        )
        if len(rates) > 1:
            shown = ", ".join(map(str, rates))
            reason = f"{optimizer} is used with learning rates {shown}, which would be taken for an effect"
            return {}, [*refusals, Refusal("effects of optimizer and kernel size", reason)]
    return {(settings[network].optimizer, settings[network].kernel_size): network for network in chosen}, refusals


def _differences(one: NetworkSettings, other: NetworkSettings) -> str:
    names = [name for name in type(one).model_fields if getattr(one, name) != getattr(other, name)]
    return ", ".join(name for name in names if name not in ("optimizer", "learning_rate", "kernel_size"))


def _missing(grid: Grid) -> list[Refusal]:
    """What the cells cannot tell, each with the reason."""
    refusals = []
    if not grid.cells:
        return refusals
    for factor, levels, simple in (
        ("optimizer", grid.optimizers, grid.simple_optimizer_effects()),
        ("kernel size", grid.kernel_sizes, grid.simple_kernel_effects()),
    ):
        shown = ", ".join(str(level) for level in levels)
        if len(levels) == 1:
            refusals.append(Refusal(f"effect of the {factor}", f"every network that can be compared has {shown}"))
        elif len(levels) > 2:
            refusals.append(
                Refusal(
                    f"effect of the {factor}",
                    f"the grid has {len(levels)} levels ({shown}); this analysis compares two",
                )
            )
        elif not simple:
            refusals.append(
                Refusal(f"effect of the {factor}", f"no two networks differ in the {factor} ({shown}) alone")
            )
    if len(grid.optimizers) == len(grid.kernel_sizes) == 2 and not grid.crossed:
        absent = [
            f"{optimizer} x {size}"
            for optimizer in grid.optimizers
            for size in grid.kernel_sizes
            if (optimizer, size) not in grid.cells
        ]
        cells = f"cell {absent[0]} is" if len(absent) == 1 else f"cells {' and '.join(absent)} are"
        names = ("interaction", "mean effects of optimizer and kernel size", "Shapley split")
        refusals += [Refusal(name, f"{cells} not in the grid") for name in names]
    elif not grid.crossed:
        names = ("interaction", "Shapley split")
        refusals += [Refusal(name, "needs two optimizers crossed with two kernel sizes") for name in names]
    if len(grid.seeds) < 2:
        refusals.append(Refusal("new-seed intervals", "needs 2 or more seeds"))
    return refusals
