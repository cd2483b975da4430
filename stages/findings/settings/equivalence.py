"""What can so few seeds exclude, and how many would it take? (docs/analysis.md, section 3)"""

import numpy as np

from stages.findings.finding import Answer, Figure, Style, causal, picture, seeds
from stages.findings.settings import effects
from stages.statistics.effects import accuracies
from stages.statistics.intervals import over_seeds, seeds_needed
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table

POWER = 0.8
SIZES = {"seeds_for_01": 0.01, "seeds_for_02": 0.02, "seeds_for_03": 0.03}
"""Effects, differences of accuracy, by the column of the seeds that they need."""


def rows(sample: Sample) -> list[Row]:
    """Of every effect of the table `effects` whose seeds differ."""
    table = []
    for contrast in effects.contrasts(sample.grid):
        by_seed = contrast.weights @ accuracies(sample, last_epoch=False)
        if ends := over_seeds(by_seed, 2 * sample.confidence - 1):
            deviation = float(by_seed.std(ddof=1))
            row = {"effect": contrast.effect, "contrast": contrast.levels, "value": float(by_seed.mean())}
            row |= {"low_tost": ends[0], "high_tost": ends[1], "excluded": float(np.abs(ends).max())}
            row |= {"deviation": deviation, "seeds": len(by_seed)}
            needed = {name: seeds_needed(size / deviation, POWER, sample.confidence) for name, size in SIZES.items()}
            table.append(row | needed)
    return table


def needs(sample: Sample) -> str:
    if reason := effects.needs(sample) or seeds(sample, 2):
        return reason
    return "" if rows(sample) else "every seed gives the same differences"


@picture(
    "What the seeds exclude",
    "Effects outside the bar are excluded. Dot and line: the estimate with the interval of the two tests.",
)
def draw(table: Table, style: Style) -> Figure:
    figure, axes = style.row_chart(effects.labels(table.rows, style))
    for place, row in enumerate(table.rows):
        axes.barh(place, 2 * row["excluded"], left=-row["excluded"], height=0.62, color=style.SKY)
    style.dots(
        axes, table.rows, ("value", "low_tost", "high_tost"), range(len(table.rows)), color=style.INK, marker="o"
    )
    style.zero_line(axes)
    style.percent_axis(axes.xaxis, "difference in accuracy, percentage points", "")
    style.value_column(axes, [f"\N{PLUS-MINUS SIGN}{style.percent(row['excluded'], 1)}" for row in table.rows])
    return figure


def answer(table: Table) -> Answer | None:
    """Of the setting whose effect is known least: what it may be, and what it would take to know more."""
    unseen = [row for row in table.rows if row["effect"] != "interaction" and row["low_tost"] <= 0 <= row["high_tost"]]
    if not unseen:
        return None
    row = max(unseen, key=lambda row: row["excluded"])
    said = (
        f"After {row['seeds']} seeds, {row['effect']} may still change the accuracy by up to "
        f"{100 * row['excluded']:.1f} percentage points either way; to find a change of 1 point with a chance of "
        f"{POWER:.0%} would take about {row['seeds_for_01']:,} seeds, if they differ as these do."
    )
    return Answer(said, row["excluded"])


FINDING = causal(
    globals(),
    caption="The smallest x for which two one-sided tests over new seeds say that the effect lies within -x and x; and "
    "how many seeds a two-sided paired t test would need to find effects of 0.01, 0.02 and 0.03 with a chance of 0.8, "
    "if the seeds' differences deviate as they do here. Accuracy is a mean over the last sixth of the epochs.",
    columns={
        "effect": Column(str, "the setting that was changed, all else kept; or the interaction of both"),
        "contrast": Column(str, "the levels compared, first minus second"),
        "value": Column(float, "difference of accuracy, mean over the seeds, -1..1"),
        "low_tost": Column(
            float, "lower end of the interval over new seeds at confidence 2c - 1, so 0.9 where c is 0.95"
        ),
        "high_tost": Column(float, "upper end of it"),
        "excluded": Column(float, "x: an effect beyond -x or x is excluded at the confidence c; max(|low|, |high|)"),
        "deviation": Column(float, "standard deviation of the difference over seeds"),
        "seeds": Column(int, "how many seeds it is computed on"),
        **{name: Column(int, f"how many seeds an effect of {size} would need") for name, size in SIZES.items()},
    },
)
