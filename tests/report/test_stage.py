"""The stage makes a picture, a section and a chart of whatever the findings and their tables say."""

import csv
import json
from pathlib import Path

import pytest
import yaml

from stages.errors import InputError
from stages.findings.finding import Column, Finding, Picture
from stages.findings.registry import FINDINGS
from stages.report import charts
from stages.report.__main__ import main
from tests import worlds
from tests.report import reports


def draw_dots(table, style):
    figure = style.figure(2)
    figure.subplots().plot([row["value"] for row in table.rows])
    return figure


ROOT = Path(__file__).parents[2]

TOY = Finding(
    name="toy",
    section="A section of its own",
    question="Is a toy shown?",
    kind="causal",
    caption="The caption of the toy.",
    columns={"value": Column(float, "meaning of the value"), "low": Column(float, "a"), "high": Column(float, "b")},
    rows=lambda sample: [{"value": 0.25, "low": 0.125, "high": None}, {"value": -0.5, "low": -1.0, "high": 0.5}],
    pictures=(Picture("Dots of the toy", "Look at the dots.", draw_dots),),
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(findings):
    reports.write(reports.sample(worlds.PUBLISHED[:2], names=("no", "yes"), images=60), findings)
    main(findings)
    return Path("plots/report.html").read_text(encoding="utf-8")


def test_a_finding_in_one_place_gets_its_table_picture_and_section(folder):
    text = report([TOY])
    assert Path("plots/pictures/toy.png").stat().st_size > 1000
    for shown in (
        '<section id="a-section-of-its-own">',
        '<a href="#a-section-of-its-own">A section of its own</a>',
        "Is a toy shown?",
        "<strong>Dots of the toy</strong>Look at the dots.",
        "The caption of the toy.",
        '<a href="../data/analysis/toy.csv">toy.csv</a>',
        '<th scope="col" title="meaning of the value" class="number">value</th>',
        "<dt>value</dt><dd>meaning of the value</dd>",
        ">[\N{MINUS SIGN}1.000, 0.500]</td>",
    ):
        assert shown in text


def test_a_finding_that_the_grid_does_not_support_is_named_not_shown(folder):
    refused = Finding(**vars(TOY) | {"needs": lambda sample: "there is no toy"})
    text = report([refused])
    assert "<strong>there is no toy</strong><br>Is a toy shown?" in text
    assert "A section of its own" not in text
    assert list(Path("plots/pictures").iterdir()) == []


def test_a_picture_of_numbers_that_are_not_there_is_left_out(folder):
    text = report([Finding(**vars(TOY) | {"pictures": (Picture("Dots of the toy", "", lambda table, style: None),)})])
    assert "Dots of the toy" not in text
    assert "Is a toy shown?" in text


def test_what_an_earlier_run_left_is_removed(folder):
    for name in ("pictures", "predictions"):
        (folder / "plots" / name).mkdir(parents=True)
        (folder / "plots" / name / "old.png").touch()
    report([TOY])
    assert [path.name for path in Path("plots/pictures").iterdir()] == ["toy.png"]
    assert {path.name for path in Path("plots/predictions").iterdir()} == {
        f"nicknet{network}-0-{answer}.png" for network in (1, 2) for answer in ("right", "wrong")
    }


def test_a_picture_that_cannot_be_drawn_leaves_the_outputs_as_they_were(folder):
    before = report([TOY])
    broken = Finding(**vars(TOY) | {"pictures": (Picture("", "", lambda table, style: table.rows[9]),)})
    with pytest.raises(IndexError):
        main([broken])
    assert Path("plots/report.html").read_text(encoding="utf-8") == before
    assert Path("plots/pictures/toy.png").exists()


def test_without_an_analysis_it_says_what_to_run(folder):
    reports.write(reports.sample(worlds.PUBLISHED[:1], images=60), [TOY])
    Path("data/analysis/refusals.csv").unlink()
    with pytest.raises(InputError, match=r"refusals\.csv is missing\. Run `dvc repro error_analysis`"):
        main([TOY])


def test_the_charts_hold_what_the_templates_ask_for(folder):
    report([finding for finding in FINDINGS if finding.name in ("curves", "confusions")])
    rows = {name: read(name) for name in charts.CHARTS}
    assert len(rows["curves"]) == 2 * 5 * 2  # networks, epochs, parts
    assert [row["true"] for row in rows["confusion"][:4]] == ["no", "yes", "no", "yes"]
    for network in ("nicknet1", "nicknet2"):
        assert sum(int(row["count"]) for row in rows["confusion"] if row["network"] == network) == 60
    assert rows["verdicts"] == []  # the report's claims are about CIFAR-10


def read(name):
    with Path(f"plots/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_empty_cells_off_the_diagonal_are_left_out_and_the_classes_keep_their_order():
    cells = [("b", "b", 0), ("b", "a", 2), ("a", "b", 0), ("a", "a", 3)]
    rows = [dict(zip(("true", "predicted", "count"), cell, strict=True)) for cell in cells]
    assert [tuple(row.values()) for row in charts.short_matrix(rows)] == [cells[0], cells[3], cells[1]]


@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_template_asks_for_columns_that_its_chart_has(name):
    template = json.loads((ROOT / ".dvc/plots" / f"{name}.json").read_text(encoding="utf-8"))
    plots = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["report"]["plots"]
    (chart,) = (plot[f"plots/{name}.csv"] for plot in plots if f"plots/{name}.csv" in plot)
    assert chart["template"] == name
    made = {"rev", "share", "of_true", "<DVC_METRIC_X>", "<DVC_METRIC_Y>"}
    assert {chart["x"], chart["y"]} | set(fields(template)) - made <= set(charts.CHARTS[name])


def fields(part):
    """Every name of a field in a Vega template."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if key in ("field", "row", "groupby") and isinstance(value, str | list):
            yield from [value] if isinstance(value, str) else value
        else:
            yield from fields(value)
