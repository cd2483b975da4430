"""What is each class taken for? (docs/analysis.md, section 1)"""

import numpy as np

from stages.findings.finding import RUN, Figure, Style, associated, measured, named, picture
from stages.statistics.confusions import LEFT_OUT, MOST_PAIRED, REST, confusions, largest
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table


def rows(sample: Sample) -> list[Row]:
    table = []
    names, classes = sample.class_names, range(len(sample.class_names))
    for run, matrix in zip(sample.runs, confusions(sample), strict=True):
        cells = list(np.ndindex(matrix.shape))
        if len(names) > MOST_PAIRED:
            cells = [(each, each) for each in classes] + largest(matrix * ~np.eye(len(names), dtype=bool))
        counted = [(names[true], names[answer], matrix[true, answer], matrix[true].sum()) for true, answer in cells]
        if len(names) > MOST_PAIRED:
            left = matrix.sum() - sum(count for *_, count, _ in counted)
            counted.append((REST, REST, left, matrix.sum()))
        for true, predicted, count, n in counted:
            row = {**named(run), "true": true, "predicted": predicted, "count": int(count)}
            table.append(row | wilson(count, n, sample.confidence, "share"))
    return table


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
