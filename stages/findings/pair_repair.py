"""Which two classes stand in each other's way most?"""

from itertools import combinations

import numpy as np
from scipy import sparse, stats

from stages.findings.finding import INTERVAL, NETWORK, Figure, Finding, Picture, Style, no_collapse
from stages.statistics.bootstrap import indicators
from stages.statistics.intervals import percentile
from stages.statistics.knockout import repairing_classes
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table

SHOWN = 10
CIFAR10 = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}
"""The classes of the report's data set. Other data sets may have birds and cats too, of which it says nothing."""
CLAIMED = {"bird", "cat"}
"""The pair that the student report blames, shown whatever its rank if the classes are CIFAR-10's."""


def rows(sample: Sample) -> list[Row]:
    """Every two classes ranked by how much the removal of each repairs the other, both directions and all seeds."""
    names, classes = sample.class_names, len(sample.class_names)
    pairs = list(combinations(range(classes), 2))
    labels, removed = sample.labels.astype(int), sample.by_run(repairing_classes(sample))
    codes = np.where(removed >= 0, labels * classes + removed, -1)
    repaired = sparse.hstack([indicators(row, classes**2) for row in codes], format="csr")
    wrong_class = np.where(sample.by_run(sample.right), -1, labels)
    wrong = sparse.hstack([indicators(row, classes) for row in wrong_class], format="csr")

    def by_network(repaired: np.ndarray, wrong: np.ndarray) -> np.ndarray:
        """Mean repair over each network's seeds: float (draws, networks, pairs)."""
        shape = (-1, len(sample.networks), len(sample.seeds), classes)
        return _both_ways(repaired.reshape(*shape, classes), wrong.reshape(shape), pairs).mean(axis=2)

    values = by_network(repaired.mean(axis=0), wrong.mean(axis=0))[0]
    sampled = by_network(sample.resamples.means(repaired), sample.resamples.means(wrong))
    errors = wrong.sum(axis=0).reshape(len(sample.networks), len(sample.seeds), classes).sum(axis=1)
    table = []
    for network, value, samples, count in zip(sample.networks, values, np.moveaxis(sampled, 1, 0), errors, strict=True):
        (rank,), ranks = _ranks(value[None]), _ranks(samples)
        low, high = percentile(samples, sample.confidence)
        rank_low, rank_high = percentile(ranks, sample.confidence)
        for pair in np.argsort(rank, kind="stable"):
            a, b = pairs[pair]
            table.append(
                {"network": network, "class_a": names[a], "class_b": names[b]}
                | {"repair": float(value[pair]), "low": float(low[pair]), "high": float(high[pair])}
                | {"rank": int(rank[pair]), "rank_low": int(np.floor(rank_low[pair]))}
                | {"rank_high": int(np.ceil(rank_high[pair])), "p_first": float((ranks[:, pair] == 1).mean())}
                | {"n": int(count[a] + count[b])}
            )
    return table


def _both_ways(repaired: np.ndarray, errors: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """Mean repair of both directions (..., pairs), of repaired (..., C, C) and errors (..., C); 0 without errors."""
    a, b = np.array(pairs).T
    whole = np.broadcast_to(errors[..., None], repaired.shape)
    repair = np.divide(repaired, whole, out=np.zeros(repaired.shape), where=whole > 0)
    return (repair[..., a, b] + repair[..., b, a]) / 2


def _ranks(values: np.ndarray) -> np.ndarray:
    """Rank of each column within its row, 1 the highest; equals share the better rank."""
    return stats.rankdata(-values, method="min", axis=1)


def draw(table: Table, style: Style) -> Figure:
    """The pairs of which removing one repairs most of the other's errors, a panel a network; the claimed one bold."""
    networks = list(dict.fromkeys(row["network"] for row in table.rows))
    classes = set().union(*map(_of, table.rows))
    always = CLAIMED if classes == CIFAR10 else set()
    height = max(3, min(SHOWN + 1, len(table.rows) // len(networks)))
    figure = style.figure(0.7 + len(networks) * (0.5 + 0.24 * height))
    panels = figure.subplots(len(networks), 1, squeeze=False, sharex=True)[:, 0]
    for position, (axes, network) in enumerate(zip(panels, networks, strict=True)):
        ranked = [row for place, row in enumerate(table.where(network=network)) if place < SHOWN or _of(row) == always]
        look = {"color": style.colour(position), "marker": style.marker(position)}
        style.dots(axes, ranked, ("repair", "low", "high"), range(len(ranked)), **look)
        names = [" / ".join(style.short(row[side]) for side in ("class_a", "class_b")) for row in ranked]
        style.rows_down(axes, [f"{row['rank']}. {pair}" for row, pair in zip(ranked, names, strict=True)], 44)
        for label, row in zip(axes.get_yticklabels(), ranked, strict=True):
            label.set_fontweight("bold" if _of(row) == always else "normal")
        axes.set_title(style.short(network, 40))
    panels[-1].set_xlim(left=0)  # of all panels, once all intervals are drawn
    style.percent_axis(panels[-1].xaxis, "errors repaired by removing the other class, mean of both directions")
    return figure


def _of(row: Row) -> set[str]:
    return {row["class_a"], row["class_b"]}


FINDING = Finding(
    name="pair_repair",
    section="The networks",
    question="Which two classes repair each other's errors most, when either may not be chosen?",
    kind="causal",
    caption="Pairs of classes ranked by the mean repair when either may not be chosen for the other's images, over both"
    " directions and all seeds of a network. Intervals: bootstrap over images.",
    columns={
        "network": NETWORK,
        "class_a": Column(str, "one class"),
        "class_b": Column(str, "the other"),
        "repair": Column(float, "mean share of the errors that become right, 0..1; 0 for a class without errors"),
        **INTERVAL,
        "rank": Column(int, "1 for the highest repair; equals share the better rank"),
        "rank_low": Column(int, "lower end of the rank's interval over new images"),
        "rank_high": Column(int, "upper end of the rank's interval over new images"),
        "p_first": Column(float, "bootstrap probability of rank 1"),
        "n": Column(int, "errors on images of the two classes"),
    },
    rows=rows,
    needs=no_collapse,
    pictures=(
        Picture(
            "The pairs that repair each other most",
            "Removing one class, errors of the other that become right: the ten highest pairs. Of CIFAR-10, the pair "
            "that the student report blames is in bold, whatever its rank.",
            draw,
        ),
    ),
)
