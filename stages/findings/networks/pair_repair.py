"""Which two classes repair each other's errors most, when either may not be chosen?"""

import numpy as np
from scipy import stats

from stages.findings.finding import INTERVAL, NETWORK, Figure, Style, causal, no_collapse, picture, probabilities
from stages.statistics.confusions import MOST_PAIRED, PAIRS
from stages.statistics.intervals import percentile
from stages.statistics.pair_repair import repairs
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table, ends

SHOWN = 10


def rows(sample: Sample) -> list[Row]:
    """Every two classes ranked by how much the removal of each repairs the other, both directions and all seeds."""
    found, table = repairs(sample), []
    for place, network in enumerate(sample.networks):
        samples = found.sampled_shares[:, place]
        numbers = dict(zip(("low", "high"), percentile(samples, sample.confidence), strict=True))
        numbers |= {"repair": found.shares[place], "repaired": found.counts[place], "n": found.errors[place]}
        numbers |= _ranked("rank", found.shares[place], samples, sample.confidence)
        numbers |= _ranked("count_rank", found.counts[place], found.sampled_counts[:, place], sample.confidence)
        numbers["p_first"] = (_ranks(samples) == 1).mean(axis=0)
        for pair in np.argsort(numbers["rank"], kind="stable"):
            a, b = found.pairs[pair]
            row = {"network": network, "class_a": sample.class_names[a], "class_b": sample.class_names[b]}
            table.append(row | {name: FINDING.columns[name].type(each[pair]) for name, each in numbers.items()})
    return table


def _ranked(name: str, values: np.ndarray, samples: np.ndarray, confidence: float) -> dict[str, np.ndarray]:
    """Ranks of values (pairs,) and the ends of their intervals, of samples (resamples, pairs), each float (pairs,)."""
    low, high = percentile(_ranks(samples), confidence)
    return {name: _ranks(values[None])[0], f"{name}_low": np.floor(low), f"{name}_high": np.ceil(high)}


def _ranks(values: np.ndarray) -> np.ndarray:
    """Rank of each column within its row, 1 the highest; equals share the better rank."""
    return stats.rankdata(-values, method="min", axis=1)


def needs(sample: Sample) -> str:
    return probabilities(sample) or no_collapse(sample)


@picture(
    "The pairs that repair each other most",
    "Removing one class, errors of the other that become right: the ten highest pairs.",
)
def draw(table: Table, style: Style) -> Figure:
    """The pairs of which removing one repairs most of the other's errors, a panel a network."""
    networks = list(dict.fromkeys(row["network"] for row in table.rows))
    height = max(3, min(SHOWN, len(table.rows) // len(networks)))
    figure = style.figure(0.7 + len(networks) * (0.5 + 0.24 * height))
    panels = figure.subplots(len(networks), 1, squeeze=False, sharex=True)[:, 0]
    for position, (axes, network) in enumerate(zip(panels, networks, strict=True)):
        ranked = table.where(network=network)[:SHOWN]
        look = {"color": style.colour(position), "marker": style.marker(position)}
        style.dots(axes, ranked, ("repair", "low", "high"), range(len(ranked)), **look)
        names = [" / ".join(style.short(row[side]) for side in ("class_a", "class_b")) for row in ranked]
        style.rows_down(axes, [f"{row['rank']}. {pair}" for row, pair in zip(ranked, names, strict=True)], 44)
        axes.set_title(style.short(network, 40))
    panels[-1].set_xlim(left=0)  # of all panels, once all intervals are drawn
    style.percent_axis(panels[-1].xaxis, "errors repaired by removing the other class, mean of both directions")
    return figure


FINDING = causal(
    globals(),
    caption="Pairs of classes ranked by the mean repair when either may not be chosen for the other's images, over both"
    " directions and all seeds of a network. Intervals: bootstrap over images. Of more than "
    f"{MOST_PAIRED} classes, the {PAIRS} pairs of which most errors are repaired, ranked among themselves.",
    columns={
        "network": NETWORK,
        "class_a": Column(str, "one class"),
        "class_b": Column(str, "the other"),
        "repair": Column(float, "mean share of the errors that become right, 0..1; 0 for a class without errors"),
        **INTERVAL,
        "rank": Column(int, "1 for the highest repair; equals share the better rank"),
        **ends("rank_low", "rank_high", "the rank's interval over new images", type=int),
        "p_first": Column(float, "bootstrap probability of rank 1"),
        "repaired": Column(int, "errors that become right, both directions"),
        "count_rank": Column(int, "rank by this number"),
        **ends("count_rank_low", "count_rank_high", "its interval over new images", type=int),
        "n": Column(int, "errors on images of the two classes"),
    },
)
