"""Error mass by the chance of being missed, in worlds whose chances were planted."""

import numpy as np
import pytest
from scipy.special import expit, logit

from stages.statistics.bootstrap import Resamples
from stages.statistics.chances import (
    BANDS,
    also_wrong,
    expected_chances,
    fitted,
    ranges_over_images,
    ranges_over_seeds,
)

IMAGES = 1500


def points(rng):
    return rng.choice([0.02, 0.2, 0.7, 0.98], IMAGES, p=[0.4, 0.3, 0.15, 0.15])


def two_points(rng):
    return rng.choice([0, 0.95], IMAGES, p=[0.6, 0.4])


def smooth(rng):
    return np.clip(rng.beta(0.4, 0.5, IMAGES), 1e-6, 1 - 1e-6)


def planted(chances):
    """Error mass of each band, by arithmetic."""
    bands = chances >= 0.9, (chances >= 0.5) & (chances < 0.9), chances < 0.5
    return {name: (chances * band).sum() / chances.sum() for name, band in zip(BANDS, bands, strict=True)}


def draw(chances, seeds, rng):
    return (rng.random((1, seeds, len(chances))) < chances) & (chances > 0)


@pytest.mark.parametrize("world", [points, two_points, smooth])
@pytest.mark.parametrize("seeds", [2, 3, 5, 12, 30])
def test_both_intervals_hold_the_planted_mass_however_many_seeds(world, seeds):
    rng = np.random.default_rng(seeds)
    missed = {"images": 0, "seeds": 0}
    for _ in range(10):
        chances = world(rng)
        wrong = draw(chances, seeds, rng)
        errors = also_wrong(wrong)
        mass = fitted(errors)
        over_images = ranges_over_images(errors, mass, Resamples(IMAGES, 100, rng), 0.95)
        over_seeds = ranges_over_seeds(wrong, mass, 0.95)
        assert (over_seeds is None) == (seeds < 3)
        for band, share in planted(chances).items():
            for over, ends in (("images", over_images), ("seeds", over_seeds or over_images)):
                low, high = ends[band]
                assert low <= mass @ BANDS[band] <= high
                missed[over] += not low - 1e-6 <= share <= high + 1e-6
    assert max(missed.values()) <= 3, missed


def test_many_seeds_give_narrow_intervals():
    rng = np.random.default_rng(0)
    chances = points(rng)
    wrong = draw(chances, 30, rng)
    errors = also_wrong(wrong)
    mass = fitted(errors)
    for ends in (
        ranges_over_images(errors, mass, Resamples(IMAGES, 100, rng), 0.95),
        ranges_over_seeds(wrong, mass, 0.95),
    ):
        assert max(high - low for low, high in ends.values()) < 0.45
    for band, share in planted(chances).items():
        assert mass @ BANDS[band] == pytest.approx(share, abs=0.03)


def test_runs_that_are_better_or_worse_as_a_whole_widen_the_interval_over_seeds():
    """Each run's errors become likelier or rarer on all images; an image's chance is the mean over such runs."""
    rng = np.random.default_rng(1)
    shifts = rng.normal(0, 0.5, 4000)
    missed = 0
    for _ in range(8):
        base = logit(points(rng))
        chances = np.mean([expit(base + shift) for shift in shifts[:400]], axis=0)
        wrong = rng.random((1, 8, IMAGES)) < expit(base + rng.choice(shifts, 8)[:, None])
        ends = ranges_over_seeds(wrong, fitted(also_wrong(wrong)), 0.95)
        missed += sum(not ends[band][0] <= share <= ends[band][1] for band, share in planted(chances).items())
    assert missed <= 2


def test_two_runs_show_no_more_than_their_agreement():
    """Chance 0.8 everywhere, or always missed among as many right ones as give the same agreement: the same data."""
    errors = np.repeat([[0, 2], [1, 0]], [400, 200], axis=0)
    ends = ranges_over_images(errors, fitted(errors), Resamples(600, 100, np.random.default_rng(0)), 0.95)
    assert ends["at least 0.9"][0] < 0.01
    assert ends["at least 0.9"][1] > 0.75


def test_networks_are_summed_and_right_images_left_out():
    wrong = np.array([[[1, 0, 0], [1, 0, 1]], [[0, 0, 1], [0, 0, 1]]], bool)
    assert also_wrong(wrong).tolist() == [[0, 2], [0, 0], [1, 2]]


@pytest.mark.filterwarnings("error")
def test_runs_that_always_agree_have_all_mass_at_one_and_no_interval_over_seeds():
    wrong = np.zeros((1, 60, 50), bool)
    wrong[..., :20] = True
    mass = fitted(also_wrong(wrong))
    assert mass[-1] == pytest.approx(1, abs=1e-3)
    assert expected_chances(mass, 60)[-1] == pytest.approx(1, abs=1e-3)
    assert ranges_over_seeds(wrong, mass, 0.95) is None


def test_the_expected_chance_is_the_posterior_mean():
    rng = np.random.default_rng(2)
    chances = two_points(rng) * 0.5 + 0.25
    wrong = draw(chances, 20, rng)
    known = expected_chances(fitted(also_wrong(wrong)), 20)
    counts = wrong[0].sum(axis=0)
    for count in (5, 14, 17):
        assert known[count - 1] == pytest.approx(chances[counts == count].mean(), abs=0.05)
    assert (np.diff(known) >= 0).all()
