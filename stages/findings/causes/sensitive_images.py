"""How many errors are on images whose answer a setting changes, beyond luck? (docs/analysis.md, section 4)"""

import numpy as np
from scipy import stats

from stages.findings.causes.error_mass import ALL, INTERVALS, UNKNOWN
from stages.findings.finding import NETWORK, Figure, Style, associated, picture, refusals, seeds
from stages.statistics.causes import contrast_needs
from stages.statistics.grid import Contrast, Grid
from stages.statistics.intervals import jackknife
from stages.statistics.sample import Sample
from stages.statistics.sensitivity import shares
from stages.statistics.table import Column, Refusal, Row, Table


def _contrasts(grid: Grid) -> dict[str, Contrast | None]:
    return {"optimizer": grid.optimizer_effect(), "kernel size": grid.kernel_effect()}


def rows(sample: Sample) -> list[Row]:
    wrong = ~sample.right_by_cell
    table = []
    for setting, contrast in _contrasts(sample.grid).items():
        if contrast:
            places = [place for place, weight in enumerate(contrast.weights) if weight]
            groups = {sample.grid.networks[place]: [place] for place in places} | {ALL: places}
            for network, group in groups.items():
                row = _excess(sample, wrong, contrast.weights, group)
                table.append({"setting": setting, "network": network, **row})
    return table


def _excess(sample: Sample, wrong: np.ndarray, weights: np.ndarray, group: list[int]) -> Row:
    numbers = {"n": int(wrong[group].sum()), "seeds": len(sample.seeds)}
    if not numbers["n"]:
        return {**dict.fromkeys(("share", "by_luck", "excess")), **UNKNOWN, **numbers}
    observed, luck, reach = shares(wrong, weights, group)
    excess, quantile = observed - luck, float(stats.norm.ppf((1 + sample.confidence) / 2))
    row = {"share": observed, "by_luck": luck, "excess": excess, **UNKNOWN, **numbers}
    row |= {"low_images": excess - quantile * reach, "high_images": excess + quantile * reach}
    return row | _over_seeds(excess, wrong, weights, group, sample.confidence)


def _over_seeds(excess: float, wrong: np.ndarray, weights: np.ndarray, group: list[int], confidence: float) -> Row:
    """The jackknife interval; {} with fewer than three seeds, or where it has no width."""
    seeds = wrong.shape[1]
    fewer = [np.delete(wrong, seed, axis=1) for seed in range(seeds)]
    if seeds < 3 or not all(each[group].any() for each in fewer):
        return {}
    without = [np.subtract(*shares(each, weights, group)[:2]) for each in fewer]
    ends = jackknife(excess, without, confidence)
    return {"low_seeds": ends[0], "high_seeds": ends[1]} if ends else {}


def needs(sample: Sample) -> str:
    reasons = [contrast_needs(sample, setting, contrast) for setting, contrast in _contrasts(sample.grid).items()]
    return "; ".join(dict.fromkeys(reasons)) if all(reasons) else ""


def limits(sample: Sample) -> list[Refusal]:
    reasons = {
        f"images sensitive to the {setting}": contrast_needs(sample, setting, contrast)
        for setting, contrast in _contrasts(sample.grid).items()
    }
    jackknife = {"new-seed intervals of the excess over luck": seeds(sample, 3)}
    return refusals(reasons | jackknife)


@picture(
    "Errors on images that a setting changes, beyond luck",
    "Right of zero: more errors than luck gives are on images that one level of the setting gets right.",
)
def draw(table: Table, style: Style) -> Figure:
    labels = [f"{row['setting']}: {style.short(row['network'], 20)} ({row['n']:,})" for row in table.rows]
    figure, axes = style.row_chart(labels, 0.42, 1.2)
    style.dots_of_both(axes, table.rows, "excess")
    style.zero_line(axes)
    style.percent_axis(axes.xaxis, "share of the errors on sensitive images, minus what luck gives")
    style.legend_above(figure, axes)
    return figure


FINDING = associated(
    globals(),
    caption="Share of a network's errors on images whose error rates with the setting's two levels differ by at least "
    "a half, minus the share expected if the setting matters on no image. Above 0: it matters on some. Their share of "
    "the errors is larger than the excess, since what luck would give is taken off them too.",
    columns={
        "setting": Column(str, "'optimizer' or 'kernel size'"),
        "network": NETWORK._replace(meaning=f"{NETWORK.meaning}, or '{ALL}' that are compared"),
        "share": Column(float, "of the errors, on images that look sensitive, 0..1; empty where there are no errors"),
        "by_luck": Column(float, "the share expected if the setting matters on no image, 0..1"),
        "excess": Column(float, "share - by_luck, -1..1"),
        **INTERVALS,
    },
)
