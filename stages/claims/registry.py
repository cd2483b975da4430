"""The claims, in the order of the report, and what becomes of them."""

from dataclasses import asdict

from stages.claims import c1, c2, c3, c4, c5, c6, c7
from stages.claims.claim import Claim
from stages.findings.finding import NETWORK, PART, SEED
from stages.findings.registry import Analysis
from stages.statistics.table import Column, Table

CLAIMS: tuple[Claim, ...] = (c1.TRAINING, c1.HELD_OUT, *(module.CLAIM for module in (c2, c3, c4, c5, c6, c7)))

KIND = Column(str, "'causal' or 'associated'")
VERDICT = "'holds', 'does not hold', 'depends on the reading' or 'cannot be decided'"
VERDICTS = {
    "claim": Column(str, "name of the claim"),
    "text": Column(str, "what the report claims"),
    "verdict": Column(str, VERDICT),
    "reason": Column(str, "which numbers decide, or why none does"),
    "rule": Column(str, "when the claim holds and when it does not"),
    "source": Column(str, "where the report's claim is quoted"),
    "on_test_images": Column(str, "the verdict of the same rule on the test images; '' for a claim about other images"),
    "kind": KIND,
}
NUMBERS = {
    "claim": Column(str, "name of the claim"),
    "quantity": Column(str, "what the number is"),
    "network": Column(str, f"{NETWORK.meaning}; '' for all of them"),
    "seed": Column(int, f"{SEED.meaning}; none for all of them"),
    "part": PART,
    "value": Column(float, "a share 0..1, a difference of shares, or a rank; none where only the verdict counts"),
    "low": Column(float, "lower end of its interval, over what the quantity says or over new images; none without one"),
    "high": Column(float, "upper end of it"),
    "n": Column(int, "how many images, errors, seeds or runs the number is computed on"),
    "verdict": Column(str, "what this number alone says of the rule; '' where it decides nothing"),
    "shown": Column(bool, "whether the number stands beside the verdict"),
    "kind": KIND,
}


def verdict_tables(analysis: Analysis, on_test: Analysis) -> list[Table]:
    """`verdicts` and `claim_numbers`: the claims judged, and their evidence; none of data other than CIFAR-10.

    analysis: of runs that learned. on_test: of the same runs' test images.
    """
    verdicts, numbers = [], []
    for claim in CLAIMS if analysis.sample.dataset == "cifar10" else ():
        if claim.part not in ("", *analysis.sample.others):
            continue
        judgement = claim.judge(analysis)
        verdict = {"claim": claim.name, "verdict": judgement.verdict, "reason": judgement.reason}
        verdict |= {"on_test_images": "" if claim.part else claim.judge(on_test).verdict}
        verdicts.append(verdict | {key: getattr(claim, key) for key in ("text", "rule", "source", "kind")})
        numbers += [{"claim": claim.name, **asdict(number), "kind": claim.kind} for number in judgement.evidence]
    return [Table("verdicts", "by row", VERDICTS, verdicts), Table("claim_numbers", "by row", NUMBERS, numbers)]
