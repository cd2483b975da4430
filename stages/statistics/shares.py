"""Components and indices of the variance of a sample's errors, and the same in every resample of the images."""

import functools
from collections.abc import Mapping

import numpy as np

from stages.statistics.sample import Sample
from stages.statistics.variance import components, factors, image_moments, indices, members


@functools.cache
def variances(sample: Sample) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
    """Every component, float (), and the same in each resample of the images, float (resamples,)."""
    parts, classes = factors(sample.grid), len(sample.class_names)
    moments = image_moments(~sample.right_by_cell, sample.labels, classes, parts)
    images, seeds = len(sample.labels), len(sample.seeds)
    once, again = moments.mean(axis=0).reshape(classes, -1), sample.resamples.means(moments)
    again = again.reshape(len(again), classes, -1)
    return components(once, parts, seeds, images), components(again, parts, seeds, images, draws=2)


def sources(sample: Sample) -> dict[str, set[str]]:
    """What the error may vary with: the image, the settings together, each of them where there are two, and the run."""
    settings = sorted({source for factor in factors(sample.grid) for source in members(factor.name)}, reverse=True)
    together = {" and ".join(settings): set(settings)} if settings else {}
    return {"image": {"image"}} | together | {name: {name} for name in settings} | {"run": {"run"}}


@functools.cache
def sampled_indices(sample: Sample) -> Mapping[str, Mapping[str, np.ndarray]]:
    """By source and index, float (resamples,); NaN where no error varies."""
    _, samples = variances(sample)
    return {source: indices(samples, names) for source, names in sources(sample).items()}


def without_each_seed(sample: Sample, names: set[str], index: str) -> list[float]:
    """An index of these sources without one seed in turn; none with fewer than three seeds."""
    parts, classes, seeds = factors(sample.grid), len(sample.class_names), len(sample.seeds)
    fewer = [~np.delete(sample.right_by_cell, seed, axis=1) for seed in range(seeds) if seeds > 2]
    means = [image_moments(wrong, sample.labels, classes, parts).mean(axis=0).reshape(classes, -1) for wrong in fewer]
    values = [components(each, parts, seeds - 1, len(sample.labels)) for each in means]
    return [float(indices(each, names)[index]) for each in values]
