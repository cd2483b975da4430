"""What does it vary with whether an answer is wrong: images, settings, seeds? (docs/analysis.md, section 3)"""

import functools
from collections.abc import Mapping

import numpy as np

from stages.findings.finding import INTERVAL, Figure, Finding, N, Picture, Style, no_collapse
from stages.statistics.intervals import percentile
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row, Table
from stages.statistics.variance import components, factors, image_moments


def rows(sample: Sample) -> list[Row]:
    (values, samples), shares = _variances(sample), sampled_shares(sample)
    table = []
    for name, value in values.items():
        variance_low, variance_high = percentile(samples[name], sample.confidence)
        low, high = percentile(shares[name], sample.confidence)
        row = {"component": name, "variance": float(value)}
        row |= {"variance_low": float(variance_low), "variance_high": float(variance_high)}
        row |= {"share": float(value / sum(values.values())), "low": float(low), "high": float(high)}
        kind = "associated" if name.startswith("image") else "causal"
        table.append(row | {"n": len(sample.labels), "runs": sample.right_by_cell[..., 0].size, "kind": kind})
    return table


@functools.cache
def sampled_shares(sample: Sample) -> Mapping[str, np.ndarray]:
    """The share of every component in each resample of the images, float (resamples,); NaN where no error varies."""
    _, samples = _variances(sample)
    total = np.sum(list(samples.values()), axis=0)
    return {
        name: np.divide(values, total, out=np.full(len(total), np.nan), where=total > 1e-12)
        for name, values in samples.items()
    }


@functools.cache
def _variances(sample: Sample) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
    """Every component, float (), and the same in each resample of the images, float (resamples,)."""
    parts = factors(sample.grid)
    moments = image_moments(~sample.right_by_cell, parts)
    seeds = len(sample.seeds)
    return components(moments.mean(axis=0), parts, seeds), components(sample.resamples.means(moments), parts, seeds)


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
        reasons["shares of optimizer, kernel size and interaction"] = (
            "without all four cells they cannot be told apart; the share of 'network' is theirs together"
        )
    if len(sample.seeds) == 1:
        reasons["share of the seed"] = "needs 2 or more seeds; it is part of 'image x network and seed'"
    return [Refusal(analysis, reason) for analysis, reason in reasons.items()]


def draw(table: Table, style: Style) -> Figure:
    kinds = {
        "causal": (style.VERMILION, "CAUSAL: a setting that we set"),
        "associated": (style.SKY, "ASSOCIATED: the images"),
    }
    figure = style.figure(1.1 + 0.36 * len(table.rows))
    axes = figure.subplots()
    for place, row in enumerate(table.rows):
        axes.barh(place, row["share"], height=0.62, color=kinds[row["kind"]][0])
        axes.hlines(place, row["low"], row["high"], color=style.INK, linewidth=1.2)
    style.rows_down(axes, [row["component"].replace(" x ", f" {style.TIMES} ") for row in table.rows], 44)
    style.zero_line(axes)
    style.percent_axis(axes.xaxis, "share of the variance of the error indicator")
    style.value_column(axes, [f"{style.percent(row['share'], 1)}%" for row in table.rows])
    patches = [style.Patch(color=tint, label=words) for kind, (tint, words) in kinds.items() if table.where(kind=kind)]
    interval = style.Line2D([], [], color=style.INK, linewidth=1.2, label="interval over images")
    figure.legend(handles=[*patches, interval], loc="outside upper left", ncols=3)
    return figure


FINDING = Finding(
    name="variance_shares",
    section="What the errors vary with",
    question="What does it vary with whether an answer is wrong: images, settings, seeds?",
    kind="by row",
    caption="Shares of the variance of 'this run gets this image wrong' (random effects, method of moments); they sum "
    "to 1, and a negative one is an estimate near 0. Intervals over new images.",
    columns={
        "component": Column(str, "what the error varies with"),
        "variance": Column(float, "its part of e (1 - e), e the mean error; may be negative"),
        "variance_low": Column(float, "lower end of its interval over new images"),
        "variance_high": Column(float, "upper end of its interval over new images"),
        "share": Column(float, "variance / e (1 - e)"),
        **INTERVAL,
        "n": N,
        "runs": Column(int, "how many runs of different networks and seeds it is computed on"),
        "kind": Column(str, "'causal': a setting that was set; 'associated': the images, alone or with a setting"),
    },
    rows=rows,
    needs=needs,
    limits=limits,
    pictures=(
        Picture(
            "Shares of the variance of the error",
            "A large share of the image says that the same images are missed whatever is set.",
            draw,
        ),
    ),
)
