"""The report's claims C1 to C7, each by a rule that was fixed before the published run (section 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import stats

from stages.error_analysis.bootstrap import Resamples
from stages.error_analysis.effects import estimate, sampled_accuracies
from stages.error_analysis.grid import Contrast, Grid, Run
from stages.error_analysis.intervals import percentile
from stages.error_analysis.runs import Runs
from stages.error_analysis.table import Kind, Table

HOLDS, FAILS, UNTOLD, INAPPLICABLE = "holds", "does not hold", "cannot be told from this grid", "not applicable"

STATED_ACCURACY = {("nicknet1", "adam", 15): 0.9, ("nicknet2", "sgd", 15): 0.6, ("nicknet3", "sgd", 10): 0.6}
"""The report's accuracies, to one decimal: a number x stands for x - 0.05 to x + 0.05."""
CIFAR10 = frozenset(["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"])
"""The classes of the report's data set. Other data sets may have birds and cats too, of which it says nothing."""
SURE = 0.95
"""Bootstrap probability that counts as sure."""


@dataclass(frozen=True)
class Claim:
    """A claim of the report, and the rule that judges it."""

    name: str
    text: str
    kind: Kind
    rule: str


C1 = Claim(
    "C1",
    "Nicknet1 has the highest accuracy, 0.9; Nicknet2 and Nicknet3 have 0.6.",
    "associated",
    "Holds if every run's Wilson interval lies within 0.05 of the stated number and those of nicknet1 lie above all "
    "others; does not hold if one lies wholly outside, or another network's lie above those of nicknet1.",
)
C2 = Claim(
    "C2",
    "The main difference is the optimizer (Adam against SGD).",
    "causal",
    "Holds if the size of the optimizer's effect exceeds that of the kernel size, in the intervals over new images "
    "and over new seeds, and the optimizer's effect differs from 0 over new seeds; does not hold if the kernel size's "
    "exceeds it in both.",
)
C3 = Claim(
    "C3",
    "'bird' and 'cat' have an accuracy below 0.5.",
    "associated",
    "Accuracy of a class is its recall. Holds if the upper bounds of both, corrected (Holm) over all classes of all "
    "runs, are below 0.5 in every run; does not hold if a corrected lower bound is above 0.5.",
)
C4 = Claim(
    "C4",
    "90% of the misclassified pictures were related to these two classes.",
    "associated",
    "Related in the widest sense: bird or cat is the true or the predicted class. Holds if the bootstrap interval of "
    "that share of all errors lies above 0.85; does not hold if it lies below.",
)
C5 = Claim(
    "C5",
    "'ship' and 'truck' have a high accuracy in every matrix.",
    "associated",
    "Holds if each is among the two classes of highest recall with bootstrap probability of at least 0.95 in every "
    "run; does not hold if one is with at most 0.05 in some run.",
)
C6 = Claim(
    "C6",
    "Bird and cat must have morphological similarities that keep all three networks from classifying them properly.",
    "causal",
    "Holds if no other pair of classes repairs each other's errors as much when either may not be chosen: rank 1 with "
    "bootstrap probability of at least 0.95 for every network; does not hold if at most 0.05 for one.",
)
C7 = Claim(
    "C7",
    "What most affects misclassification is the data set.",
    "associated",
    "Holds if the image's share of the variance of errors lies, intervals apart, above that of optimizer and kernel "
    "size together and above that of the seed; does not hold if it lies below one of them.",
)


