"""Which of two runs is more accurate? (docs/analysis.md, section 2)

McNemar's test compares two trained networks, not two optimizers: another seed may reverse it.
"""

from stages.findings.finding import associated, measured, several_runs
from stages.statistics.intervals import correct, mcnemar_p, resampled
from stages.statistics.pairs import PAIR, pairs, resampled_accuracies
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row


def rows(sample: Sample) -> list[Row]:
    right, accuracies = sample.by_run(sample.right), resampled_accuracies(sample)
    n = len(sample.labels)
    table = []
    for a, b, pair in pairs(sample):
        only_a, only_b = int((right[a] & ~right[b]).sum()), int((right[b] & ~right[a]).sum())
        row = pair | {"only_a_right": only_a, "only_b_right": only_b, "p": mcnemar_p(only_a, only_b), "n": n}
        difference = (only_a - only_b) / n, accuracies[:, a] - accuracies[:, b]
        table.append(row | resampled(*difference, sample.confidence, ("difference", "low", "high")))
    correct(table, "p_holm")
    return table


FINDING = associated(
    globals(),
    caption="Two trained networks on the same images: exact McNemar test of the images that only one gets right, and "
    "the difference of accuracies with its paired bootstrap interval over images.",
    columns={
        **PAIR,
        "only_a_right": Column(int, "images that only the first run gets right"),
        "only_b_right": Column(int, "images that only the second run gets right"),
        "p": Column(float, "two-sided p value, 0..1"),
        "p_holm": Column(float, "the same, corrected (Holm) over all pairs"),
        **measured("difference", "accuracy of the first run minus that of the second, -1..1"),
    },
    needs=several_runs,
)
