"""Which classes are recognised best, and which worst? (docs/analysis.md, section 1)"""

import numpy as np
from scipy.stats import rankdata

from stages.findings.finding import RUN, N, associated, named
from stages.statistics.confusions import confusions, recalls, resampled_class_scores
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row


def rows(sample: Sample) -> list[Row]:
    totals = np.bincount(sample.labels, minlength=len(sample.class_names))
    by_run, resampled = recalls(confusions(sample)), resampled_class_scores(sample)["recall"]
    table = []
    for position, (run, recall) in enumerate(zip(sample.runs, by_run, strict=True)):
        top, bottom = (among_highest(sign * resampled[:, position], 2) for sign in (1, -1))
        for index, name in enumerate(sample.class_names):
            table.append(
                {
                    **named(run),
                    "class": name,
                    "recall": float(recall[index]) if totals[index] else None,
                    "rank": int((recall > recall[index]).sum()) + 1,
                    "p_top_two": float(top[index]),
                    "p_bottom_two": float(bottom[index]),
                    "n": int(totals[index]),
                }
            )
    return table


def among_highest(values: np.ndarray, places: int) -> np.ndarray:
    """Share of the resamples in which fewer than `places` classes are higher, float (classes,).

    values: float (resamples, classes).

    >>> among_highest(np.array([[0.9, 0.8, 0.7], [0.9, 0.6, 0.7]]), 2).tolist()
    [1.0, 0.5, 0.5]
    """
    return (rankdata(-values, method="min", axis=1) <= places).mean(axis=0)


FINDING = associated(
    globals(),
    caption="Classes ranked by recall, with the bootstrap probabilities, over images, of being among the two highest "
    "and the two lowest.",
    columns={
        **RUN,
        "class": Column(str, "name of the class"),
        "recall": Column(float, "share of its images that are answered right, 0..1; none where n is 0"),
        "rank": Column(int, "by recall, 1 the highest; equals share the better rank"),
        "p_top_two": Column(float, "share of the resamples in which fewer than two classes have a higher recall"),
        "p_bottom_two": Column(float, "share of the resamples in which fewer than two classes have a lower recall"),
        "n": N,
    },
)
