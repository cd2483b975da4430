"""How does the whole difference of accuracy divide between optimizer and kernel size? (docs/analysis.md, section 3)"""

import numpy as np

from stages.findings.finding import Figure, Style, causal, no_collapse, picture
from stages.findings.settings.effects import two_intervals
from stages.statistics.effects import ESTIMATE, estimate, sampled_accuracies, shapley_parts
from stages.statistics.intervals import excludes_zero, resampled
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table, ends

SHARE = "share_of_total", "share_low", "share_high"


def rows(sample: Sample) -> list[Row]:
    """Shares of the total are given where its intervals over images and over seeds exclude 0."""
    parts = shapley_parts(sample.grid)
    table = [
        {"setting": part.effect, "contrast": part.levels, **estimate(sample, part.weights)} | dict.fromkeys(SHARE)
        for part in parts
    ]
    total = table[-1]
    if all(excludes_zero(total[f"low_{over}"], total[f"high_{over}"]) for over in ("images", "seeds")):
        *samples, totals = (sampled_accuracies(sample, False) @ part.weights for part in parts)
        for row, values in zip(table, samples, strict=False):
            shares = np.divide(values, totals, out=np.full(len(totals), np.nan), where=totals != 0)
            share = total["value"] and row["value"] / total["value"]
            row |= resampled(share, shares, sample.confidence, SHARE)
    return table


def needs(sample: Sample) -> str:
    return sample.grid.uncrossed or no_collapse(sample)


@picture(
    "The whole difference, split between the settings",
    "Each setting's part is its mean effect over both orders of changing one setting after the other.",
)
def draw(table: Table, style: Style) -> Figure:
    return two_intervals(
        table.rows, [row["setting"] for row in table.rows], "part of the difference in accuracy", style
    )


FINDING = causal(
    globals(),
    caption="The difference of accuracy between two networks that differ in optimizer and kernel size, divided between "
    "the two settings (Shapley), with an interval over new images and one over new seeds.",
    columns={
        "setting": Column(str, "whose part it is; 'total': both, the sum of the parts"),
        "contrast": Column(str, "the levels compared, first minus second"),
        **ESTIMATE,
        "share_of_total": Column(
            float, "value / that of the total; empty unless the total's intervals over images and over seeds exclude 0"
        ),
        **ends("share_low", "share_high", "the share's interval over new images"),
    },
)
