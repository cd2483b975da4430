"""Where the variance of the error indicator comes from (section 3): images, settings, seeds, and both together."""

from dataclasses import dataclass

import numpy as np

from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.grid import Grid
from stages.error_analysis.intervals import percentile
from stages.error_analysis.table import Refusal, Table


@dataclass(frozen=True)
class Source:
    """A part of the differences between cells: an orthonormal basis, float (dimensions, cells)."""

    name: str
    basis: np.ndarray


def sources(grid: Grid) -> list[Source]:
    """What the cells' differences divide into: the factors where these are crossed, else 'network', all differences."""
    cells = len(grid.networks)
    if grid.crossed and cells == 4:
        main = [grid.optimizer_effect().weights, grid.kernel_effect().weights, grid.interaction().weights]
        names = ("optimizer", "kernel size", "interaction")
        return [
            Source(name, (weights / np.linalg.norm(weights))[None]) for name, weights in zip(names, main, strict=True)
        ]
    if cells == 1:
        return []
    effects = {"optimizer": grid.optimizer_effect(), "kernel size": grid.kernel_effect()}
    only = [name for name, effect in effects.items() if effect is not None]
    name = only[0] if cells == 2 and only else "network"
    centred = np.eye(cells) - 1 / cells
    return [Source(name, np.linalg.svd(centred)[2][: cells - 1])]


def components(moments: np.ndarray, parts: list[Source], cells: int, seeds: int) -> dict[str, np.ndarray]:
    """Variance components by the method of moments (Searle, Casella and McCulloch 1992, chapter 4); sum V = e (1 - e).

    moments: float (..., 2 cells + 1), means over images of: the coordinates of an image's error rates p (cells,) in the
    orthonormal basis (constant, then each source's); their squares; and the mean over cells of p (1 - p).
    Keys: 'image', each source, 'image x <source>' for each, 'seed'; with one seed the last two kinds cannot be told
    apart and are one component, 'image x network and seed'. Components may be negative; none is clipped.
    """
    first, second, within = moments[..., :cells], moments[..., cells : 2 * cells], moments[..., -1]
    variances = (second - first**2) / cells
    result = {}
    if seeds > 1:
        noise = within * seeds / (seeds - 1)
        per_dimension = noise / (cells * seeds)
    else:
        noise = None
        per_dimension = variances[..., 1:].sum(axis=-1) / (cells - 1)
    result["image"] = variances[..., 0] - per_dimension
    start = 1
    joint = {}
    for part in parts:
        stop = start + len(part.basis)
        result[part.name] = (first[..., start:stop] ** 2).sum(axis=-1) / cells
        joint[f"image x {part.name}"] = variances[..., start:stop].sum(axis=-1) - len(part.basis) * per_dimension
        start = stop
    if noise is not None:
        return result | joint | {"seed": noise}
    return result | {"image x network and seed": per_dimension * cells}


def image_moments(wrong: np.ndarray, parts: list[Source]) -> np.ndarray:
    """What components takes the means of, for each image: float (N, 2 cells + 1). wrong: bool (cells, seeds, N)."""
    rates = wrong.mean(axis=1)
    cells = len(rates)
    basis = np.concatenate([np.full((1, cells), cells**-0.5), *(part.basis for part in parts)])
    coordinates = (basis @ rates).T
    return np.column_stack([coordinates, coordinates**2, (rates * (1 - rates)).mean(axis=0)])


def variance_shares(
    right: np.ndarray, grid: Grid, resamples: Resamples, confidence: float
) -> tuple[Table | None, dict[str, np.ndarray], list[Refusal]]:
    """Variance components and their shares of V = e (1 - e), e the mean error.

    right: bool (networks, seeds, N). The second value holds the bootstrap samples of every share, float (resamples,).
    """
    cells, seeds, images = right.shape
    if cells == seeds == 1:
        return None, {}, [Refusal("variance shares", "need 2 or more networks or seeds")]
    parts = sources(grid)
    moments = image_moments(~right, parts)
    values = components(moments.mean(axis=0), parts, cells, seeds)
    total = sum(values.values())
    if total <= 1e-12:
        return None, {}, [Refusal("variance shares", "every prediction is right, or every one is wrong")]
    samples = components(resamples.means(moments), parts, cells, seeds)
    sampled_total = sum(samples.values())
    shares = {
        name: np.divide(draws, sampled_total, out=np.full(len(draws), np.nan), where=sampled_total > 1e-12)
        for name, draws in samples.items()
    }
    rows = []
    for name, value in values.items():
        (variance_low, variance_high), (low, high) = (
            percentile(samples[name], confidence),
            percentile(shares[name], confidence),
        )
        rows.append(
            {
                "component": name,
                "variance": float(value),
                "variance_low": float(variance_low),
                "variance_high": float(variance_high),
                "share": float(value / total),
                "low": float(low),
                "high": float(high),
                "n": images,
                "runs": cells * seeds,
                "kind": "associated" if name.startswith("image") else "causal",
            }
        )
    table = Table(
        "variance_shares",
        "Shares of the variance of 'this run gets this image wrong' (random effects, method of moments); they sum to "
        "1, and a negative one is an estimate near 0. Intervals over new images.",
        "by row",
        ("component", "variance", "variance_low", "variance_high", "share", "low", "high", "n", "runs", "kind"),
        rows,
    )
    return table, shares, _refusals(parts, cells, seeds)


def _refusals(parts: list[Source], cells: int, seeds: int) -> list[Refusal]:
    refusals = []
    if any(part.name == "network" for part in parts):
        refusals.append(
            Refusal(
                "shares of optimizer, kernel size and interaction",
                "without all four cells they cannot be told apart; the share of 'network' is theirs together",
            )
        )
    if cells == 1:
        refusals.append(Refusal("shares of optimizer, kernel size and interaction", "there is one network only"))
    if seeds == 1:
        refusals.append(Refusal("share of the seed", "needs 2 or more seeds; it is part of 'image x network and seed'"))
    return refusals
