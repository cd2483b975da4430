"""How do the scores change from epoch to epoch?"""

from stages.findings.finding import RUN, Figure, Style, associated, named, picture
from stages.history import QUANTITIES
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table

DASHES = {"held-out": "-", "training": (0, (3, 1.6))}
WIDTHS = {"held-out": 1.6, "training": 1.1}


def rows(sample: Sample) -> list[Row]:
    return [{**named(run), **row} for run in sample.runs for row in sample.histories[run]]


def histories(sample: Sample) -> str:
    return "" if sample.histories else "there is no history of the training"


@picture("Learning curves", "Solid: images that no network learns from; dashed: those it learns from.")
def draw(table: Table, style: Style) -> Figure:
    """Training dashed, held-out solid; one line a run."""
    lines = list(dict.fromkeys((row["network"], row["seed"], row["part"]) for row in table.rows))
    networks = list(dict.fromkeys(network for network, _, _ in lines))
    alpha = 1 if len({seed for _, seed, _ in lines}) == 1 else 0.6
    figure = style.figure(6.6)
    grid = figure.subplots(len(QUANTITIES), 1, sharex=True)
    for axes, quantity in zip(grid, QUANTITIES, strict=True):
        for network, seed, part in lines:
            epochs = table.where(network=network, seed=seed, part=part)
            position = networks.index(network)
            look = {"color": style.colour(position), "linestyle": DASHES[part], "linewidth": WIDTHS[part]}
            look["marker"] = style.marker(position) if len(epochs) == 1 else None
            axes.plot([row["epoch"] for row in epochs], [row[quantity] for row in epochs], alpha=alpha, **look)
        axes.grid(axis="y")
        if quantity == "loss":
            axes.set_ylabel("loss, nats")
            axes.set_ylim(bottom=0)
        else:
            style.percent_axis(axes.yaxis, quantity)
            axes.set_ylim(0, 1)
    grid[-1].set_xlabel("epoch")
    grid[-1].xaxis.set_major_locator(style.MaxNLocator(integer=True))
    handles = [
        style.Line2D([], [], color=style.colour(at), label=style.short(name, 24)) for at, name in enumerate(networks)
    ] + [
        style.Line2D([], [], color=style.FAINT, linewidth=WIDTHS[part], linestyle=dashes, label=f"{part} images")
        for part, dashes in DASHES.items()
    ]
    columns = len(handles) if len(networks) <= 3 else 4
    figure.legend(handles=style.by_rows(handles, columns), loc="outside upper left", ncols=columns)
    return figure


FINDING = associated(
    globals(),
    caption="Scores of every run after every epoch: on the training images a mean over the epoch, while the weights "
    "move, on the held-out images at its end.",
    columns={
        **RUN,
        "epoch": Column(int, "from 1"),
        "part": Column(str, "which images: 'training' or 'held-out'"),
        "accuracy": Column(float, "share of right answers, 0..1"),
        "loss": Column(float, "cross entropy, nats an image, from 0"),
        "precision": Column(float, "mean over the classes that occur, 0..1"),
    },
    needs=histories,
    with_collapsed=True,
    of_training=True,
)
