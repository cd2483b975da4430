"""What do optimizer and kernel size do to the accuracy? (docs/analysis.md, section 3)"""

from collections.abc import Sequence

from stages.findings.finding import Answer, Figure, Style, causal, no_collapse, picture
from stages.statistics.effects import ESTIMATE, estimate
from stages.statistics.grid import Contrast, Grid
from stages.statistics.intervals import SAME, excludes_zero
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row, Table

FACTORS = ("optimizer", "kernel size")


def rows(sample: Sample) -> list[Row]:
    """Main effects and interaction where all cells are there, and the simple effects."""
    return [
        {"effect": each.effect, "contrast": each.levels, **estimate(sample, each.weights)}
        for each in contrasts(sample.grid)
    ]


def contrasts(grid: Grid) -> list[Contrast]:
    main = [grid.optimizer_effect(), grid.kernel_effect(), grid.interaction()] if grid.crossed else []
    return [each for each in main if each] + grid.simple_optimizer_effects() + grid.simple_kernel_effects()


def limits(sample: Sample) -> list[Refusal]:
    if len(sample.seeds) < 2:
        return []
    return [
        Refusal(f"interval over new seeds of {row['effect']}", "every seed gives the same difference")
        for row in rows(sample)
        if row["low_seeds"] is None
    ]


def needs(sample: Sample) -> str:
    if contrasts(sample.grid):
        return no_collapse(sample)
    return sample.grid.problem or "no two networks differ in the optimizer or the kernel size alone"


@picture("Effect of each setting on the accuracy", "Right of zero: the first of the two levels is more accurate.")
def draw(table: Table, style: Style) -> Figure:
    return two_intervals(table.rows, labels(table.rows, style), "difference in accuracy", style)


def labels(rows: Sequence[Row], style: Style) -> list[str]:
    return [f"{row['effect']}: {row['contrast'].replace(' - ', f' {style.MINUS} ')}" for row in rows]


def two_intervals(estimates: Sequence[Row], labels: Sequence[str], quantity: str, style: Style) -> Figure:
    """Differences of accuracy, one a row, each with both intervals side by side. estimates: with the keys ESTIMATE."""
    figure, axes = style.row_chart(labels, 0.5)
    n, seeds = estimates[0]["n"], estimates[0]["seeds"]
    style.dots_of_both(axes, estimates, "value", 0.14 if seeds > 1 else 0)
    known = any(row["low_seeds"] is not None for row in estimates)
    words = f"images (n = {n:,})", f"seeds (n = {seeds})" if known else "seeds: none, see the refusals"
    legend = [
        style.Line2D([], [], color=color, marker=marker, markersize=5, label=f"over new {label}")
        for (color, marker), label in zip(style.OVER.values(), words, strict=True)
    ]
    if any(abs(row["last_epoch"] - row["value"]) > SAME for row in estimates):
        look = {"color": "none", "marker": "o", "markeredgecolor": style.INK, "markersize": 5}
        axes.plot([row["last_epoch"] for row in estimates], range(len(estimates)), linestyle="none", **look)
        legend.append(style.Line2D([], [], label="after the last epoch", **look))
    style.zero_line(axes)
    style.percent_axis(axes.xaxis, f"{quantity}, percentage points", "")
    values = [row["value"] for row in estimates]
    style.value_column(axes, [f"{'+' if value > 0 else ''}{style.percent(value, 1)}" for value in values])
    figure.legend(handles=legend, loc="outside upper left", ncols=3)
    return figure


def answer(table: Table) -> Answer | None:
    """The largest effect of one setting that other seeds would show; where there is none, the largest.

    Of main effects, unless the effect of one setting depends on the other.
    """
    depends = any(
        all(excludes_zero(row[f"low_{over}"], row[f"high_{over}"]) for over in ("images", "seeds"))
        for row in table.where(effect="interaction")
    )
    main = [] if depends else [row for row in table.rows if row["effect"] in FACTORS]
    rows = main or [row for row in table.rows if row["effect"] not in (*FACTORS, "interaction")]
    seen = [row for row in rows if excludes_zero(row["low_seeds"], row["high_seeds"])]
    row = max(seen or rows, key=lambda row: abs(row["value"]))
    first, second = row["contrast"].split(" - ")
    factor = next(factor for factor in FACTORS if row["effect"].startswith(factor))
    change = f"{factor} {first} instead of {second}{row['effect'].removeprefix(factor)}"
    points = f"{100 * row['value']:+.1f} percentage points (mean over the last sixth of the epochs)"
    said = f"{change[0].upper()}{change[1:]} changes the accuracy by {points}"
    if row["low_seeds"] is None:
        return Answer(f"{said}; with one seed, luck is not excluded.", row["value"])
    if not seen:
        said = f"No setting that was compared is seen to change the accuracy; largest is {change}, {points}"
    elif unseen := [other["effect"] for other in rows if other not in seen]:
        said += f"; of {' and '.join(unseen)}, no effect is seen"
    return Answer(f"{said}.", row["value"], row["low_seeds"], row["high_seeds"], "new seeds")


FINDING = causal(
    globals(),
    caption="Differences of accuracy that the settings cause, means over the last sixth of the epochs, with an "
    "interval over new images and one over new seeds; and the same after the last epoch.",
    columns={
        "effect": Column(str, "the setting that was changed, all else kept; or the interaction of both"),
        "contrast": Column(str, "the levels compared, first minus second"),
        **ESTIMATE,
    },
)
