"""What is each class taken for? (docs/analysis.md, section 1)"""

from dataclasses import asdict

from stages.findings.finding import INTERVAL, RUN, Figure, Finding, N, Picture, Style
from stages.statistics.confusions import confusions
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table


def rows(sample: Sample) -> list[Row]:
    table = []
    for run, matrix in zip(sample.runs, confusions(sample), strict=True):
        for true, counts in zip(sample.class_names, matrix, strict=True):
            n = int(counts.sum())
            for predicted, count in zip(sample.class_names, counts, strict=True):
                row = {**asdict(run), "true": true, "predicted": predicted, "count": int(count)}
                table.append({**row, **wilson(count, n, sample.confidence, "share"), "n": n})
    return table


def draw(table: Table, style: Style) -> Figure:
    look = {"label": "predicted class", "scale": "share of the true class", "colours": "Blues", "top": 1}
    return style.class_matrices(table.rows, "predicted", "count", "n", **look)


FINDING = Finding(
    name="confusions",
    section="The networks",
    question="What is each class taken for?",
    kind="associated",
    caption="What the images of each class are taken for, right answers included; with Wilson intervals.",
    columns={
        **RUN,
        "true": Column(str, "name of the class that the images have"),
        "predicted": Column(str, "name of the class that they are taken for"),
        "count": Column(int, "images of the one class that are taken for the other"),
        "share": Column(float, "of the images of the true class, 0..1; none where n is 0"),
        **INTERVAL,
        "n": N,
    },
    rows=rows,
    with_collapsed=True,
    pictures=(
        Picture(
            "Confusion matrices",
            "Percent of each true class; the diagonal is the recall. Cells that round to nothing are empty.",
            draw,
            wide=True,
        ),
    ),
)
