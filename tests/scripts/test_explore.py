"""The page to look through the images is opened where there is a screen, and named in any case."""

import pytest

from scripts import explore
from stages.errors import InputError


@pytest.fixture
def opened(monkeypatch):
    addresses = []
    monkeypatch.setattr("webbrowser.open", addresses.append)
    monkeypatch.setattr("sys.platform", "linux")
    return addresses


@pytest.mark.parametrize(("environment", "times"), [({"DISPLAY": ":0"}, 1), ({"DISPLAY": ""}, 0)])
def test_it_is_named_and_opened_where_there_is_a_screen(environment, times, opened, tmp_path, capsys):
    (tmp_path / "index.html").touch()
    explore.main(tmp_path, environment)
    address = (tmp_path / "index.html").as_uri()
    assert capsys.readouterr().out == f"{address}\n"
    assert opened == [address] * times


def test_what_is_not_made_yet_is_not_opened(opened, tmp_path):
    with pytest.raises(InputError, match=r"index\.html, which is not there\. Run `dvc repro report` to make it"):
        explore.main(tmp_path, {"DISPLAY": ":0"})
    assert opened == []
