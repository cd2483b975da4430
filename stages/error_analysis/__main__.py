"""The predictions of every run of the grid -> the table of every finding, the verdicts, and the metrics.

python -m stages.error_analysis
"""

from stages import params
from stages.claims.registry import verdict_tables
from stages.error_analysis import inputs, metrics
from stages.errors import reported
from stages.findings.registry import Analysis, refusal_table


def main() -> None:
    samples = inputs.read(params.read())
    analysis = Analysis(samples["held-out"])
    verdicts = verdict_tables(analysis, Analysis(samples["test"]))
    tables = [analysis.answers, *verdicts, *analysis.tables, refusal_table(analysis.refusals)]
    for table in tables:
        table.write()
    metrics.write(analysis)


if __name__ == "__main__":
    with reported("error_analysis"):
        main()
