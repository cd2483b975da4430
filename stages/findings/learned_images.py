"""What does having learned from an image change? (docs/analysis.md, section 3)"""

import numpy as np

from stages.findings.error_mass import dots
from stages.findings.finding import NETWORK, Answer, Figure, Finding, N, Picture, Style
from stages.settings import NetworkSettings
from stages.statistics import votes
from stages.statistics.intervals import over_seeds, percentile
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row, Table

ALL, ALL_IMAGES = "all networks", "all images"
CHOSEN = ("without", "drop", "train_share", "labels", "label_noise")
"""Settings with which a network does not learn every training image with its label."""


def rows(sample: Sample) -> list[Row]:
    """One row a network, and one for all together, of each group of images that is in both parts."""
    networks = _networks(sample)
    training, here = sample.others["training"], _groups(sample)
    there, table = _groups(training), []
    for group in [name for name in here if name in there]:
        missed, learned = ~sample.right[networks][..., here[group]], ~training.right[networks][..., there[group]]
        images = here[group][:, None]
        sums = sample.resamples.means(images * (~sample.right[networks]).mean(axis=1).T)
        drawn = sample.resamples.means(images)
        samples = np.divide(sums, drawn, out=np.full_like(sums, np.nan), where=drawn > 0)
        errors = missed.mean(axis=2), learned.mean(axis=2)
        named = dict(zip(np.array(sample.networks)[networks].tolist(), range(len(networks)), strict=True))
        for network, places in (named | {ALL: slice(None)}).items():
            before, after = (np.atleast_2d(rates[places]).mean(axis=0) for rates in errors)
            resampled = samples[:, places].reshape(len(samples), -1).mean(axis=1)
            row = {"network": network, "group": group, "held_out_error": float(before.mean())}
            row |= {"training_error": float(after.mean()), **_effect(before, after, resampled, sample.confidence)}
            table.append(row | {"n": missed.shape[2], "seeds": len(sample.seeds)})
    return table


def _effect(before: np.ndarray, after: np.ndarray, samples: np.ndarray, confidence: float) -> Row:
    """before, after: error rates of held-out and training images, one a seed; samples: resampled means of before."""
    low, high = percentile(samples - after.mean(), confidence)
    seeds = over_seeds(before - after, confidence) or (None, None)
    effect = float((before - after).mean())
    return {
        "effect": effect,
        "share": effect / float(before.mean()) if before.any() else None,
        "low_images": float(low),
        "high_images": float(high),
        "low_seeds": seeds[0],
        "high_seeds": seeds[1],
    }


def _groups(sample: Sample) -> dict[str, np.ndarray]:
    """The images of each group, bool (N,): all, each class, each number of dissenting votes; those that are there."""
    groups = {ALL_IMAGES: np.ones(len(sample.labels), bool)}
    groups |= {name: sample.labels == label for label, name in enumerate(sample.class_names)}
    if sample.votes is not None:
        dissent = votes.dissent(sample.votes, sample.labels)
        groups |= {f"{count} dissenting votes": dissent == count for count in range(sample.votes.shape[1] + 1)}
    return {name: group for name, group in groups.items() if group.any()}


def _networks(sample: Sample) -> list[int]:
    """The places of the networks that learn every training image with its label."""
    return [
        place
        for place, network in enumerate(sample.networks)
        if network in sample.grid.networks and not _chosen(sample.grid.settings[network])
    ]


def _chosen(settings: NetworkSettings) -> str:
    changed = [name for name in CHOSEN if getattr(settings, name) != NetworkSettings.model_fields[name].default]
    return ", ".join(changed)


def needs(sample: Sample) -> str:
    if "training" not in sample.others:
        return "answers to the training images are not known"
    return "" if _networks(sample) else "no network learns every training image with its label"


def limits(sample: Sample) -> list[Refusal]:
    chosen = {network: _chosen(sample.grid.settings[network]) for network in sample.grid.networks}
    return [
        Refusal(f"what having learned from an image changes, {network}", f"its {names} decides what it learns from")
        for network, names in chosen.items()
        if names
    ]


def draw(table: Table, style: Style) -> Figure:
    shown = table.where(network=ALL)
    figure = style.figure(1.1 + 0.36 * len(shown))
    axes = figure.subplots()
    dots(axes, shown, "effect", style)
    style.rows_down(axes, [f"{style.short(row['group'], 24)} ({row['n']:,})" for row in shown], 30)
    style.zero_line(axes)
    style.percent_axis(axes.xaxis, "error rate if held out, minus that if learned from, percentage points")
    style.legend_above(figure, axes)
    return figure


def answer(table: Table) -> Answer:
    (row,) = table.where(network=ALL, group=ALL_IMAGES)
    said = f"The networks miss {row['held_out_error']:.0%} of the images that they did not learn from, and "
    said += f"{row['training_error']:.0%} of those that they did: "
    if row["low_seeds"] is None:
        return Answer(f"{said}one run a network does not say how much of this is luck.", row["effect"])
    seeds = row["low_seeds"], row["high_seeds"]
    if seeds[0] <= 0 <= seeds[1]:
        return Answer(
            f"{said}having learned from an image is not seen to change it.", row["effect"], *seeds, "new seeds"
        )
    number = f"{100 * row['effect']:+.1f} percentage points"
    return Answer(f"{said}not having learned from an image costs {number}.", row["effect"], *seeds, "new seeds")


FINDING = Finding(
    name="learned_images",
    section="What learning changes",
    question="What does having learned from an image change?",
    kind="causal",
    caption="Error rate of the images held out minus that of the images learned from, after the last epoch. Lots "
    "decided which is which, so nothing else differs between them. The interval over new images is of held-out ones.",
    columns={
        "network": NETWORK._replace(meaning=f"{NETWORK.meaning}, or '{ALL}'"),
        "group": Column(str, f"'{ALL_IMAGES}', a class, or how many people chose another class than the label"),
        "held_out_error": Column(float, "error rate of the images not learned from, mean over the seeds, 0..1"),
        "training_error": Column(float, "error rate of the images learned from, mean over the seeds, 0..1"),
        "effect": Column(float, "their difference, -1..1"),
        "share": Column(
            float,
            "effect / held_out_error: of the held-out errors, those that learning from the image "
            "would have avoided; empty without errors",
        ),
        "low_images": Column(float, "lower end of the effect's interval over new images"),
        "high_images": Column(float, "upper end of the effect's interval over new images"),
        "low_seeds": Column(
            float, "lower end of the effect's interval over new seeds; empty where seeds do not differ"
        ),
        "high_seeds": Column(float, "upper end of the effect's interval over new seeds"),
        "n": N._replace(meaning="held-out images of the group"),
        "seeds": Column(int, "how many seeds it is computed on"),
    },
    rows=rows,
    needs=needs,
    limits=limits,
    pictures=(
        Picture(
            "What having learned from an image changes, by class and by votes",
            "The further right, the more errors would not be there had the network learned from the image.",
            draw,
        ),
    ),
    answer=answer,
)