@dataclass(frozen=True)
class Verdict:
    """One claim judged. evidence: the numbers it rests on, rows of the table claim_numbers without claim and kind."""

    claim: str
    text: str
    kind: Kind
    rule: str
    verdict: str
    reason: str
    numbers: str = ""
    interval: str = ""
    n: int | None = None
    evidence: list[dict] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """What the claims are judged on: one part's images.

    part: 'held-out' or 'test'. right: bool (networks, seeds, N), axes as in the grid. shares: bootstrap samples of the
    variance shares. collapsed: a sentence for each run that predicts one class only.
    """

    part: str
    runs: Runs
    grid: Grid
    right: np.ndarray
    tables: Mapping[str, Table]
    shares: Mapping[str, np.ndarray]
    collapsed: Sequence[str]
    resamples: Resamples
    confidence: float

    def rows(self, table: str, **wanted: object) -> list[dict]:
        """The rows of a table in which the columns have these values."""
        return [row for row in self.tables[table].rows if all(row[key] == value for key, value in wanted.items())]


def judge(case: Case) -> list[Verdict]:
    """Every claim, in the report's order. C1 is judged on training images too, if the case has their accuracies."""
    verdicts = []
    for part in ("training", case.part):
        if case.rows("scores", images=part):
            verdicts.append(_c1(case, part))
    return [*verdicts, *(claim(case) for claim in (_c2, _c3, _c4, _c5, _c6, _c7))]


def verdict_table(verdicts: Sequence[Verdict], on_test_images: Mapping[str, str]) -> Table:
    """One row a claim; on_test_images: the verdict of the same rule there, by claim."""
    columns = ("claim", "text", "verdict", "numbers", "interval", "n", "rule", "reason", "on_test_images", "kind")
    return Table(
        "verdicts",
        "The report's claims, judged by rules fixed before the run.",
        "by row",
        columns,
        [
            {column: getattr(verdict, column, None) for column in columns}
            | {"on_test_images": on_test_images.get(verdict.claim, "")}
            for verdict in verdicts
        ],
    )


def markdown(table: Table) -> str:
    """The verdicts as a Markdown table, for a pull request."""
    columns = ("claim", "text", "verdict", "numbers", "interval", "n", "reason", "on_test_images", "rule", "kind")
    rows = [columns, ["---"] * len(columns)]
    rows += [["" if row[column] is None else str(row[column]) for column in columns] for row in table.rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in rows)


def evidence_table(verdicts: Sequence[Verdict]) -> Table:
    """The numbers behind the verdicts, one a row."""
    columns = ("claim", "quantity", "network", "seed", "images", "value", "low", "high", "n", "verdict", "kind")
    return Table(
        "claim_numbers",
        "The numbers that the verdicts rest on; verdict: what this number alone says, empty where it decides nothing.",
        "by row",
        columns,
        [{"claim": one.claim, "kind": one.kind} | row for one in verdicts for row in one.evidence],
    )


def _number(
    quantity: str,
    images: str,
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    n: int | None = None,
    verdict: str = "",
    run: Run | None = None,
    network: str = "",
) -> dict:
    place = {"network": run.network, "seed": run.seed} if run else {"network": network, "seed": None}
    return {
        "quantity": quantity,
        **place,
        "images": images,
        "value": value,
        "low": low,
        "high": high,
        "n": n,
        "verdict": verdict,
    }


def _all_hold(evidence: Sequence[dict]) -> str:
    """Holds if every number says so, fails if one contradicts, else untold."""
    verdicts = {row["verdict"] for row in evidence if row["verdict"]}
    if FAILS in verdicts:
        return FAILS
    return HOLDS if verdicts == {HOLDS} else UNTOLD


def _reason(verdict: str, evidence: Sequence[dict]) -> str:
    """Which numbers decide, at most four of them by name."""
    if verdict == HOLDS:
        return "Every number meets the rule."
    seeds = _several_seeds(evidence)
    deciding = [row for row in evidence if row["verdict"] == verdict]
    names = [", ".join(filter(None, (row["quantity"], _run_name(row, seeds)))) for row in deciding]
    listed = "; ".join(names[:4]) + (f"; and {len(names) - 4} more" if len(names) > 4 else "")
    return f"{'Contradicted' if verdict == FAILS else 'Left open'} by {listed}."


def _several_seeds(evidence: Sequence[dict]) -> bool:
    return len({row["seed"] for row in evidence} - {None}) > 1


