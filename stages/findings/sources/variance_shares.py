"""What does it vary with whether an answer is wrong: images, settings, runs? (docs/analysis.md, section 3)"""

import numpy as np

from stages.findings.finding import INTERVAL, Figure, N, Style, by_row, no_collapse, picture, refusals
from stages.statistics.intervals import SAME, resampled
from stages.statistics.sample import Sample
from stages.statistics.shares import variances
from stages.statistics.table import Column, Refusal, Row, Table, ends
from stages.statistics.variance import factors, over_seeds, run_over_seeds

SET = {"optimizer", "kernel size", "interaction", "network", "run"}
"""What we set: settings, and the seed of a run. All other components have to do with the images, which we did not."""
OVER_SEEDS = ends("low_seeds", "high_seeds", "the interval over new seeds; empty where it has none")
VARIANCE = "variance", "variance_low", "variance_high"


def rows(sample: Sample) -> list[Row]:
    values, samples = variances(sample)
    total, totals = sum(values.values()), np.sum(list(samples.values()), axis=0)
    table = []
    for name, value in values.items():
        shares = np.divide(samples[name], totals, out=np.full(len(totals), np.nan), where=totals > SAME)
        row = {"component": name, **resampled(value, samples[name], sample.confidence, VARIANCE)}
        row |= resampled(value / total, shares, sample.confidence, ("share", "low", "high"))
        row |= shares_over_seeds(sample, {name})
        kind = "causal" if name in SET else "associated"
        table.append(row | {"n": len(sample.labels), "runs": sample.right_by_cell[..., 0].size, "kind": kind})
    return table


def shares_over_seeds(sample: Sample, names: set[str]) -> Row:
    """The columns OVER_SEEDS: of the share of these factors together, or of {'run'}."""
    values, _ = variances(sample)
    rates = 1 - sample.right_by_cell.mean(axis=2)
    chosen = [factor.basis for factor in factors(sample.grid) if factor.name in names]
    ends, luck = None, 0.0
    if chosen:
        ends = over_seeds(rates, np.concatenate(chosen), sample.confidence)
    elif names == {"run"}:
        ends, luck = run_over_seeds(rates, sample.confidence), float(values["image x run"]) / len(sample.labels)
    shares = [(end - luck) / float(sum(values.values())) for end in ends] if ends else (None, None)
    return dict(zip(OVER_SEEDS, shares, strict=True))


def needs(sample: Sample) -> str:
    if sample.collapse:
        return no_collapse(sample)
    if len(sample.grid.networks) == len(sample.seeds) == 1:
        return "needs 2 or more networks or seeds"
    right = sample.right_by_cell
    return "every prediction is right, or every one is wrong" if right.all() or not right.any() else ""


def limits(sample: Sample) -> list[Refusal]:
    reasons = {}
    if len(sample.grid.networks) == 1:
        reasons["shares of optimizer, kernel size and interaction"] = "there is one network only"
    if any(factor.name == "network" for factor in factors(sample.grid)):
        why = sample.grid.uncrossed or "networks differ in other settings, too"
        reasons["shares of optimizer, kernel size and interaction"] = f"{why}; 'network' holds all differences"
    if len(sample.seeds) == 1:
        reasons["share of the run"] = "needs 2 or more seeds; it is part of 'image x network and run'"
    return refusals(reasons)


@picture(
    "Shares of the variance of the error",
    "A large share of the image says that the same images are missed whatever is set.",
)
def draw(table: Table, style: Style) -> Figure:
    kinds = {
        "causal": (style.VERMILION, "CAUSAL: what we set"),
        "associated": (style.SKY, "ASSOCIATED: the images"),
    }
    figure, axes = style.row_chart([row["component"].replace(" x ", f" {style.TIMES} ") for row in table.rows])
    for place, row in enumerate(table.rows):
        axes.barh(place, row["share"], height=0.62, color=kinds[row["kind"]][0])
        axes.hlines(place, row["low"], row["high"], color=style.INK, linewidth=1.2)
    style.zero_line(axes)
    style.percent_axis(axes.xaxis, "share of the variance of the error indicator")
    style.value_column(axes, [f"{style.percent(row['share'], 1)}%" for row in table.rows])
    patches = [style.Patch(color=tint, label=words) for kind, (tint, words) in kinds.items() if table.where(kind=kind)]
    interval = style.Line2D([], [], color=style.INK, linewidth=1.2, label="interval over images")
    figure.legend(handles=[*patches, interval], loc="outside upper left", ncols=3)
    return figure


FINDING = by_row(
    globals(),
    caption="Shares of the variance of 'this run gets this image wrong' (random effects, method of moments); they sum "
    "to 1, and a negative one is an estimate near 0. 'image x run' is the residual: the luck of single runs on single "
    "images. Intervals over new images; those of settings and of the run over new seeds too.",
    columns={
        "component": Column(str, "what the error varies with"),
        "variance": Column(float, "its part of the variance; may be negative"),
        **ends("variance_low", "variance_high", "its interval over new images"),
        "share": Column(float, "variance / sum of all"),
        **INTERVAL,
        **OVER_SEEDS,
        "n": N,
        "runs": Column(int, "how many runs of different networks and seeds it is computed on"),
        "kind": Column(str, "'causal': settings and run, which were set; 'associated': has to do with the images"),
    },
)
