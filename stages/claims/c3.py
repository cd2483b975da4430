"""C3: bird and cat are classified badly."""

from stages.claims.claim import Claim, Evidence, Judgement, above, judged
from stages.findings.registry import Analysis


def decide(analysis: Analysis, part: str) -> Judgement:
    evidence = []
    for name in ("bird", "cat"):
        for row in analysis.of_cells.where("classes", score="recall", **{"class": name}):
            if row["value"] is not None:
                low, high = row["low_simultaneous"], row["high_simultaneous"]
                below = above(-high, -low, -0.5)
                recall = f"recall of {name}"
                evidence.append(Evidence.of(row, quantity=recall, part=part, low=low, high=high, verdict=below))
    return judged(evidence)


CLAIM = Claim(
    name="C3",
    text="'bird' and 'cat' have an accuracy below 0.5.",
    source="docs/report.md#c3",
    kind="associated",
    rule="Accuracy of a class is its recall. Holds if the intervals of both, simultaneous over all classes of "
    "all runs, lie below 0.5 in every run; does not hold if one lies above.",
    decide=decide,
)
