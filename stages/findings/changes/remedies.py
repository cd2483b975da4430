"""Which change in training makes wrong answers right, and which right ones wrong, beyond luck?

docs/analysis.md, section 5.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import stats

from stages.findings.finding import Answer, Figure, Style, causal, no_collapse, picture, refusals, seeds
from stages.findings.settings.effects import two_intervals
from stages.statistics.effects import INTERVALS, intervals
from stages.statistics.intervals import correct, excludes_zero, over_seeds
from stages.statistics.remedies import ENDS, Case, Remedy, compared_images, remedies, turned
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row, Table, both_ends

HELPS, HARMS, NOTHING, UNDECIDED = "helps", "harms", "no effect is seen", "cannot be decided"
SAID_ELSEWHERE = ("optimizer", "kernel_size", "without")
"""Settings that `effects` and `absent_class` are about."""
STATES = {"repaired": ("wrong", "right"), "broken": ("right", "wrong")}


def rows(sample: Sample) -> list[Row]:
    """From the change that helps most to the one that harms most."""
    found = compared(sample)
    shares = [row for (row,) in turned(sample, [case for remedy in found for case in cases(sample, remedy)])]
    table = []
    for remedy, difference, *both in zip(found, _differences(sample, found), shares[::2], shares[1::2], strict=True):
        row = described(remedy) | difference
        for name, share in zip(STATES, both, strict=True):
            row |= {name: share["share"]} | {f"{name}_{key}": share[key] for key in ("placebo", "excess", *ENDS)}
        table.append(row)
    correct(table, "p_adjusted")
    return sorted(table, key=lambda row: -row["value"])


def compared(sample: Sample) -> list[Remedy]:
    """The remedies for which there are images to compare."""
    return [remedy for remedy in remedies(sample.grid) if compared_images(sample, remedy).any()]


def described(remedy: Remedy) -> Row:
    """The columns CHANGE."""
    change = {"setting": remedy.setting, "before": _shown(remedy.before), "after": _shown(remedy.after)}
    return {"network": remedy.network, "base": remedy.base, **change}


def _shown(value: Any) -> str:
    return "null" if value is None else str(value)


def right(sample: Sample, remedy: Remedy, late: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Which answers are right without and with the change, bool (S, N) each; late: float, see Sample.late_right."""
    answers = sample.late_right if late else sample.right
    base, network = (answers[sample.networks.index(name)] for name in (remedy.base, remedy.network))
    return base, network


def cases(sample: Sample, remedy: Remedy, groups: np.ndarray | None = None) -> list[Case]:
    """Of STATES; groups: bool (G, N), of the images that are compared; all of them if None."""
    images = compared_images(sample, remedy)
    before, after = right(sample, remedy)
    chosen = images[None] if groups is None else groups & images
    return [Case(~before, ~after, chosen), Case(before, after, chosen)]


def _differences(sample: Sample, found: Sequence[Remedy]) -> Iterator[Row]:
    """Of accuracies, with what else a row has of the two networks."""
    chosen = np.array([compared_images(sample, remedy) for remedy in found])
    late = np.array([np.subtract(*right(sample, remedy, late=True)[::-1]) for remedy in found])
    over_images = sample.resamples.chosen_means(late.mean(axis=1), chosen)
    for remedy, images, by_image, samples in zip(found, chosen, late, over_images.T, strict=True):
        before, after = (answers[:, images] for answers in right(sample, remedy))
        row = _difference(by_image[:, images].mean(axis=1), samples, sample.confidence)
        row["last_epoch"] = float(after.mean() - before.mean())
        yield row | {"errors": int((~before).sum()), "n": int(images.sum()), "seeds": len(sample.seeds)}


def _difference(by_seed: np.ndarray, over_images: np.ndarray, confidence: float) -> Row:
    """by_seed: float (S,). over_images: float (resamples,)."""
    bounds = over_seeds(by_seed, 2 * confidence - 1)
    row: Row = {"value": float(by_seed.mean()), **intervals(over_images, by_seed, confidence)}
    row |= {"effect": _effect(row), "excluded": max(map(abs, bounds)) if bounds else None}
    return row | {"p": float(stats.ttest_1samp(by_seed, 0).pvalue) if bounds else None, "p_adjusted": None}


def _effect(row: Row) -> str:
    if row["low_seeds"] is None:
        return UNDECIDED
    seen = all(excludes_zero(row[f"low_{over}"], row[f"high_{over}"]) for over in ("images", "seeds"))
    return NOTHING if not seen else HELPS if row["value"] > 0 else HARMS


def needs(sample: Sample) -> str:
    return no_collapse(sample) if compared(sample) else "no two networks differ in one setting alone"


def limits(sample: Sample) -> list[Refusal]:
    """What few seeds leave out; that accuracy has no interval over one seed, the grid says."""
    few = {"placebo of repaired and broken answers": 2, "intervals over new seeds of repaired and broken answers": 3}
    return refusals({what: seeds(sample, fewest) for what, fewest in few.items()})


def labels(rows: Sequence[Row], style: Style) -> list[str]:
    """What was changed; of which network, where there are several."""
    several = len({row["base"] for row in rows}) > 1
    names = [f"{style.short(row['base'], 14)}, " if several else "" for row in rows]
    return [
        f"{name}{row['setting']}: {row['before']} \N{RIGHTWARDS ARROW} {row['after']}"
        for name, row in zip(names, rows, strict=True)
    ]


