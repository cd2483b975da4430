"""What the user may ask for, and what is said of the rest."""

from pathlib import Path

import pytest

from scripts.explain import request
from stages import params
from stages.errors import InputError
from stages.run import Run


@pytest.fixture
def given():
    networks = {"b": params.NetworkOverrides(), "a": params.NetworkOverrides()}
    return params.read().model_copy(update={"networks": networks, "seeds": [3, 1]})


def test_all_runs_unless_some_are_chosen(given):
    assert request.runs(given, None, None) == [Run("b", 3), Run("b", 1), Run("a", 3), Run("a", 1)]
    assert request.runs(given, ["a"], [1]) == [Run("a", 1)]


@pytest.mark.parametrize(
    ("networks", "seeds", "message"),
    [(["c"], None, "--network c: params.yaml has b, a."), (None, [2], "--seed 2: params.yaml has 3, 1.")],
)
def test_unknown_runs_are_refused_with_the_known_ones(given, networks, seeds, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        request.runs(given, networks, seeds)


def test_options_take_several_values_and_may_come_again():
    options = request.parser().parse_args(["x.png", "--network", "a", "b", "--network", "c", "--seed", "0"])
    assert (options.network, options.seed, options.output) == (["a", "b", "c"], [0], Path("explanations"))


def test_the_picture_goes_to_a_png_or_into_a_folder_and_never_replaces_the_image(tmp_path):
    for output, path in (("a.png", "a.png"), (".", "cat.png"), ("v1.2", "v1.2/cat.png")):
        assert request.target(tmp_path / output, "cat", "cat.png") == tmp_path / path
    with pytest.raises(InputError, match=r"expected a \.png file or a folder"):
        request.target(tmp_path / "a.jpg", "cat", "cat.png")
    with pytest.raises(InputError, match=r"would replace .*cat\.png, the image itself"):
        request.target(tmp_path, "cat", str(tmp_path / "cat.png"))


@pytest.mark.parametrize("number", ["-1", "31", "x"])
def test_the_number_of_neighbours_has_a_range(number, capsys):
    with pytest.raises(SystemExit):
        request.parser().parse_args(["x.png", "--neighbours", number])
    assert "argument --neighbours: invalid" in capsys.readouterr().err
