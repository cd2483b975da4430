"""C4: nearly all errors have to do with bird and cat."""

from dataclasses import replace

import numpy as np

from stages.claims.claim import UNDECIDED, Claim, Evidence, Judgement, above, judged
from stages.findings.registry import Analysis
from stages.statistics.intervals import percentile
from stages.statistics.sample import Sample

WIDEST = "share by true or predicted class"


def decide(analysis: Analysis, part: str) -> Judgement:
    sample = analysis.of_cells.sample
    chosen = [sample.class_names.index(name) for name in ("bird", "cat")]
    wrong = ~sample.by_run(sample.right)
    by_true = np.broadcast_to(np.isin(sample.labels, chosen), wrong.shape)
    by_predicted = np.isin(sample.by_run(sample.predicted), chosen)
    ways = {"share by true class": by_true, "share by predicted class": by_predicted, WIDEST: by_true | by_predicted}
    evidence = [number for way, related in ways.items() for number in _shares(sample, wrong, related, way)]
    if not wrong.any():
        return Judgement(UNDECIDED, "There are no errors.", evidence)
    even = float(np.isin(sample.labels, chosen).mean())
    classes = len(sample.class_names)
    even_widest = 1 - (1 - even) * (classes - 3) / (classes - 1)
    most = float(min(by_true.sum() / wrong.sum(), 1))
    context = {
        "share by true class if errors fell evenly on the classes": even,
        f"{WIDEST} if errors fell evenly on the classes": even_widest,
        "share by true class at most, at this accuracy": most,
    }
    evidence += [Evidence(quantity=key, part=part, value=value, shown=False) for key, value in context.items()]
    judgement = judged(evidence)
    remark = (
        f"Errors spread evenly over classes would give {even_widest:.3f} (by true class {even:.3f}); at this accuracy, "
        f"the two classes hold at most {most:.3f} of the errors by true class."
    )
    return replace(judgement, reason=f"{judgement.reason} {remark}")


def _shares(sample: Sample, wrong: np.ndarray, related: np.ndarray, quantity: str) -> list[Evidence]:
    """Which share of all errors, and of each network's, is related. wrong, related: bool (R, N)."""
    networks = ("", *sample.networks)
    runs = [[network in ("", run.network) for run in sample.runs] for network in networks]
    hits, errors = (np.stack([cases[own].sum(axis=0) for own in runs], axis=1) for cases in (wrong & related, wrong))
    samples, wholes = np.split(sample.resamples.means(np.column_stack([hits, errors])), 2, axis=1)
    ratios = np.divide(samples, wholes, out=np.full(samples.shape, np.nan), where=wholes > 0)
    numbers = []
    for network, ratio, hit, n in zip(networks, ratios.T, hits.sum(axis=0), errors.sum(axis=0), strict=True):
        number = Evidence(quantity=quantity, part=sample.part, n=int(n), network=network, shown=not network)
        if n:
            low, high = map(float, percentile(ratio, sample.confidence))
            verdict = above(low, high, 0.85) if quantity == WIDEST and not network else ""
            number = replace(number, value=float(hit / n), low=low, high=high, verdict=verdict)
        numbers.append(number)
    return numbers


CLAIM = Claim(
    name="C4",
    text="90% of the misclassified pictures were related to these two classes.",
    source="docs/report.md#c4",
    kind="associated",
    rule="Related in the widest sense: bird or cat is the true or the predicted class. Holds if the bootstrap interval "
    "of that share of all errors lies above 0.85; does not hold if it lies below.",
    decide=decide,
)
