"""Components of the variance of 'this run gets this image wrong' (docs/analysis.md, section 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse, stats

from stages.statistics.grid import Grid
from stages.statistics.intervals import SAME, satterthwaite


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


def image_moments(wrong: np.ndarray, labels: np.ndarray, classes: int, parts: Sequence[Factor]) -> sparse.csr_array:
    """What components takes the means of, for each image: float (N, classes x (2 + cells + runs)).

    wrong: bool (cells, seeds, N). labels: uint8 (N,). Zero for all classes but the image's own; there 1, the mean over
    cells of p (1 - p), with the image's error rates p, float (cells,); the squares of p's coordinates in the
    orthonormal basis (constant, then each factor's); and `wrong` of each run.
    """
    rates = wrong.mean(axis=1).T
    values = [np.ones((len(rates), 1)), (rates * (1 - rates)).mean(axis=1, keepdims=True)]
    values += [(rates @ _basis(rates.shape[1], parts).T) ** 2, wrong.reshape(-1, len(rates)).T]
    own = np.concatenate(values, axis=1)
    images, width = own.shape
    places = labels[:, None].astype(int) * width + np.arange(width)
    rows = np.arange(images + 1) * width
    return sparse.csr_array((own.ravel(), places.ravel(), rows), shape=(images, classes * width))


def _basis(cells: int, parts: Sequence[Factor]) -> np.ndarray:
    return np.concatenate([np.full((1, cells), cells**-0.5), *(part.basis for part in parts)])


def components(
    moments: np.ndarray, parts: Sequence[Factor], seeds: int, images: int, draws: int = 1
) -> dict[str, np.ndarray]:
    """Variance components by the method of moments (Searle, Casella and McCulloch 1992, chapter 4).

    moments: float (..., classes, 2 + cells + runs), means over images of image_moments. draws: how often the images
    were drawn: 1; 2 in a resample of them. Each time, their luck adds to what the means of runs seem to differ in.

    Keys: 'image', each factor, 'image x <factor>' for each, 'run', 'run x class', 'image x run'; with one seed 'image x
    <factor>' and the last three cannot be distinguished and are one component, 'image x network and run'. Values: float
    (...); they sum to e (1 - e), e the mean error, plus what the settings' parts owe to luck. None is clipped at 0.

    Two networks, two seeds, four images of one class; wrong runs of the first network: 2, 0, 2, 1; of the second: 2, 0,
    0, 1, the last image by the first seed of each.

    >>> wrong = np.array([[[1, 0, 1, 1], [1, 0, 1, 0]], [[1, 0, 0, 1], [1, 0, 0, 0]]])
    >>> parts = [Factor("optimizer", np.array([[1, -1]]) / np.sqrt(2))]
    >>> moments = image_moments(wrong, np.zeros(4, np.uint8), 1, parts).mean(axis=0).reshape(1, -1)
    >>> for name, value in components(moments, parts, seeds=2, images=4).items():
    ...     print(f"{name}: {value:.4f}")
    image: 0.1016
    optimizer: 0.0078
    image x optimizer: 0.0234
    run: 0.0000
    run x class: 0.0000
    image x run: 0.1250
    """
    totals = moments.sum(axis=-2)
    cells = (totals.shape[-1] - 2) // (1 + seeds)
    rates = totals[..., 2 + cells :].reshape(*totals.shape[:-1], cells, seeds)
    means = rates.mean(axis=-1) @ _basis(cells, parts).T
    variances = (totals[..., 2 : 2 + cells] - means**2) / cells
    if seeds > 1:
        within = totals[..., 1] * seeds / (seeds - 1)
        spread = rates.var(axis=-1, ddof=1).mean(axis=-1)
        luck, luck_of_images = spread / (cells * seeds), (within - spread) / (cells * seeds)
    else:
        luck, luck_of_images = np.zeros_like(totals[..., 0]), variances[..., 1:].sum(axis=-1) / (cells - 1)
    result = {"image": variances[..., 0] - luck_of_images}
    joint = {}
    start = 1  # after the constant
    for part in parts:
        dimensions = len(part.basis)
        stop = start + dimensions
        result[part.name] = (means[..., start:stop] ** 2).sum(axis=-1) / cells - dimensions * luck
        joint[f"image x {part.name}"] = variances[..., start:stop].sum(axis=-1) - dimensions * luck_of_images
        start = stop
    if seeds == 1:
        return result | {"image x network and run": luck_of_images * cells}
    return result | joint | _between_runs(moments, cells, images, draws, within, spread)


def _between_runs(
    moments: np.ndarray, cells: int, images: int, draws: int, within: np.ndarray, spread: np.ndarray
) -> dict[str, np.ndarray]:
    """What `within`, the variance between runs of one cell on the same image, divides into.

    spread: the variance of their mean errors.
    """
    shares = moments[..., 0]
    runs = moments[..., 2 + cells :].reshape(*shares.shape, cells, -1)
    seeds = runs.shape[-1]
    sizes = np.maximum(shares * images, 1)
    by_class = runs.var(axis=-1, ddof=1).mean(axis=-1) / np.where(shares > 0, shares, 1)
    rest = (moments[..., 1] * seeds / (seeds - 1) - by_class) * (sizes / np.maximum(sizes - 1, 1)) ** draws
    luck_of_classes = draws * (rest / sizes).sum(axis=-1)
    run = spread - draws * rest.sum(axis=-1) / images
    by_class = by_class.sum(axis=-1)
    return {
        "run": run,
        "run x class": by_class - luck_of_classes - run,
        "image x run": within - by_class + luck_of_classes,
    }


def members(component: str) -> set[str]:
    """The sources whose interplay a component is; a class belongs to its images.

    >>> sorted(members("image x interaction")), sorted(members("run x class"))
    (['image', 'kernel size', 'optimizer'], ['image', 'run'])
    """
    several = {"class": ["image"], "interaction": ["optimizer", "kernel size"], "network and run": ["network", "run"]}
    return {source for part in component.split(" x ") for source in several.get(part, [part])}


def indices(values: Mapping[str, np.ndarray], sources: set[str]) -> dict[str, np.ndarray]:
    """Sobol indices of some sources together, from every component, float (...), and as shares of their sum.

    'first-order' (Sobol 1993): what varies with nothing else; 'total' (Homma and Saltelli 1996): all that varies with
    them; 'Shapley' (Owen 2014): a component counts in equal parts for all its sources.

    >>> values = {"image": np.array(0.5), "optimizer": np.array(0.1), "image x optimizer": np.array(0.4)}
    >>> {name: float(value) for name, value in indices(values, {"image"}).items()}
    {'first-order': 0.5, 'total': 0.9, 'Shapley': 0.7}
    """
    whole = np.sum(list(values.values()), axis=0)
    whole = np.where(whole > SAME, whole, np.nan)
    own = {name: len(members(name) & sources) / len(members(name)) for name in values}
    weights = {"first-order": lambda part: part == 1, "total": lambda part: part > 0, "Shapley": float}
    return {
        index: np.sum([weight(own[name]) * value for name, value in values.items()], axis=0) / whole
        for index, weight in weights.items()
    }


def over_seeds(rates: np.ndarray, basis: np.ndarray, confidence: float) -> tuple[float, float] | None:
    """Interval over new seeds of a factor's component; None with one seed, or where seeds differ in nothing.

    rates: float (cells, seeds), each run's error rate. basis: of the factor. The component is a squared length; the
    lengths in the sphere of confidence around the estimate give its ends (Scheffe 1953), with Satterthwaite's degrees
    of freedom (1946), since cells may vary differently.

    >>> rates = np.array([[0.5, 0.54], [0.4, 0.44]])  # 0.05 ± 2.92 x 0.0141, squared
    >>> [round(end, 4) for end in over_seeds(rates, np.array([[1, -1]]) / np.sqrt(2), 0.9)]
    [0.0001, 0.0083]
    """
    cells, seeds = rates.shape
    variances = rates.var(axis=1, ddof=1) if seeds > 1 else np.zeros(cells)
    if variances.max() < SAME**2:
        return None
    freedom = satterthwaite(variances, seeds - 1)
    length = np.linalg.norm(basis @ rates.mean(axis=1)) / np.sqrt(cells)
    quantile = stats.f.ppf(confidence, len(basis), freedom)
    radius = np.sqrt(len(basis) * quantile * variances.mean() / (cells * seeds))
    return float(max(0, length - radius) ** 2), float((length + radius) ** 2)


def run_over_seeds(rates: np.ndarray, confidence: float) -> tuple[float, float] | None:
    """Chi-squared interval over new seeds of the variance of error rates between runs of one cell; None as above."""
    seeds = rates.shape[1]
    variances = rates.var(axis=1, ddof=1) if seeds > 1 else np.zeros(1)
    if variances.max() < SAME**2:
        return None
    freedom, tail = satterthwaite(variances, seeds - 1), (1 - confidence) / 2
    low, high = (float(variances.mean() * freedom / stats.chi2.ppf(q, freedom)) for q in (1 - tail, tail))
    return low, high