@picture("What each change does to the accuracy", "Right of zero: the change helps. Ranked.")
def draw(table: Table, style: Style) -> Figure:
    return two_intervals(table.rows, labels(table.rows, style), "difference in accuracy", style)


@picture(
    "Answers repaired and broken, beside luck",
    "A change repairs only as many errors as its dot lies right of the ring, and breaks as many.",
    name="repaired_and_broken",
)
def draw_turned(table: Table, style: Style) -> Figure:
    """Repaired and broken answers beside their placebo."""
    figure = style.figure(1.1 + 0.36 * len(table.rows))
    panels = figure.subplots(1, 2, sharey=True)
    titles = {"repaired": "wrong answers made right", "broken": "right answers made wrong"}
    for axes, (name, title), color in zip(panels, titles.items(), (style.GREEN, style.VERMILION), strict=True):
        for key, look in (
            (name, {"color": color}),
            (f"{name}_placebo", {"color": "none", "markeredgecolor": style.INK}),
        ):
            known = [(place, row[key]) for place, row in enumerate(table.rows) if row[key] is not None]
            axes.plot([share for _, share in known], [place for place, _ in known], "o", markersize=5, **look)
        style.rows_down(axes, labels(table.rows, style), 30)
        style.percent_axis(axes.xaxis, title)
        axes.locator_params(axis="x", nbins=5)
    change = style.Line2D([], [], linestyle="none", marker="o", color=style.GREEN, label="with the change")
    look = {"color": "none", "markeredgecolor": style.INK}
    luck = style.Line2D([], [], linestyle="none", marker="o", label="placebo: the base with another seed", **look)
    figure.legend(handles=[change, luck], loc="outside upper left", ncols=2)
    return figure


def answer(table: Table) -> Answer | None:
    """What is seen to help most of the changes that no other finding has a sentence about; None without such."""
    tried = [row for row in table.rows if row["setting"] not in SAID_ELSEWHERE]
    if not tried:
        return None
    helping = [row for row in tried if row["effect"] == HELPS]
    best = (helping or tried)[0]
    base = f" in {best['base']}" if len({row["base"] for row in tried}) > 1 else ""
    points = f"{100 * best['value']:+.1f} percentage points of accuracy"
    change = f"{best['setting']} {best['after']} instead of {best['before']}{base} ({points})"
    number = f"Of {len(tried)} single changes in training, "
    if helping:
        seen = f"{len(helping)} {'is' if len(helping) == 1 else 'are'} seen to help, each judged by itself"
        sentence = f"{number}{seen}; most of all, {change}."
        return Answer(sentence, best["value"], best["low_seeds"], best["high_seeds"], "new seeds")
    if best["effect"] == UNDECIDED:
        return Answer(f"{number}the best is {change}; with one seed, luck is not excluded.", best["value"])
    luck = ", which may be luck" if best["value"] > 0 else ""
    return Answer(f"{number}none is seen to help; the best is {change}{luck}.", best["value"])


CHANGE = {
    "network": Column(str, "name of the network that was trained with the change"),
    "base": Column(str, "name of the network that it is compared with, which differs in this setting alone"),
    "setting": Column(str, "the one setting that was changed"),
    "before": Column(str, "its value in the base"),
    "after": Column(str, "its value in the network"),
}


def _turned_columns(name: str) -> dict[str, Column]:
    of, to = STATES[name]
    return {
        name: Column(float, f"of the base's {of} answers, the share that runs with the change make {to}, 0..1"),
        f"{name}_placebo": Column(float, "the share for runs of the base with another seed; empty with one seed"),
        f"{name}_excess": Column(float, f"{name} - {name}_placebo, -1..1"),
        **both_ends("the excess's interval", f"{name}_"),
    }


FINDING = causal(
    globals(),
    caption="Each network against one that differs in one setting alone, from the change that helps most. The accuracy "
    "is a mean over the last sixth of the epochs, runs paired by seed. 'helps' and 'harms': both intervals exclude 0; "
    "the more changes, the likelier one does by luck, for which p_adjusted corrects. Merely another seed repairs and "
    "breaks many answers, too: that is the placebo.",
    columns={
        **CHANGE,
        "value": Column(float, "difference of accuracy, network - base, mean over the seeds, -1..1"),
        **INTERVALS,
        "effect": Column(str, f"'{HELPS}', '{HARMS}', '{NOTHING}', or '{UNDECIDED}' without an interval over seeds"),
        "excluded": Column(float, "an effect beyond -x or x is excluded by two one-sided tests over seeds: x"),
        "p": Column(float, "of the paired t test over seeds"),
        "p_adjusted": Column(float, "the same, adjusted (Holm) over all changes"),
        "last_epoch": Column(float, "the difference after the last epoch"),
        **_turned_columns("repaired"),
        **_turned_columns("broken"),
        "errors": Column(int, "wrong answers of the base, all seeds together"),
        "n": Column(int, "images compared: without those of a class that one of the two did not learn"),
        "seeds": Column(int, "how many seeds it is computed on"),
    },
)