def _run_name(row: dict, seeds: bool) -> str:
    return row["network"] + (f" seed {row['seed']}" if seeds and row["seed"] is not None else "")


def _shown(evidence: Sequence[dict]) -> tuple[str, str]:
    """Numbers and intervals as text, one clause a quantity: each run where there are at most 4, else the range.

    Both have equally many clauses; that of a quantity without intervals is empty.
    """
    seeds = _several_seeds(evidence)
    numbers, intervals = [], []
    for quantity in dict.fromkeys(row["quantity"] for row in evidence):
        rows = [row for row in evidence if row["quantity"] == quantity and row["value"] is not None]
        if not rows:
            continue
        bounded = [row for row in rows if row["low"] is not None]
        if len(rows) <= 4:
            values = ", ".join(f"{_run_name(row, seeds)} {_digits(row['value'])}".strip() for row in rows)
            bounds = ", ".join(_interval(row) for row in bounded)
        else:
            ends = [_digits(end(row["value"] for row in rows)) for end in (min, max)]
            values = f"{' to '.join(ends)} over {len(rows)} runs"
            ends = [_digits(end(row[key] for row in bounded)) for end, key in ((min, "low"), (max, "high")) if bounded]
            bounds = f"within [{', '.join(ends)}]" if ends else ""
        numbers.append(f"{quantity}: {values}")
        intervals.append(bounds)
    return "; ".join(numbers), "; ".join(intervals)


def _interval(row: dict) -> str:
    return f"[{_digits(row['low'])}, {_digits(row['high'])}]"


def _digits(value: float) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _judged(claim: Claim, evidence: list[dict], shown: Sequence[dict] | None = None, **given: object) -> Verdict:
    """The verdict that the evidence gives together, unless one is given; shown: the numbers to print, or all."""
    verdict = given.get("verdict") or _all_hold(evidence)
    numbers, interval = _shown(evidence if shown is None else shown)
    return Verdict(
        claim.name,
        claim.text,
        claim.kind,
        claim.rule,
        verdict,
        given.get("reason") or _reason(verdict, evidence),
        given.get("numbers", numbers),
        given.get("interval", interval),
        given.get("n"),
        evidence,
    )


def _within(low: float, high: float, bottom: float, top: float) -> str:
    """Whether an interval says that the number is from bottom to top."""
    if bottom <= low and high <= top:
        return HOLDS
    return FAILS if high < bottom or low > top else UNTOLD


def _above(low: float, high: float, threshold: float) -> str:
    """Whether an interval says that the number is above the threshold."""
    return HOLDS if low > threshold else FAILS if high < threshold else UNTOLD


def _sure(probability: float) -> str:
    """Whether a bootstrap probability is high, or low, enough to be sure."""
    return HOLDS if probability >= SURE else FAILS if probability <= 1 - SURE else UNTOLD


def _absent(case: Case, *names: str) -> str | None:
    """Why a claim about these classes of CIFAR-10 does not apply; None where the data set has its classes."""
    absent = [name for name in names if name not in case.runs.class_names]
    if absent:
        return f"The data set has no such class: {', '.join(absent)}."
    return None if set(case.runs.class_names) == CIFAR10 else "The classes are not those of CIFAR-10."


