import pytest

from stages.error_analysis import outputs
from stages.error_analysis.table import Table


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / outputs.FOLDER


def test_a_table_is_written_with_its_kind_and_nine_digits(folder):
    rows = [{"network": "a", "value": 1 / 3, "n": 3}, {"network": "b", "value": None, "n": 0}]
    names = outputs.write_tables([Table("scores", "", "associated", ("network", "value", "n"), rows)])
    assert names == {"scores.csv"}
    assert (folder / "scores.csv").read_text() == "network,value,n,kind\na,0.333333333,3,associated\nb,,0,associated\n"


def test_rows_that_name_their_kind_keep_it(folder):
    rows = [{"component": "image", "kind": "associated"}, {"component": "seed", "kind": "causal"}]
    outputs.write_tables([Table("variance_shares", "", "by row", ("component", "kind"), rows)])
    assert (folder / "variance_shares.csv").read_text() == "component,kind\nimage,associated\nseed,causal\n"


def test_what_an_earlier_grid_left_is_removed(folder):
    folder.mkdir(parents=True)
    for name in ("shapley.csv", "scores.csv", "shapley.png"):
        (folder / name).write_text("old")
    outputs.remove_others({"scores.csv"})
    assert [path.name for path in folder.iterdir()] == ["scores.csv"]
