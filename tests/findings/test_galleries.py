"""Which images are shown, and what is said of them."""

from dataclasses import replace

import numpy as np
import pytest

from stages.findings.images.galleries import FINDING, described
from stages.run import Run
from stages.statistics.causes import CAUSES
from tests import worlds


@pytest.fixture(scope="module")
def sample():
    world = worlds.World(label_noise=0.05, pair=0.05, optimizer=0.1, kernel=0.05, seed=0.3)
    return worlds.draw(world, np.random.default_rng(0), images=400, cells=worlds.PUBLISHED, seeds=3).sample


@pytest.fixture(scope="module")
def table(sample):
    return FINDING.table(sample)


def galleries(table):
    return {name: table.where(gallery=name) for name in dict.fromkeys(row["gallery"] for row in table.rows)}


def test_every_gallery_draws_from_its_own_group(sample, table):
    shown = galleries(table)
    networks = {f"{answer}_nicknet{number}" for answer in ("right", "wrong") for number in (1, 2, 3)}
    assert {"missed_by_all", "cause_label_suspect", "cause_luck_of_the_run", *networks} <= set(shown)
    for name, rows in shown.items():
        assert len({row["id"] for row in rows}) == min(12, rows[0]["n"])
        assert len(rows) == len({row["id"] for row in rows}) * (9 if name == "missed_by_all" else 1)
        if name.startswith("cause_"):
            assert {row["cause"] for row in rows} == {described(name)[0].lower()}
        else:
            assert {row["predicted"] == row["true"] for row in rows} == {name.startswith("right_")}


def test_the_group_size_is_the_number_of_images_in_it(sample, table):
    sizes = {name: rows[0]["n"] for name, rows in galleries(table).items()}
    first = sample.right[1, 0]
    assert (sizes["wrong_nicknet2"], sizes["right_nicknet2"]) == ((~first).sum(), first.sum())
    assert sizes["missed_by_all"] == (~sample.right).all(axis=(0, 1)).sum()


def test_a_row_says_what_its_run_answers(sample, table):
    for row in table.rows:
        run, index = sample.runs.index(Run(row["network"], row["seed"])), row["id"]
        assert row["predicted"] == sample.class_names[sample.by_run(sample.predicted)[run, index]]
        assert row["probability"] == sample.by_run(sample.probabilities)[run, index].max()
        assert row["true"] == sample.class_names[sample.labels[index]]
        assert (row["cause"] == "") == (row["predicted"] == row["true"])
        assert row["votes"] == "; ".join(sample.class_names[vote] for vote in sorted(sample.votes[index]))
        assert row["file"] == ""


def test_files_are_named_and_votes_left_empty_where_there_are_none(sample):
    files = tuple(f"{index}.png" for index in sample.ids)
    rows = FINDING.table(replace(sample, files=files, votes=None)).rows
    assert all((row["file"], row["votes"]) == (f"{row['id']}.png", "") for row in rows)


def test_the_choice_does_not_depend_on_other_networks(sample, table):
    first = replace(sample, networks=("nicknet1",), probabilities=sample.probabilities[:1])
    first = replace(first, grid=replace(sample.grid, networks=("nicknet1",), cells={}))
    assert galleries(FINDING.table(first))["right_nicknet1"] == galleries(table)["right_nicknet1"]


def test_one_run_has_no_gallery_of_what_all_runs_miss():
    drawn = worlds.draw(worlds.World(pair=0.1), np.random.default_rng(0), images=60, cells=worlds.CELLS[:1], seeds=1)
    assert "missed_by_all" not in galleries(FINDING.table(drawn.sample))


def test_a_network_left_out_of_the_grid_has_the_causes_of_its_equal(sample):
    grid = replace(sample.grid, networks=sample.grid.networks[:2], cells={}, same_as={"nicknet3": "nicknet2"})
    same = np.stack([*sample.probabilities[:2], sample.probabilities[1]])
    rows = FINDING.table(replace(sample, grid=grid, probabilities=same)).rows
    assert all(row["cause"] for row in rows if row["gallery"] == "wrong_nicknet3")


def test_every_gallery_is_described():
    assert described("missed_by_all") == ("Missed by all networks", "Wrong in every run.")
    described_causes = [described(f"cause_{cause.name.replace(' ', '_')}") for cause in CAUSES]
    assert described_causes == [(cause.name.capitalize(), cause.words) for cause in CAUSES]
    assert described("right_my_net")[0] == "my_net: random right ones"