def _c1(case: Case, part: str) -> Verdict:
    claim = replace(C1, name=f"C1 {part}")
    absent = _absent(case, "bird", "cat")
    if absent:
        return _judged(claim, [], verdict=INAPPLICABLE, reason=f"The report's accuracies are of CIFAR-10. {absent}")
    cells = {(network, *cell) for cell, network in case.grid.cells.items()}
    missing = [
        f"{network} ({optimizer}, {size})"
        for network, optimizer, size in STATED_ACCURACY
        if (network, optimizer, size) not in cells
    ]
    if missing:
        return _judged(claim, [], verdict=UNTOLD, reason=f"Not in the grid: {', '.join(missing)}.")
    accuracies = []
    for (network, _, _), stated in STATED_ACCURACY.items():
        for row in case.rows("scores", images=part, score="accuracy", network=network):
            verdict = _within(row["low"], row["high"], stated - 0.05, stated + 0.05)
            run = Run(network, row["seed"])
            accuracies.append(_number("accuracy", part, row["value"], row["low"], row["high"], row["n"], verdict, run))
    spans = {
        network: (min(row["low"] for row in rows), max(row["high"] for row in rows))
        for network in (network for network, _, _ in STATED_ACCURACY)
        for rows in [[row for row in accuracies if row["network"] == network]]
    }
    first = spans.pop("nicknet1")
    order = HOLDS if all(first[0] > high for _, high in spans.values()) else UNTOLD
    if any(low > first[1] for low, _ in spans.values()):
        order = FAILS
    highest = _number("nicknet1 has the highest accuracy", part, None, verdict=order)
    return _judged(claim, [*accuracies, highest], n=accuracies[0]["n"])


def _c2(case: Case) -> Verdict:
    optimizer, kernel = case.grid.optimizer_effect(), case.grid.kernel_effect()
    problem = _causal_problem(case)
    if problem or optimizer is None or kernel is None:
        missing = "The grid needs two networks that differ in the optimizer alone, and two in the kernel size alone."
        return _judged(C2, [], verdict=UNTOLD, reason=problem or missing)

    accuracies = sampled_accuracies(case.right, case.resamples)
    effects = {
        f"effect of {contrast.effect}": estimate(case.right, contrast, accuracies, case.confidence)
        for contrast in (optimizer, kernel)
    }
    signs = [np.sign(effect["value"]) or 1 for effect in effects.values()]
    difference = Contrast("", "", signs[0] * optimizer.weights - signs[1] * kernel.weights)
    effects["size of the first - size of the second"] = estimate(case.right, difference, accuracies, case.confidence)
    evidence = [
        _number(
            f"{name}, over new {over}",
            case.part,
            effect["value"],
            effect[f"low_{over}"],
            effect[f"high_{over}"],
            effect[over],
        )
        for name, effect in effects.items()
        for over in ("images", "seeds")
        if effect[f"low_{over}"] is not None
    ]
    intervals = [
        ", ".join(
            f"over new {over} {_interval(row)}"
            for over in ("images", "seeds")
            for row in evidence
            if row["quantity"] == f"{name}, over new {over}"
        )
        for name in effects
    ]
    given = {
        "n": case.right.shape[2],
        "numbers": "; ".join(f"{name}: {effect['value']:.3f}" for name, effect in effects.items()),
        "interval": "; ".join(intervals),
    }
    if case.right.shape[1] < 2:
        reason = "One seed: how far accuracy varies from seed to seed is not known."
        return _judged(C2, evidence, verdict=UNTOLD, reason=reason, **given)
    _, by_seed, _, _, *differences = evidence
    by_seed["verdict"] = HOLDS if by_seed["low"] > 0 or by_seed["high"] < 0 else UNTOLD
    for row in differences:
        row["verdict"] = _above(row["low"], row["high"], 0)
    if len({row["verdict"] for row in differences}) > 1:
        given |= {"verdict": UNTOLD, "reason": "The two intervals of the difference do not say the same."}
    spread = _seed_spread(case)
    given["numbers"] += f"; {spread['quantity']}: {spread['value']:.3f}"
    given["interval"] += f"; {_interval(spread)}"
    return _judged(C2, [*evidence, spread], **given)


def _seed_spread(case: Case) -> dict:
    """Standard deviation of accuracy over seeds within networks, pooled, with its chi-squared interval."""
    networks, seeds, _ = case.right.shape
    freedom = networks * (seeds - 1)
    variance = case.right.mean(axis=2).var(axis=1, ddof=1).mean()
    tail = (1 - case.confidence) / 2
    low, high = (np.sqrt(variance * freedom / stats.chi2.ppf(q, freedom)) for q in (1 - tail, tail))
    quantity = "standard deviation of accuracy over seeds"
    return _number(quantity, case.part, float(np.sqrt(variance)), float(low), float(high), networks * seeds)


