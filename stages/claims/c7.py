"""C7: the images matter more than the settings and the run."""

import numpy as np

from stages.claims.claim import UNDECIDED, Claim, Evidence, Judgement, above, agreed, judged, of_readings
from stages.findings.finding import no_collapse
from stages.findings.registry import Analysis
from stages.statistics.intervals import jackknife, percentile
from stages.statistics.sample import Sample
from stages.statistics.shares import sampled_indices, sources, without_each_seed
from stages.statistics.table import Row

READINGS = ("first-order", "total")


def decide(analysis: Analysis, part: str) -> Judgement:
    analysis = analysis.of_cells
    if problem := _incomparable(analysis.sample):
        return Judgement(UNDECIDED, problem)
    if not analysis.table("sobol_indices"):
        return Judgement(UNDECIDED, "The Sobol indices could not be computed.")
    return of_readings({f"{index} indices": judged(_evidence(analysis, part, index)) for index in READINGS})


def _evidence(analysis: Analysis, part: str, index: str) -> list[Evidence]:
    image, settings, *_, run = analysis.where("sobol_indices", index=index)
    numbers = [
        Evidence.of(row, quantity=f"{index} index of {row['source']}", part=part) for row in (image, settings, run)
    ]
    for other in (settings, run):
        numbers += agreed(_differences(analysis.sample, image, other, part))
    return numbers


def _differences(sample: Sample, image: Row, other: Row, part: str) -> list[Evidence]:
    """How far an index of the image exceeds that of another source, over new images and, by jackknife, new seeds."""
    index, value = image["index"], image["value"] - other["value"]
    samples = sampled_indices(sample)
    low, high = map(float, percentile(samples["image"][index] - samples[other["source"]][index], sample.confidence))
    intervals = {"images": (low, high, image["n"])}
    without = [without_each_seed(sample, sources(sample)[row["source"]], index) for row in (image, other)]
    if ends := jackknife(value, np.subtract(without[0], without[1]), sample.confidence):
        intervals["seeds"] = (*ends, len(sample.seeds))
    name = f"{index} index of image - that of {other['source']}"
    return [
        Evidence(
            quantity=f"{name}, over new {over}",
            part=part,
            value=value,
            low=low,
            high=high,
            n=n,
            verdict=above(low, high, 0),
        )
        for over, (low, high, n) in intervals.items()
    ]


def _incomparable(sample: Sample) -> str:
    """Why the grid does not vary all that the image is compared with; '' where it does."""
    effects = {"optimizer": sample.grid.optimizer_effect(), "kernel size": sample.grid.kernel_effect()}
    fixed = [name for name, effect in effects.items() if effect is None]
    if fixed:
        return f"The grid does not compare networks that differ in the {' or the '.join(fixed)} alone."
    return "" if len(sample.seeds) > 2 else "Fewer than three seeds: how far they move the indices is not known."


CLAIM = Claim(
    name="C7",
    text="What most affects misclassification is the data set.",
    source="docs/report.md#c7",
    kind="associated",
    rule="Holds if the Sobol index of the image exceeds that of optimizer and kernel size together and that of the "
    "run, over new images and over new seeds; does not hold if one of these exceeds it in both. Judged on first-order "
    "and on total indices; depends on the reading where one holds and the other does not.",
    decide=decide,
    needs=no_collapse,
)
