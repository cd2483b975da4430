"""How many errors become right when the class that was answered may not be chosen?"""

from stages.findings.finding import RUN, causal, named
from stages.findings.networks.knockout import REPAIR, needs, repair
from stages.statistics.knockout import repairing_classes
from stages.statistics.sample import Sample
from stages.statistics.table import Row


def rows(sample: Sample) -> list[Row]:
    repaired = (sample.by_run(repairing_classes(sample)) >= 0).sum(axis=1)
    errors = (~sample.by_run(sample.right)).sum(axis=1)
    return [
        {**named(run), **repair(count, wrong, sample)}
        for run, count, wrong in zip(sample.runs, repaired, errors, strict=True)
    ]


FINDING = causal(
    globals(),
    caption="Errors that become right when one class, the predicted one, may not be chosen. Wilson intervals.",
    columns=RUN | REPAIR,
    needs=needs,
)
