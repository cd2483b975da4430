"""C7: the images matter more than the settings and the seed."""

from dataclasses import replace

import numpy as np

from stages.claims.claim import UNDECIDED, Claim, Evidence, Judgement, higher, judged
from stages.findings.finding import no_collapse
from stages.findings.registry import Analysis
from stages.findings.variance_shares import sampled_shares
from stages.statistics.intervals import percentile
from stages.statistics.sample import Sample

GROUPS = (("image",), ("optimizer", "kernel size", "network"), ("seed",))
"""Components that are compared, those of a group together; 'network' stands for the settings where these mix."""


def decide(analysis: Analysis, part: str) -> Judgement:
    sample = analysis.sample
    shares = {row["component"]: row["share"] for row in analysis.where("variance_shares")}
    if not shares:
        return Judgement(UNDECIDED, "The variance shares could not be computed.")
    image, evidence = None, []
    for group in GROUPS:
        components = [name for name in group if name in shares]
        if components:
            samples = np.sum([sampled_shares(sample)[name] for name in components], axis=0)
            low, high = map(float, percentile(samples, sample.confidence))
            number = Evidence(
                quantity=f"share of {' + '.join(components)}",
                part=part,
                value=sum(shares[name] for name in components),
                low=low,
                high=high,
                n=len(sample.labels),
                verdict=higher(image, (low, high)) if image else "",
            )
            evidence.append(number)
            image = image or (low, high)
    judgement = judged(evidence)
    problem = _incomparable(sample)
    return replace(judgement, verdict=UNDECIDED, reason=problem) if problem else judgement


def _incomparable(sample: Sample) -> str:
    """Why the grid does not vary all that the image is compared with; '' where it does."""
    effects = {"optimizer": sample.grid.optimizer_effect(), "kernel size": sample.grid.kernel_effect()}
    fixed = [name for name, effect in effects.items() if effect is None]
    if fixed:
        return f"The grid does not compare networks that differ in the {' or the '.join(fixed)} alone."
    return "One seed: the share of the seed is not known." if len(sample.seeds) < 2 else ""


CLAIM = Claim(
    name="C7",
    text="What most affects misclassification is the data set.",
    source="docs/report.md#c7",
    kind="associated",
    rule="Holds if the image's share of the variance of errors lies, intervals apart, above that of optimizer and "
    "kernel size together and above that of the seed; does not hold if it lies below one of them.",
    decide=decide,
    needs=no_collapse,
)
