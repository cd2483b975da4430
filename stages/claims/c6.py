"""C6: bird and cat are taken for one another more than any other two classes."""

import numpy as np

from stages.claims.claim import Claim, Evidence, Judgement, judged, sure
from stages.findings.finding import no_collapse
from stages.findings.registry import Analysis
from stages.statistics.intervals import simultaneous_bootstrap
from stages.statistics.pair_repair import repairs
from stages.statistics.sample import Sample

CLAIMED = ("bird", "cat")


def decide(analysis: Analysis, part: str) -> Judgement:
    refuted, evidence = _surely_exceeded(analysis.of_cells.sample), []
    for row in analysis.of_cells.where("pair_repair"):
        if {row["class_a"], row["class_b"]} == set(CLAIMED):
            place = {"network": row["network"], "n": row["n"], "part": part}
            ranks = [("share", "rank"), ("count", "count_rank")]
            evidence += [
                Evidence(
                    quantity=f"rank of bird and cat among the pairs, by {way}",
                    value=row[rank],
                    low=row[f"{rank}_low"],
                    high=row[f"{rank}_high"],
                    **place,
                )
                for way, rank in ranks
            ]
            first, repair = row["p_first"], {"value": row["repair"], "low": row["low"], "high": row["high"]}
            evidence.append(Evidence(quantity="repair", **repair, **place))
            verdict = sure(first, refuted[row["network"]])
            evidence.append(Evidence(quantity="probability of rank 1, by share", value=first, verdict=verdict, **place))
    return judged([*evidence, *_left_out(analysis, part)])


def _left_out(analysis: Analysis, part: str) -> list[Evidence]:
    """What becomes of the errors between the two where one of them was not there in training, or may not be chosen."""
    return [
        Evidence(
            quantity=f"{row['true']} taken for {row['class']}, repaired beyond luck: {row['class']} {row['how']}",
            value=row["excess"],
            low=row["low_images"],
            high=row["high_images"],
            n=row["n"],
            network=row["base"],
            part=part,
        )
        for row in analysis.where("absent_class")
        if {row["true"], row["class"]} == set(CLAIMED) and row["excess"] is not None
    ]


def _surely_exceeded(sample: Sample) -> dict[str, bool]:
    """Of each network, whether another pair surely repairs more, all pairs of all networks considered together."""
    a, b = sorted(map(sample.class_names.index, CLAIMED))
    found = repairs(sample)
    claimed = found.pairs.tolist().index([a, b])
    values, samples = (each - each[..., [claimed]] for each in (found.shares, found.sampled_shares))
    lower, _ = simultaneous_bootstrap(values.ravel(), samples.reshape(len(samples), -1), sample.confidence)
    exceeded = np.any(lower.reshape(values.shape) > 0, axis=1).tolist()
    return dict(zip(sample.networks, exceeded, strict=True))


CLAIM = Claim(
    name="C6",
    text="Bird and cat must have morphological similarities that keep all three networks from classifying them "
    "properly.",
    source="docs/report.md#c6",
    kind="causal",
    rule="Holds if no other pair of classes repairs each other's errors as much when either may not be chosen: rank 1 "
    "with bootstrap probability of at least 0.95 for every network; does not hold if, for one, another pair repairs "
    "more: the interval of the difference, simultaneous over all pairs of all networks, lies above 0.",
    decide=decide,
    needs=no_collapse,
)
