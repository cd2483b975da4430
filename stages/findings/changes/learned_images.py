"""How many errors would not be errors, had the network learned from the image? (docs/analysis.md)"""

from collections.abc import Iterator

import numpy as np

from stages.findings.finding import Answer, Figure, N, Style, causal, picture, refusals
from stages.settings import NetworkSettings
from stages.similarity import NEAR_DUPLICATE
from stages.statistics import votes
from stages.statistics.confusions import MOST_PAIRED
from stages.statistics.intervals import excludes_zero, over_seeds, welch
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Refusal, Row, Table, ends

ALL = "all networks"
CHOSEN = ("without", "drop", "train_share", "labels", "label_noise")
"""Settings with which a network does not learn every training image with its label."""
EDGES = (0.8, 0.9, NEAR_DUPLICATE)
RANGES = ("below 0.8", "0.8 to 0.9", "0.9 to 0.97", "near-duplicate")


def rows(sample: Sample) -> list[Row]:
    training, table = sample.others["training"], []
    networks = [network for network in sample.grid.networks if not _by_people(sample, network)]
    errors = {network: (_held_out_errors(sample, network), _training_errors(training, network)) for network in networks}
    whole = [errors[network] for network in networks if not _chosen(sample, network)]
    errors[ALL] = tuple(np.mean(of_part, axis=0) for of_part in zip(*whole, strict=True))
    learned = {(grouping, group): chosen for grouping, group, chosen in groups(training)}
    for grouping, group, chosen in groups(sample):
        if (grouping, group) in learned:
            for network, (kept, seen) in errors.items():
                row = {"network": network, "grouping": grouping, "group": group}
                seen = seen[:, learned[grouping, group]]
                table.append(row | effect(kept[:, chosen], seen, sample.confidence))
    return table


def _held_out_errors(sample: Sample, network: str) -> np.ndarray:
    """float (seeds, N): 1 where a run errs; NaN of a class that the network does not learn."""
    errors = (~sample.right[sample.networks.index(network)]).astype(float)
    left_out = np.array(sample.class_names)[sample.labels] == sample.grid.settings[network].get("without")
    return np.where(left_out, np.nan, errors)


def _training_errors(training: Sample, network: str) -> np.ndarray:
    """float (seeds, N): 1 where a run errs; NaN where it did not learn the image with its label."""
    place = training.networks.index(network)
    errors = (~training.right[place]).astype(float)
    if training.learned_as is None:
        return errors
    return np.where(training.learned_as[place] == training.labels, errors, np.nan)


def _chosen(sample: Sample, network: str) -> str:
    """Which of CHOSEN a network sets; '' for none."""
    settings, fields = sample.grid.settings[network], NetworkSettings.model_fields
    return ", ".join(name for name in CHOSEN if settings.get(name) not in (None, fields[name].default))


def _by_people(sample: Sample, network: str) -> bool:
    """Whether people's votes, not the lot, decide which images a network learns with their labels."""
    settings = sample.grid.settings[network]
    return settings.get("labels") == "votes" or str(settings.get("drop")).startswith("doubtful")


def groups(sample: Sample) -> Iterator[tuple[str, str, np.ndarray]]:
    """Grouping, group, and bool (N,), which images are of it; by votes and similarity where these are known."""
    yield "all", "all images", np.ones(len(sample.labels), bool)
    for index, name in enumerate(sample.class_names):
        yield "class", name, sample.labels == index
    if sample.votes is not None:
        dissent = votes.dissent(sample.votes, sample.labels)
        for count in range(sample.votes.shape[1] + 1):
            yield "dissenting votes", str(count), dissent == count
    if sample.similarity is not None:
        places = np.digitize(sample.similarity, EDGES)
        for place, name in enumerate(RANGES):
            yield "similarity", name, places == place
        yield "similarity", "all but near-duplicates", places < len(EDGES)


def effect(held_out: np.ndarray, training: np.ndarray, confidence: float) -> Row:
    """The columns EFFECT of errors (seeds, n) of held-out and (seeds, m) of training images, 0..1; NaN: not counted.

    >>> row = effect(1.0 * (np.arange(100)[None] < 40), 1.0 * (np.arange(400)[None] < 20), 0.95)
    >>> [round(row[name], 3) for name in ("value", "low_images", "high_images", "share")]
    [0.35, 0.25, 0.45, 0.875]
    """
    held_out, training = (part[:, ~np.isnan(part).all(axis=0)] for part in (held_out, training))
    row: Row = dict.fromkeys(EFFECT) | {"n": held_out.shape[1], "n_training": training.shape[1]}
    if not all((~np.isnan(part)).any(axis=1).all() for part in (held_out, training)):
        return row
    before, after = float(held_out.mean()), float(np.nanmean(training))
    row |= {"held_out_error": before, "training_error": after, "value": before - after}
    row["share"] = (before - after) / before if before else None
    row["low_images"], row["high_images"] = welch(held_out.mean(axis=0), np.nanmean(training, axis=0), confidence)
    by_seed = held_out.mean(axis=1) - np.nanmean(training, axis=1)
    row["low_seeds"], row["high_seeds"] = over_seeds(by_seed, confidence) or (None, None)
    return row


