"""How many epochs, which batch, which networks: from the number of pictures alone."""

import pytest
import yaml

from scripts.mine.plan import CHANGES, RUN_SECONDS, SEEDS, STEPS, Plan, parameters, plan, seconds
from stages import params
from stages.statistics import grid, remedies


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        (20, Plan(16, 60, (16, 32, 64))),  # 625 epochs would be 500 steps: at most 60
        (400, Plan(16, 31, (16, 32, 64))),  # 256 learned from: 16 steps an epoch
        (1400, Plan(32, 18, (16, 32, 64))),  # 896: 28 steps an epoch
        (5000, Plan(128, 20, (16, 32, 64))),  # 3,200: 25 steps an epoch
        (5001, Plan(128, 20, (32, 64, 128))),
        (100_000, Plan(128, 10, (32, 64, 128))),  # 1 epoch would be 500 steps: at least 10
    ],
)
def test_the_rule(pictures, expected):
    assert plan(pictures) == expected


@pytest.mark.parametrize("pictures", [300, 1000, 3000, 5000])
def test_a_network_learns_in_about_as_many_steps_from_any_number_of_pictures(pictures):
    chosen = plan(pictures)
    assert chosen.epochs * pictures * 0.64 / chosen.batch_size == pytest.approx(STEPS, rel=0.05)


def test_the_parameters_are_valid_and_each_network_differs_from_the_base_in_one_setting(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(parameters("/my/pictures", plan(1400))))
    given = params.read(path)
    assert (given.dataset, given.data.folder, given.epochs, given.batch_size) == ("folder", "/my/pictures", 18, 32)
    found = remedies.remedies(grid.make({name: given.network(name).model_dump() for name in given.networks}, SEEDS))
    assert {each.network: {each.setting: each.after} for each in found if each.base == "base"} == CHANGES


def test_two_runs_at_once_share_their_starts_and_not_the_images_that_they_learn_from():
    one, two, three = (seconds(1400, plan(1400), at_once) for at_once in (1, 2, 3))
    assert one - two == RUN_SECONDS * (len(CHANGES) + 1) * len(SEEDS) / 2
    assert two == three  # of two cores


def test_1400_pictures_are_expected_to_take_at_most_six_minutes():
    assert seconds(1400, plan(1400), 2) <= 360
