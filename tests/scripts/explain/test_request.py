"""What the user may ask for, and what is said of the rest."""

from pathlib import Path

import pytest
from stages.error_analysis.grid import Run
from stages.explain import request

from stages.errors import InputError


def test_all_runs_unless_some_are_chosen():
    grid = (["b", "a"], [3, 1])
    assert request.runs(*grid, None, None) == [Run("b", 3), Run("b", 1), Run("a", 3), Run("a", 1)]
    assert request.runs(*grid, ["a"], [1]) == [Run("a", 1)]


@pytest.mark.parametrize(
    ("networks", "seeds", "message"),
    [(["c"], None, "--network c: params.yaml has b, a."), (None, [2], "--seed 2: params.yaml has 3, 1.")],
)
def test_unknown_runs_are_refused_with_the_known_ones(networks, seeds, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        request.runs(["b", "a"], [3, 1], networks, seeds)


def test_options_take_several_values_and_may_come_again():
    found = request.parser().parse_args(["x.png", "--network", "a", "b", "--network", "c", "--seed", "0"])
    assert (found.network, found.seed, found.output) == (["a", "b", "c"], [0], Path("explanations"))


def test_the_picture_goes_to_the_file_or_into_the_folder(tmp_path):
    assert request.target(tmp_path / "a.png", "cat", "cat.png") == tmp_path / "a.png"
    assert request.target(tmp_path, "cat", "cat.png") == tmp_path / "cat.png"
    assert request.target(tmp_path / "v1.2", "cat", "cat.png") == tmp_path / "v1.2/cat.png"


def test_the_picture_is_a_png_and_never_replaces_the_image(tmp_path):
    with pytest.raises(InputError, match=r"expected a \.png file or a folder"):
        request.target(tmp_path / "a.jpg", "cat", "cat.png")
    with pytest.raises(InputError, match=r"would replace .*cat\.png, the image itself"):
        request.target(tmp_path, "cat", str(tmp_path / "cat.png"))


@pytest.mark.parametrize("number", [-1, 31])
def test_the_number_of_neighbours_has_a_range(number):
    with pytest.raises(InputError, match=f"--neighbours {number}: expected a number from 0 to 30"):
        request.require_neighbours(number)


def test_a_run_that_was_not_trained_is_named_with_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "data/networks/a.yaml"
    settings.parent.mkdir(parents=True)
    settings.touch()
    with pytest.raises(InputError, match=r"^data/models/a/1\.weights\.h5 is missing: .*Run `dvc repro train@a-1`\.$"):
        request.require_trained([Run("a", 1)])
