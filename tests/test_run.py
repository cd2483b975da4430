from pathlib import Path

import pytest

from stages.errors import InputError
from stages.run import Run


def test_a_run_is_named_by_the_command_line_and_names_its_files():
    run = Run.named(["nicknet1", "10"])
    assert run == Run("nicknet1", 10)
    assert str(run) == "nicknet1, seed 10"
    assert run.file(Path("data/models"), ".weights.h5") == Path("data/models/nicknet1/10.weights.h5")


def test_runs_are_ordered_by_network_and_then_by_number():
    runs = [Run("b", 0), Run("a", 10), Run("a", 9)]
    assert sorted(runs) == [Run("a", 9), Run("a", 10), Run("b", 0)]


@pytest.mark.parametrize("arguments", [[], ["a"], ["a", "0", "1"], ["a", "x"], ["a", "-1"], ["a", "1.0"], ["a", "٣"]])
def test_other_arguments_are_refused(arguments):
    got = " ".join(arguments) or "nothing"
    with pytest.raises(InputError, match=rf"expected the name of a network and a seed, .*, got {got}\."):
        Run.named(arguments)
