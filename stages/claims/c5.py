"""C5: ship and truck are classified well."""

from stages.claims.claim import Claim, Evidence, Judgement, judged, on_cifar10, sure
from stages.findings.registry import Analysis


def decide(analysis: Analysis, part: str) -> Judgement:
    chances, recalls = [], []
    for name in ("ship", "truck"):
        for row in analysis.where("class_ranks", **{"class": name}):
            chance = row["p_top_two"]
            top_two = f"probability that {name} is in the top two"
            chances.append(Evidence.of(row, quantity=top_two, part=part, value=chance, verdict=sure(chance)))
        for row in analysis.where("classes", score="recall", **{"class": name}):
            recalls.append(Evidence.of(row, quantity=f"recall of {name}", part=part))
    return judged([*chances, *recalls])


CLAIM = Claim(
    name="C5",
    text="'ship' and 'truck' have a high accuracy in every matrix.",
    source="docs/report.md#c5",
    kind="associated",
    rule="Holds if each is among the two classes of highest recall with bootstrap probability of at least 0.95 in "
    "every run; does not hold if one is with at most 0.05 in some run.",
    decide=decide,
    applies=on_cifar10,
)
