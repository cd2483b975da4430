"""What a terminal shows of runs that are under way."""

import sys
from io import StringIO

import pytest

from scripts.progress import Progress


class Terminal(StringIO):
    def isatty(self):
        return True


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """A function: what a terminal shows last of each bar, for runs a-0 and b-0 of four epochs with these outputs."""

    def show(*looks, terminal=True):
        stream = Terminal() if terminal else StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        with Progress({"a-0": 4, "b-0": 4}, tmp_path) as progress:
            for printed in looks:
                (tmp_path / "a-0.log").write_text(printed)
                progress.look()
                for bar in (progress._all, *progress._bars.values()):
                    bar.refresh()
        lines = [line for line in stream.getvalue().replace("\r", "\n").split("\n") if line.strip()]
        return {line.split(":")[0]: line for line in lines if "/4" in line or "/8" in line}

    return show


def test_a_run_has_a_line_with_its_epochs_and_all_have_one(shown):
    lines = shown("Running stage 'train@a-0':\n", "epoch 1/4: loss 2\n", "epoch 1/4: loss 2\nepoch 2/4: loss 1\n")
    assert " 2/4 [" in lines["a-0"]
    assert " 2/8 [" in lines["all runs"]


def test_what_a_checkpoint_had_took_no_time_now(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    (tmp_path / "a-0.log").write_text("continues after epoch 2\nepoch 3/4: loss 1\n")
    with Progress({"a-0": 4, "b-0": 4}, tmp_path) as progress:
        progress.look()
        assert (progress._all.n, progress._all.n - progress._all.initial) == (3, 1)
        progress.end("b-0", "nothing ran")
        assert (progress._all.n, progress._all.n - progress._all.initial) == (7, 1)


def test_elsewhere_nothing_is_shown_but_what_is_said_of_runs_that_ended(shown, tmp_path, capsys):
    assert shown("epoch 1/4: loss 2\n", terminal=False) == {}
    with Progress({"a-0": 4, "b-0": 4}, tmp_path) as progress:
        progress.end("b-0", "train ran")
    assert capsys.readouterr().out == "b-0 (1 of 2): train ran\n"
