"""The predictions of every run of the grid -> the table of every finding, the verdicts, and the metrics.

python -m stages.error_analysis
"""

from stages import params
from stages.claims.registry import verdict_tables
from stages.error_analysis import inputs
from stages.errors import reported
from stages.findings import metrics
from stages.findings.registry import Analysis, refusal_table


def main() -> None:
    analysis = Analysis(inputs.read(params.read())["held-out"])
    learned = analysis.learned
    verdicts = verdict_tables(learned, Analysis(learned.sample.others["test"]))
    for table in (analysis.answers, *verdicts, *analysis.tables, refusal_table(analysis.refusals)):
        table.write()
    metrics.write(analysis)


if __name__ == "__main__":
    with reported("error_analysis"):
        main()
