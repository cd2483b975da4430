"""C6: bird and cat are taken for one another more than any other two classes."""

from stages.claims.claim import Claim, Evidence, Judgement, judged, on_cifar10, sure
from stages.findings.finding import no_collapse
from stages.findings.registry import Analysis


def decide(analysis: Analysis, part: str) -> Judgement:
    evidence = []
    for row in analysis.where("pair_repair"):
        if {row["class_a"], row["class_b"]} == {"bird", "cat"}:
            place = {"network": row["network"], "n": row["n"], "part": part}
            ends = {"low": row["rank_low"], "high": row["rank_high"]}
            first = row["p_first"]
            evidence += [
                Evidence(quantity="rank of bird and cat among the pairs", value=row["rank"], **ends, **place),
                Evidence(quantity="repair", value=row["repair"], low=row["low"], high=row["high"], **place),
                Evidence(quantity="probability of rank 1", value=first, verdict=sure(first), **place),
            ]
    return judged(evidence)


CLAIM = Claim(
    name="C6",
    text="Bird and cat must have morphological similarities that keep all three networks from classifying them "
    "properly.",
    source="docs/report.md#c6",
    kind="causal",
    rule="Holds if no other pair of classes repairs each other's errors as much when either may not be chosen: rank 1 "
    "with bootstrap probability of at least 0.95 for every network; does not hold if at most 0.05 for one.",
    decide=decide,
    applies=on_cifar10,
    needs=no_collapse,
)