def _causal_problem(case: Case) -> str | None:
    return "; ".join(case.collapsed) + "." if case.collapsed else None


def _c3(case: Case) -> Verdict:
    absent = _absent(case, "bird", "cat")
    if absent:
        return _judged(C3, [], verdict=INAPPLICABLE, reason=absent)
    evidence = []
    for name in ("bird", "cat"):
        for row in case.rows("classes", score="recall", **{"class": name}):
            if row["value"] is None:
                continue
            verdict = HOLDS if row["high_holm"] < 0.5 else FAILS if row["low_holm"] > 0.5 else UNTOLD
            run = Run(row["network"], row["seed"])
            ends = row["low_holm"], row["high_holm"]
            evidence.append(_number(f"recall of {name}", case.part, row["value"], *ends, row["n"], verdict, run))
    return _judged(C3, evidence, n=min((row["n"] for row in evidence), default=None))


def _c4(case: Case) -> Verdict:
    absent = _absent(case, "bird", "cat")
    if absent:
        return _judged(C4, [], verdict=INAPPLICABLE, reason=absent)
    chosen = [case.runs.class_names.index(name) for name in ("bird", "cat")]
    wrong = ~case.runs.right
    by_true = np.broadcast_to(np.isin(case.runs.labels, chosen), wrong.shape)
    by_predicted = np.isin(case.runs.predicted, chosen)
    ways = {"true class": by_true, "predicted class": by_predicted, "true or predicted class": by_true | by_predicted}
    evidence = [row for way, mask in ways.items() for row in _shares_of_errors(case, wrong, mask, f"share by {way}")]
    deciding = next(row for row in evidence if row["quantity"] == "share by true or predicted class")
    if deciding["value"] is None:
        return _judged(C4, evidence, verdict=UNTOLD, reason="There are no errors.")
    deciding["verdict"] = _above(deciding["low"], deciding["high"], 0.85)
    classes, share = len(case.runs.class_names), float(np.isin(case.runs.labels, chosen).mean())
    neither = (1 - share) * (classes - 3) / (classes - 1)
    bound = float(min(by_true.sum() / wrong.sum(), 1))
    context = {
        "share by true class if errors fell evenly on the classes": share,
        "share by true or predicted class if errors fell evenly on the classes": 1 - neither,
        "share by true class at most, at this accuracy": bound,
    }
    shown = [row for row in evidence if not row["network"]]
    evidence += [_number(quantity, case.part, value) for quantity, value in context.items()]
    verdict = _all_hold(evidence)
    reason = (
        f"{_reason(verdict, evidence)} Errors spread evenly over classes would give {1 - neither:.3f} (by true class "
        f"{share:.3f}); at this accuracy, the two classes hold at most {bound:.3f} of the errors by true class."
    )
    return _judged(C4, evidence, shown, n=deciding["n"], reason=reason)


def _shares_of_errors(case: Case, wrong: np.ndarray, mask: np.ndarray, quantity: str) -> list[dict]:
    """The share of all errors, and of each network's, that the mask covers. wrong, mask: bool (R, N)."""
    networks = ("", *dict.fromkeys(run.network for run in case.runs.names))
    own = [[network in ("", run.network) for run in case.runs.names] for network in networks]
    covered = np.stack([(wrong & mask)[rows].sum(axis=0) for rows in own], axis=1)
    errors = np.stack([wrong[rows].sum(axis=0) for rows in own], axis=1)
    samples, wholes = np.split(case.resamples.means(np.column_stack([covered, errors])), 2, axis=1)
    ratios = np.divide(samples, wholes, out=np.full(samples.shape, np.nan), where=wholes > 0)
    rows = []
    for index, network in enumerate(networks):
        n = int(errors[:, index].sum())
        bounds = [float(end) for end in percentile(ratios[:, index], case.confidence)] if n else [None, None]
        value = float(covered[:, index].sum() / n) if n else None
        rows.append(_number(quantity, case.part, value, *bounds, n, network=network))
    return rows


