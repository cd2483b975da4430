"""How does the accuracy follow a setting that has several values? (docs/analysis.md, section 5)"""

from stages.findings.finding import NETWORK, Figure, Style, causal, no_collapse, picture
from stages.statistics.effects import accuracies, compared, intervals, sampled_accuracies
from stages.statistics.remedies import numeric_families
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table


def rows(sample: Sample) -> list[Row]:
    by_seed, samples = accuracies(sample, last_epoch=False), sampled_accuracies(sample, last_epoch=False)
    table = []
    for setting, networks in numeric_families(sample.grid):
        dose = {network: float(sample.grid.settings[network][setting]) for network in networks}
        for network in sorted(networks, key=dose.__getitem__):
            place = sample.grid.networks.index(network)
            row = {"setting": setting, "base": networks[0], "network": network, "dose": dose[network]}
            row |= {"accuracy": float(by_seed[place].mean()), "n": len(sample.labels), "seeds": len(sample.seeds)}
            table.append(row | intervals(samples[:, place], by_seed[place], sample.confidence))
    return table


def needs(sample: Sample) -> str:
    if numeric_families(sample.grid):
        return no_collapse(sample)
    return "no numeric setting has three values among networks that differ in nothing else"


@picture(
    "Accuracy by the value of a setting",
    "One panel a setting, and the network that is the base; the values are evenly spaced.",
)
def draw(table: Table, style: Style) -> Figure:
    found = dict.fromkeys((row["setting"], row["base"]) for row in table.rows)
    figure = style.figure(0.6 + 2.2 * -(-len(found) // 3))
    panels = figure.subplots(-(-len(found) // 3), min(3, len(found)), squeeze=False, sharey=True)
    for axes in panels.flat[len(found) :]:
        axes.set_axis_off()
    for axes, (setting, base) in zip(panels.flat, found, strict=False):
        rows = table.where(setting=setting, base=base)
        doses, places = [row["dose"] for row in rows], range(len(rows))
        axes.plot(places, [row["accuracy"] for row in rows], color=style.INK, linewidth=0.8, zorder=0.5)
        for (over, (color, marker)), apart in zip(style.OVER.items(), (-0.08, 0.08), strict=True):
            for place, row in zip(places, rows, strict=True):
                if row[f"low_{over}"] is not None:
                    ends = row[f"low_{over}"], row[f"high_{over}"]
                    axes.vlines(place + apart, *ends, color=color, linewidth=1.4)
                    axes.plot(place + apart, row["accuracy"], marker, color=color, markersize=4)
        axes.set_xticks(places, [f"{dose:g}" for dose in doses])
        axes.set(xlabel=setting, title=style.short(base, 20))
        style.percent_axis(axes.yaxis, "accuracy" if axes in panels[:, 0] else "")
    handles = [
        style.Line2D([], [], color=color, label=f"over new {over}")
        for over, (color, _) in style.OVER.items()
        if any(row[f"low_{over}"] is not None for row in table.rows)
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=2)
    return figure


FINDING = causal(
    globals(),
    caption="Accuracy, mean over the last sixth of the epochs, by the value of a numeric setting, of networks that "
    "differ in nothing else; intervals over new images and over new seeds.",
    columns={
        "setting": Column(str, "the one setting in which these networks differ"),
        "base": Column(str, "the network of them that can be compared with most others"),
        "network": NETWORK,
        "dose": Column(float, "its value of the setting"),
        **compared("mean over its seeds, 0..1", "images", "accuracy"),
    },
)
