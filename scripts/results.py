"""Write the results in README.md, between its markers, from metrics/, plots/ and docs/study/.

A block begins with a comment `results: NAME` and ends with a comment `end`. Nothing is computed here but means,
extremes and differences of published numbers.

python -m scripts.results
"""

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import yaml

from scripts import study
from stages import artifacts
from stages.error_analysis.grid import Run
from stages.error_analysis.verdicts import FAILS, HOLDS, INAPPLICABLE, STATED_ACCURACY, UNTOLD
from stages.errors import InputError, reported

README = Path("README.md")
BLOCK = re.compile(r"(<!-- results: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
WHOLE_TEST_SET = {"cifar10": 10_000}
STILL_FALLING = 0.1
"""A training loss that fell by more than this share in the last sixth of the epochs counts as still falling."""
NOT_RUN = "The study has not been run yet; what needs it says so."

Row = Mapping[str, str]


@dataclass(frozen=True)
class Published:
    """What one grid of runs published.

    parameters: params.yaml as it was then, which need not fit the schema of today. tables: the rows of
    plots/errors/<name>.csv, values as text. pictures: names of the files plots/errors/*.png. metrics, histories: of
    each run, see artifacts.metrics_path and history_path.
    """

    folder: Path
    parameters: Mapping[str, Any]
    tables: Mapping[str, Sequence[Row]]
    pictures: frozenset[str]
    metrics: Mapping[Run, Mapping[str, float]]
    histories: Mapping[Run, Sequence[Row]]

    def rows(self, table: str, **wanted: str) -> list[Row]:
        """The rows in which the columns have these values; none where the grid could not support the table."""
        return [row for row in self.tables.get(table, ()) if all(row[key] == value for key, value in wanted.items())]

    @property
    def networks(self) -> list[str]:
        return list(self.parameters["networks"])

    @property
    def seeds(self) -> str:
        return _listed(map(str, self.parameters["seeds"]))

    def cell(self, network: str) -> tuple[str, int]:
        """Optimizer and kernel size of a network."""
        own = self.parameters["networks"][network] or {}
        optimizer, size = (own.get(key) or self.parameters[key] for key in ("optimizer", "kernel_size"))
        return optimizer, size


def read(folder: Path) -> Published:
    """What lies under a folder as in the repository's root; InputError where a file is missing."""
    try:
        parameters = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
        runs = [Run(network, seed) for network in parameters["networks"] for seed in parameters["seeds"]]
        errors = folder / artifacts.PLOTS / "errors"
        return Published(
            folder,
            parameters,
            {path.stem: _csv(path) for path in sorted(errors.glob("*.csv"))},
            frozenset(path.name for path in errors.glob("*.png")),
            {run: _json(folder / artifacts.metrics_path(run.network, run.seed)) for run in runs},
            {run: _csv(folder / artifacts.history_path(run.network, run.seed)) for run in runs},
        )
    except FileNotFoundError as error:
        raise InputError(f"{error.filename} is missing. Run `make repro`; for {study.FOLDER}, `make study`.") from None


def blocks(grid: Published, further: Published | None) -> dict[str, str]:
    """The text of every block. further: the study, or None where it has not been run."""
    best = further or grid
    return {
        "study": NOT_RUN if further is None else _study(further),
        "networks": networks(grid, further),
        "verdicts": verdicts(grid, further),
        "effects": effects(best),
        "fit": matched_fit(best),
        "learning": learning(best),
        "collapse": collapse([published for published in (grid, further) if published]),
        "pictures": pictures(grid, further),
    }


def fill(text: str, contents: Mapping[str, str]) -> str:
    """The text with every block's content between its markers; InputError unless it has each block once."""
    found = [match[2] for match in BLOCK.finditer(text)]
    if sorted(found) != sorted(contents):
        raise InputError(
            "expected the markers <!-- results: NAME --> ... <!-- end --> once each for "
            f"{', '.join(sorted(contents))}; {README} has them for {', '.join(sorted(found)) or 'none'}."
        )
    return BLOCK.sub(lambda match: f"{match[1]}{contents[match[2]]}\n{match[3]}", text)


def networks(grid: Published, further: Published | None) -> str:
    """Accuracy of every run on each kind of images, precision and loss, beside the report's accuracy."""
    header = ["network", "optimizer", "kernel", "seed", "the report", *_SCORES]
    rows = []
    for run in grid.metrics:
        cells = [_bounded(_score(grid, run, *score)) for score in _SCORES.values()]
        rows.append([run.network, *_settings(grid, run.network), str(run.seed), _stated(grid, run.network), *cells])
    sizes = next(iter(grid.metrics.values()))
    spans = [
        _span([float(_score(grid, run, images, "accuracy")["value"]) for run in grid.metrics])
        for images in ("training", "held-out")
    ]
    lines = [
        f"On the images that they learned from, {spans[0]} of the answers are right; on held-out images, {spans[1]}.",
        "",
        markdown(header, rows),
        "",
        f"{sizes['train_images']:,} training, {sizes['held_out_images']:,} held-out and {sizes['test_images']:,} test "
        f"images. In brackets: {_confidence(grid)} intervals over new images for these trained networks (accuracy: "
        "Wilson; precision, a mean over the classes, and loss: bootstrap); they say nothing of another seed. The "
        "report gives an accuracy without saying of which images, and no number for precision or loss.",
    ]
    whole = WHOLE_TEST_SET.get(grid.parameters["dataset"], 0)
    if sizes["test_images"] < whole:
        lines.append(f"The data set has {whole:,} test images: the archive at hand ended early.")
    if further:
        header.remove("seed")
        lines += [
            "",
            f"In the study: mean over the seeds {further.seeds}, and in brackets the "
            "lowest and the highest of them, which is no interval.",
            "",
            markdown(header, [_over_seeds(further, network) for network in further.networks]),
        ]
    return "\n".join(lines)


_SCORES = {
    "training accuracy": ("training", "accuracy"),
    "held-out accuracy": ("held-out", "accuracy"),
    "test accuracy": ("test", "accuracy"),
    "held-out precision": ("held-out", "macro precision"),
    "held-out loss": ("held-out", "log loss"),
}


def _over_seeds(published: Published, network: str) -> list[str]:
    cells = []
    for images, score in _SCORES.values():
        rows = published.rows("scores", network=network, images=images, score=score)
        values = [float(row["value"]) for row in rows]
        cells.append(f"{fmean(values):.3f} ({min(values):.3f}, {max(values):.3f})")
    return [network, *_settings(published, network), _stated(published, network), *cells]


def verdicts(grid: Published, further: Published | None) -> str:
    """The verdict on each claim: the grid's, or the study's where the grid cannot tell and there is a study."""
    judged = {row["claim"]: row for row in grid.rows("verdicts")}
    again = {row["claim"]: row for row in further.rows("verdicts")} if further else {}
    sources = {
        claim: "study" if row["verdict"] == UNTOLD and claim in again else "grid" for claim, row in judged.items()
    }
    chosen = {claim: (again if sources[claim] == "study" else judged)[claim] for claim in judged}
    counts = Counter(row["verdict"] for row in chosen.values())
    named = [verdict for verdict in (HOLDS, FAILS, UNTOLD, INAPPLICABLE) if counts[verdict] or verdict != INAPPLICABLE]
    rows = [
        [f"**{claim}** {row['text']}", _verdict(row), numbers(row), row["n"], sources[claim], row["on_test_images"]]
        for claim, row in chosen.items()
    ]
    lines = [
        f"{len(chosen)} verdicts: " + ", ".join(f"{counts[verdict]} '{verdict}'" for verdict in named) + ".",
        "",
        markdown(
            ["claim", "verdict", f"numbers and {_confidence(grid)} intervals", "n", "from", "on test images"], rows
        ),
    ]
    others = [
        f"{claim} '{again[claim]['verdict']}'"
        for claim, row in chosen.items()
        if sources[claim] == "grid" and claim in again and again[claim]["verdict"] != row["verdict"]
    ]
    if others:
        lines += ["", f"The study says otherwise of: {', '.join(others)}."]
    elif further:
        lines += ["", "Where the grid can tell, the study says the same."]
    return "\n".join(lines)


def _verdict(row: Row) -> str:
    return f"{row['verdict']}: {row['reason']}" if row["verdict"] == UNTOLD else f"**{row['verdict']}**"


def numbers(row: Row) -> str:
    """The numbers of a verdict, each with its interval, one line a quantity."""
    if not row["numbers"]:
        return ""
    clauses = zip(row["numbers"].split("; "), row["interval"].split("; "), strict=True)
    return "<br>".join(_paired(*clause) for clause in clauses)


def _paired(clause: str, intervals: str) -> str:
    """'a: x 1, y 2' and '[0, 1], [1, 3]' -> 'a: x 1 [0, 1], y 2 [1, 3]'; side by side where they are not as many."""
    quantity, _, values = clause.rpartition(": ")
    each, bounds = values.split(", "), re.findall(r"\[[^]]*\]", intervals)
    if len(each) != len(bounds) or ", ".join(bounds) != intervals:
        return f"{clause} {intervals}".strip()
    return f"{quantity}: " + ", ".join(f"{value} {bound}" for value, bound in zip(each, bounds, strict=True))


def effects(published: Published) -> str:
    """What optimizer and kernel size do to the held-out accuracy, and the shares of the errors' variance."""
    lines = [f"From {_source(published)}:", ""]
    rows = published.rows("effects")
    if rows:
        header = ["effect", "difference of", "held-out accuracy", "over new images", "over new seeds"]
        lines += [markdown(header, [_effect(row) for row in rows]), ""]
    shares = published.rows("variance_shares")
    if shares:
        listed = _listed(f"{row['component']} {_bounded(row, 'share')}" for row in shares)
        lines += [f"Shares of the variance of 'this run gets this image wrong', over new images: {listed}.", ""]
    refused: dict[str, list[str]] = {}
    for row in published.rows("refusals"):
        refused.setdefault(row["reason"], []).append(row["analysis"])
    if refused:
        listed = [f"- {_listed(analyses)}: {reason}" for reason, analyses in refused.items()]
        lines += ["What these runs cannot support, and why:", "", *listed, ""]
    return "\n".join(lines[:-1])


def _effect(row: Row) -> list[str]:
    over_seeds = (
        _interval(row["low_seeds"], row["high_seeds"]) if row["low_seeds"] else f"needs more than {row['seeds']}"
    )
    over_images = _interval(row["low_images"], row["high_images"])
    return [row["effect"], row["contrast"], f"{float(row['value']):+.3f}", over_images, over_seeds]


def matched_fit(published: Published) -> str:
    """Held-out error of both optimizers at the same training loss, one row a kernel size and seed."""
    pairs: dict[tuple[str, str], list[Row]] = {}
    for row in published.rows("matched_fit"):
        pairs.setdefault((row["kernel_size"], row["seed"]), []).append(row)
    if not pairs:
        return f"In {_source(published)}, no Adam and SGD with the same kernel size had the same training loss."
    first = next(iter(pairs.values()))[0]
    one, other = (published.cell(first[f"network_{side}"])[0] for side in "ab")
    header = ["kernel", "seed", "training losses", f"held-out error, {one} - {other}", "at the lowest of them"]
    return "\n".join(
        [
            f"From {_source(published)}, at {len(next(iter(pairs.values())))} training losses that both optimizers "
            "went through:",
            "",
            markdown(header, [_matched(key, rows, one, other) for key, rows in pairs.items()]),
            "",
            "Descriptive: the training loss was not set, it came about, and there is no interval.",
        ]
    )


def _matched(key: tuple[str, str], rows: Sequence[Row], *optimizers: str) -> list[str]:
    size, seed = key
    losses = [float(row["training_loss"]) for row in rows]
    differences = [float(row["difference"]) for row in rows]
    lowest = rows[losses.index(min(losses))]
    ends = [
        f"{optimizer} {float(lowest[f'error_{side}']):.3f} (epoch {float(lowest[f'epoch_{side}']):.1f})"
        for optimizer, side in zip(optimizers, "ab", strict=True)
    ]
    return [
        f"{size}x{size}",
        seed,
        f"{max(losses):.2f} to {min(losses):.2f}",
        f"{min(differences):+.3f} to {max(differences):+.3f}",
        f"{', '.join(ends)}: {differences[losses.index(min(losses))]:+.3f}",
    ]


def learning(published: Published) -> str:
    """Whether each run's training loss still fell when its epochs ended, and when its held-out loss was lowest."""
    rows = []
    falling: dict[str, list[bool]] = {}
    for run, history in published.histories.items():
        training, held_out = (_losses(history, images) for images in ("training", "held-out"))
        last = len(training)
        late = math.ceil(last * 5 / 6)
        shown = sorted({math.ceil(last * 2 / 3), late, last})
        change = training[-1] / training[late - 1] - 1
        falling.setdefault(run.network, []).append(change < -STILL_FALLING)
        losses = ", ".join(f"{training[epoch - 1]:.3f} after {epoch}" for epoch in shown)
        best = f"{min(held_out):.3f} after {held_out.index(min(held_out)) + 1}"
        rows.append([str(run), published.cell(run.network)[0], losses, f"{change:+.0%}", best])
    counted = _listed(
        f"{network} ({published.cell(network)[0]}) {sum(found)} of {len(found)}" for network, found in falling.items()
    )
    header = ["run", "optimizer", "training loss after epoch", "in the last sixth", "lowest held-out loss after epoch"]
    return "\n".join(
        [
            f"From {_source(published)}: runs whose training loss fell by more than {STILL_FALLING:.0%} in the last "
            f"sixth of their epochs, a sign that learning was not finished: {counted}.",
            "",
            markdown(header, rows),
            "",
            "Training loss as in the histories: the mean over an epoch's batches, while the weights move.",
        ]
    )


def _losses(history: Sequence[Row], images: str) -> list[float]:
    return [float(row["loss"]) for row in history if row["images"] == images]


def collapse(all_published: Sequence[Published]) -> str:
    """Which runs answer at most half of the classes, or have a training loss like that of guessing."""
    sentences = []
    for published in all_published:
        classes = len({row["true"] for row in published.rows("confusions")})
        guessing = math.log(classes)
        found = [
            f"{run} answers {scores['held_out_predicted_classes']} of {classes} classes on held-out images, its "
            f"training loss is {scores['train_loss']:.3f}"
            for run, scores in published.metrics.items()
            if scores["held_out_predicted_classes"] * 2 <= classes or scores["train_loss"] > 0.99 * guessing
        ]
        fewest = min(scores["held_out_predicted_classes"] for scores in published.metrics.values())
        highest = max(scores["train_loss"] for scores in published.metrics.values())
        facts = (
            f"each of the {len(published.metrics)} runs answers at least {fewest} of {classes} classes on held-out "
            f"images, and the highest training loss is {highest:.3f}"
        )
        said = f"collapsed: {'; '.join(found)}" if found else f"none collapsed: {facts}"
        sentences.append(f"In {_source(published)}, {said} (guessing gives ln {classes} = {guessing:.3f}).")
    return "\n".join(sentences)


def pictures(grid: Published, further: Published | None) -> str:
    """The pictures, each with what it shows and the command that makes it."""
    best = further or grid
    shown = [
        (grid, "curves.png", "Accuracy, loss and precision after every epoch"),
        (grid, "confusions.png", "Confusion matrices, held-out images: percent of the true class"),
        (grid, "gallery_missed_by_all.png", "Held-out images that every network of the grid misses, chosen at random"),
        (best, "effects.png", "Effects of optimizer and kernel size on held-out accuracy"),
        (best, "budget.png", "Errors by the first cause that fits, asked in the order of the legend, and in reverse"),
    ]
    lines = []
    for published, name, caption in shown:
        if name in published.pictures:
            path = (published.folder / artifacts.PLOTS / "errors" / name).as_posix()
            command = "make repro" if published is grid else "make study"
            lines += [f"![{caption}]({path})", "", f"*{caption} ({_source(published)}; `{command}`).*", ""]
    return "\n".join(lines[:-1])


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of cells without line breaks."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _study(published: Published) -> str:
    cells = _listed(f"{network} ({', '.join(_settings(published, network))})" for network in published.networks)
    page = published.folder / artifacts.PLOTS / "errors"
    return (
        f"The study has {len(published.metrics)} runs: {cells}, seeds {published.seeds}. "
        f"Its [verdicts]({page.as_posix()}/verdicts.md), [page]({page.as_posix()}/report.html), and "
        f"[what it was made from]({published.folder.as_posix()}/README.md)."
    )


def _source(published: Published) -> str:
    return "the grid" if published.folder == Path() else "the study"


def _settings(published: Published, network: str) -> list[str]:
    optimizer, size = published.cell(network)
    return [optimizer, f"{size}x{size}"]


def _stated(published: Published, network: str) -> str:
    """The report's accuracy of a network that it has; a dash for others."""
    stated = STATED_ACCURACY.get((network, *published.cell(network)))
    return "-" if stated is None else str(stated)


def _score(published: Published, run: Run, images: str, score: str) -> Row:
    wanted = {"network": run.network, "seed": str(run.seed), "images": images, "score": score}
    return published.rows("scores", **wanted)[0]


def _bounded(row: Row, value: str = "value") -> str:
    return f"{float(row[value]):.3f} {_interval(row['low'], row['high'])}"


def _interval(low: str, high: str) -> str:
    return f"[{float(low):.3f}, {float(high):.3f}]"


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.3f}", f"{max(values):.3f}"
    return low if low == high else f"{low} to {high}"


def _confidence(published: Published) -> str:
    return f"{100 * published.parameters['error_analysis']['confidence']:.3g}%"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items)


def _csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _json(path: Path) -> dict[str, float]:
    return json.loads(path.read_text(encoding="utf-8"))


def texts() -> tuple[str, str]:
    """README.md as it is, and as it should be."""
    further = read(study.FOLDER) if study.FOLDER.exists() else None
    text = README.read_text(encoding="utf-8")
    return text, fill(text, blocks(read(Path()), further))


def main() -> None:
    before, after = texts()
    artifacts.write_text(README, after)
    print(f"results: {README} {'is up to date' if before == after else 'has changed'}")


if __name__ == "__main__":
    with reported("results"):
        main()