def _c5(case: Case) -> Verdict:
    absent = _absent(case, "ship", "truck")
    if absent:
        return _judged(C5, [], verdict=INAPPLICABLE, reason=absent)
    evidence, recalls = [], []
    for name in ("ship", "truck"):
        for row in case.rows("class_ranks", **{"class": name}):
            run = Run(row["network"], row["seed"])
            quantity = f"probability that {name} is in the top two"
            verdict = _sure(row["p_top_two"])
            evidence.append(_number(quantity, case.part, row["p_top_two"], n=row["n"], verdict=verdict, run=run))
        for row in case.rows("classes", score="recall", **{"class": name}):
            ends = row["value"], row["low"], row["high"], row["n"]
            recalls.append(_number(f"recall of {name}", case.part, *ends, run=Run(row["network"], row["seed"])))
    return _judged(C5, [*evidence, *recalls], n=min(row["n"] for row in evidence))


def _c6(case: Case) -> Verdict:
    absent = _absent(case, "bird", "cat")
    if absent:
        return _judged(C6, [], verdict=INAPPLICABLE, reason=absent)
    problem = _causal_problem(case)
    if problem:
        return _judged(C6, [], verdict=UNTOLD, reason=problem)
    evidence = []
    for row in case.rows("pair_repair"):
        if {row["class_a"], row["class_b"]} != {"bird", "cat"}:
            continue
        place = {"n": row["n"], "network": row["network"]}
        evidence.append(
            _number(
                "rank of bird and cat among the pairs",
                case.part,
                row["rank"],
                row["rank_low"],
                row["rank_high"],
                **place,
            )
        )
        evidence.append(_number("repair", case.part, row["repair"], row["low"], row["high"], **place))
        verdict = _sure(row["p_first"])
        evidence.append(_number("probability of rank 1", case.part, row["p_first"], verdict=verdict, **place))
    return _judged(C6, evidence, n=sum(row["n"] for row in evidence if row["quantity"] == "repair"))


def _c7(case: Case) -> Verdict:
    problem = _causal_problem(case)
    if problem or not case.shares:
        return _judged(C7, [], verdict=UNTOLD, reason=problem or "The variance shares could not be computed.")
    rows = {row["component"]: row for row in case.tables["variance_shares"].rows}
    settings = [name for name in ("optimizer", "kernel size", "network") if name in rows]
    sums = {"image": ["image"], " + ".join(settings): settings, "seed": ["seed"] if "seed" in rows else []}
    evidence = []
    for name, parts in sums.items():
        if not parts:
            continue
        value = sum(rows[part]["share"] for part in parts)
        low, high = percentile(sum(case.shares[part] for part in parts), case.confidence)
        evidence.append(_number(f"share of {name}", case.part, value, float(low), float(high), rows["image"]["n"]))
    image, *others = evidence
    for row in others:
        row["verdict"] = HOLDS if image["low"] > row["high"] else FAILS if image["high"] < row["low"] else UNTOLD
    given = {"n": rows["image"]["n"]}
    varied = {"optimizer": case.grid.optimizer_effect(), "kernel size": case.grid.kernel_effect()}
    fixed = [name for name, effect in varied.items() if effect is None]
    if fixed:
        reason = f"The grid does not compare networks that differ in the {' or the '.join(fixed)} alone."
        given |= {"verdict": UNTOLD, "reason": reason}
    elif "seed" not in rows:
        given |= {"verdict": UNTOLD, "reason": "One seed: the share of the seed is not known."}
    return _judged(C7, evidence, **given)
