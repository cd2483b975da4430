"""Components of the variance of 'this run gets this image wrong' (docs/analysis.md, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.statistics.grid import Grid


@dataclass(frozen=True)
class Factor:
    """A part of the differences between cells: an orthonormal basis, float (dimensions, cells)."""

    name: str
    basis: np.ndarray


def factors(grid: Grid) -> list[Factor]:
    """What the cells' differences divide into: the settings where these are crossed, else 'network', all differences.

    A cell is a network of the grid.
    """
    cells = len(grid.networks)
    optimizer, kernel_size, interaction = grid.optimizer_effect(), grid.kernel_effect(), grid.interaction()
    if optimizer and kernel_size and interaction and cells == 4:
        contrasts = (optimizer, kernel_size, interaction)
        return [Factor(each.effect, (each.weights / np.linalg.norm(each.weights))[None]) for each in contrasts]
    if cells == 1:
        return []
    names = [name for name, effect in (("optimizer", optimizer), ("kernel size", kernel_size)) if effect]
    centred = np.eye(cells) - 1 / cells
    return [Factor(names[0] if cells == 2 and names else "network", np.linalg.svd(centred)[2][: cells - 1])]


def image_moments(wrong: np.ndarray, parts: Sequence[Factor]) -> np.ndarray:
    """What components takes the means of, for each image: float (N, 2 cells + 1). wrong: bool (cells, seeds, N).

    The coordinates of the image's error rates p, float (cells,), in the orthonormal basis (constant, then each
    factor's); their squares; and the mean over cells of p (1 - p).
    """
    rates = wrong.mean(axis=1)
    cells = len(rates)
    basis = np.concatenate([np.full((1, cells), cells**-0.5), *(part.basis for part in parts)])
    coordinates = (basis @ rates).T
    return np.column_stack([coordinates, coordinates**2, (rates * (1 - rates)).mean(axis=0)])


def components(moments: np.ndarray, parts: Sequence[Factor], seeds: int) -> dict[str, np.ndarray]:
    """Variance components by the method of moments (Searle, Casella and McCulloch 1992, chapter 4).

    moments: float (..., 2 cells + 1), means over images of image_moments. Keys: 'image', each factor, 'image x
    <factor>' for each, 'seed'; with one seed the last two kinds cannot be distinguished and are one component, 'image x
    network and seed'. Values: float (...); they sum to e (1 - e), e the mean error, and none is clipped at 0.

    Two networks, two seeds, four images; wrong runs of the first network: 2, 0, 2, 1, of the second: 2, 0, 0, 1.

    >>> wrong = np.array([[[1, 0, 1, 1], [1, 0, 1, 0]], [[1, 0, 0, 1], [1, 0, 0, 0]]])
    >>> parts = [Factor("optimizer", np.array([[1, -1]]) / np.sqrt(2))]
    >>> values = components(image_moments(wrong, parts).mean(axis=0), parts, seeds=2)
    >>> {name: round(float(value), 6) for name, value in values.items()}
    {'image': 0.09375, 'optimizer': 0.015625, 'image x optimizer': 0.015625, 'seed': 0.125}
    """
    cells = moments.shape[-1] // 2
    means, squares, within = moments[..., :cells], moments[..., cells : 2 * cells], moments[..., -1]
    variances = (squares - means**2) / cells
    seed = within * seeds / (seeds - 1) if seeds > 1 else None
    chance = variances[..., 1:].sum(axis=-1) / (cells - 1) if seed is None else seed / (cells * seeds)
    result = {"image": variances[..., 0] - chance}
    joint = {}
    start = 1  # after the constant
    for part in parts:
        stop = start + len(part.basis)
        result[part.name] = (means[..., start:stop] ** 2).sum(axis=-1) / cells
        joint[f"image x {part.name}"] = variances[..., start:stop].sum(axis=-1) - len(part.basis) * chance
        start = stop
    if seed is None:
        return result | {"image x network and seed": chance * cells}
    return result | joint | {"seed": seed}
