"""What the error analysis writes, beside the curves and the metrics."""

from collections.abc import Iterable, Mapping

from matplotlib.figure import Figure

from stages import artifacts
from stages.error_analysis import verdicts
from stages.error_analysis.table import Table

FOLDER = artifacts.PLOTS / "errors"


def write_tables(tables: Iterable[Table]) -> set[str]:
    """Every table as CSV, the verdicts as Markdown too; the names of the files."""
    names = set()
    for table in tables:
        artifacts.write_csv(FOLDER / f"{table.name}.csv", table.labelled_rows(), table.labelled_columns())
        names.add(f"{table.name}.csv")
        if table.name == "verdicts":
            artifacts.write_text(FOLDER / "verdicts.md", verdicts.markdown(table))
            names.add("verdicts.md")
    return names


def write_figures(figures: Mapping[str, Figure]) -> dict[str, bytes]:
    """Every figure as <name>.png; the bytes that were written, by name."""
    pictures = {}
    for name, figure in figures.items():
        path = FOLDER / f"{name}.png"
        artifacts.write_figure(path, figure)
        pictures[name] = path.read_bytes()
    return pictures


def remove_others(names: set[str]) -> None:
    """Remove what an earlier analysis wrote and this one did not, such as a table that its grid cannot support."""
    for path in FOLDER.iterdir():
        if path.is_file() and path.name not in names:
            path.unlink()
