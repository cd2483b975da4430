"""What is each class taken for? (docs/analysis.md, section 1)"""

from stages.findings.finding import RUN, Figure, Style, associated, measured, named, picture
from stages.statistics.confusions import LEFT_OUT, REST, confusions, listed
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table


def rows(sample: Sample) -> list[Row]:
    return [
        {**named(run), "true": true, "predicted": predicted, "count": count}
        | wilson(count, n, sample.confidence, "share")
        for run, matrix in zip(sample.runs, confusions(sample), strict=True)
        for true, predicted, count, n in listed(matrix, matrix.sum(axis=1), sample.class_names)
    ]


@picture(
    "Confusion matrices",
    "Percent of each true class; the diagonal is the recall. Cells that round to nothing are empty.",
    wide=True,
)
def draw(table: Table, style: Style) -> Figure | None:
    if table.where(true=REST):
        return None
    look = {"label": "predicted class", "scale": "share of the true class", "colours": "Blues", "top": 1}
    return style.class_matrices(table.rows, "predicted", "count", "n", **look)


FINDING = associated(
    globals(),
    caption=f"What the images of each class are taken for, right answers included; with Wilson intervals. {LEFT_OUT}",
    columns={
        **RUN,
        "true": Column(str, "name of the class that the images have"),
        "predicted": Column(str, "name of the class that they are taken for"),
        "count": Column(int, "images of the one class that are taken for the other"),
        **measured("share", f"of the images of the true class, 0..1; none where n is 0; of '{REST}', of all images"),
    },
    with_collapsed=True,
)