def needs(sample: Sample) -> str:
    if "training" not in sample.others:
        return "the answers to the training images are not available"
    every = all(_chosen(sample, network) for network in sample.grid.networks)
    return "no network learns every training image with its label" if every else ""


def limits(sample: Sample) -> list[Refusal]:
    unlike = any(one.similarity is None for one in (sample, sample.others["training"]))
    missing = {
        "by dissenting votes": sample.no_votes or sample.others["training"].no_votes,
        "by similarity": "the similarity of images is not available" if unlike else "",
    }
    missing |= {
        network: f"people's votes decide what {network} learns from ({_chosen(sample, network)}), not the lot"
        for network in sample.grid.networks
        if _by_people(sample, network)
    }
    return refusals({f"having learned from an image, {name}": reason for name, reason in missing.items()})


@picture(
    "Errors on images that networks learned from, and on others",
    "The length of a line: the errors that would be right answers, had the network learned from the image.",
)
def draw(table: Table, style: Style) -> Figure:
    """Error rates of all networks on both parts, a row a group, joined by a line."""
    rows = [row for row in table.where(network=ALL) if row["value"] is not None]
    if len(rows) > MOST_PAIRED:
        rows = [row for row in rows if row["grouping"] != "class"]
    figure = style.figure(1.2 + 0.27 * len(rows))
    axes = figure.subplots()
    for place, row in enumerate(rows):
        axes.hlines(place, row["training_error"], row["held_out_error"], color=style.LINE, linewidth=2)
    for name, tint, sign, label in (
        ("held_out_error", style.VERMILION, "o", "images kept from the network"),
        ("training_error", style.BLUE, "s", "images that it learned from"),
    ):
        look = {"linestyle": "none", "color": tint, "marker": sign, "clip_on": False, "label": label}
        axes.plot([row[name] for row in rows], range(len(rows)), **look)
    named = {"dissenting votes": "{} dissenting votes", "similarity": "similarity: {}"}
    labels = [named.get(row["grouping"], "{}").format(style.short(row["group"], 30)) for row in rows]
    style.rows_down(axes, labels, 40)
    axes.set_xlim(-0.03, 1)
    style.percent_axis(axes.xaxis, "wrong answers, mean over all networks")
    style.legend_above(figure, axes)
    return figure


def answer(table: Table) -> Answer:
    (row,) = table.where(network=ALL, grouping="all")
    said = f"Networks that learn from all training images miss {row['training_error']:.0%} of these and "
    said += f"{row['held_out_error']:.0%} of the held-out images: "
    over = "seeds" if row["low_seeds"] is not None else "images"
    low, high = row[f"low_{over}"], row[f"high_{over}"]
    if excludes_zero(low, high):
        said += f"not having learned from an image costs {100 * row['value']:.1f} percentage points."
    else:
        said += "having learned from an image is not seen to change anything."
    return Answer(said, row["value"], low, high, f"new {over}")


EFFECT = {
    "held_out_error": Column(float, "error rate on the held-out images of the group, 0..1; empty where there are none"),
    "training_error": Column(float, "error rate of the trained network on the training images of the group, 0..1"),
    "value": Column(float, "held-out error - training error: what having learned from the image changes, -1..1"),
    **ends("low_images", "high_images", "the interval over new images", "; empty where none differ"),
    **ends("low_seeds", "high_seeds", "the interval over new seeds", "; empty with one seed"),
    "share": Column(float, "value / held-out error: of the errors, the share that would be right answers"),
    "n": N._replace(meaning="held-out images of the group"),
    "n_training": N._replace(meaning="training images of the group that a run learned with their label"),
}

FINDING = causal(
    globals(),
    caption="Errors on held-out images beside errors on training images, mean over the seeds. Which is which was drawn "
    "by lot, so the difference is what learning from the image does. Similarity: to the nearest (other) training "
    "image. Intervals: Welch's over images, t over seeds.",
    columns={
        "network": Column(str, f"name of the network, or '{ALL}'"),
        "grouping": Column(str, "what the images are grouped by: all, class, dissenting votes, or similarity"),
        "group": Column(str, "the group of images"),
        **EFFECT,
    },
    section="Having learned from an image",
    of_training=True,
)
