"""C5: ship and truck are classified well."""

from collections.abc import Sequence

from stages.claims.claim import Claim, Evidence, Judgement, judged, sure
from stages.findings.registry import Analysis
from stages.statistics.table import Row


def decide(analysis: Analysis, part: str) -> Judgement:
    analysis, chances, others = analysis.of_cells, [], []
    for name in ("ship", "truck"):
        for row in analysis.where("class_ranks", **{"class": name}):
            run = {key: row[key] for key in ("network", "seed")}
            recalls = [each for each in analysis.where("classes", score="recall", **run) if each["n"]]
            (accuracy,) = analysis.where("scores", score="accuracy", part=analysis.sample.part, **run)
            verdict = sure(row["p_top_two"], refuted=_surely_higher(recalls, name) >= 2)
            top_two = f"probability that {name} is in the top two"
            chances.append(Evidence.of(row, quantity=top_two, part=part, value=row["p_top_two"], verdict=verdict))
            for recall in recalls:
                if recall["class"] == name:
                    above = recall["value"] - accuracy["value"]
                    others += [
                        Evidence.of(recall, quantity=f"recall of {name}", part=part),
                        Evidence(quantity=f"recall of {name} - accuracy of the run", part=part, value=above, **run),
                    ]
    return judged([*chances, *others])


def _surely_higher(recalls: Sequence[Row], name: str) -> int:
    """How many classes have a higher recall than this one: their simultaneous intervals lie above its own."""
    highs = [row["high_simultaneous"] for row in recalls if row["class"] == name]
    return sum(row["low_simultaneous"] > high for row in recalls for high in highs)


CLAIM = Claim(
    name="C5",
    text="'ship' and 'truck' have a high accuracy in every matrix.",
    source="docs/report.md#c5",
    kind="associated",
    rule="High means: among the two classes of highest recall. Holds if each is, with bootstrap probability of at "
    "least 0.95, in every run; does not hold if, in some run, the intervals of two classes lie above that of one, all "
    "simultaneous over all classes of all runs.",
    decide=decide,
)
