"""The results in README.md: they are those of the published files, and each part says what its rows say."""

import re
from pathlib import Path

import pytest
import yaml

from scripts import results
from stages.error_analysis.grid import Run
from stages.error_analysis.verdicts import FAILS, HOLDS, UNTOLD
from stages.errors import InputError
from tests.error_analysis import reports, worlds

PARAMETERS = {
    "dataset": "cifar10",
    "optimizer": "adam",
    "kernel_size": 15,
    "networks": {"nicknet1": None, "nicknet2": {"optimizer": "sgd", "kernel_size": None}},
    "seeds": [0],
    "error_analysis": {"confidence": 0.9},
}


def history(*losses, held_out=None):
    """Rows of a history with these training losses and, unless given, the same held-out losses."""
    rows = []
    for images, values in (("training", losses), ("held-out", held_out or losses)):
        rows += [{"epoch": str(epoch), "images": images, "loss": str(value)} for epoch, value in enumerate(values, 1)]
    return rows


def scores(**changes):
    sizes = {"train_images": 40000, "held_out_images": 10000, "test_images": 1017}
    return sizes | {"held_out_predicted_classes": 10, "train_loss": 0.5} | changes


def published(folder=".", seeds=(0,), tables=None, metrics=None, histories=None, pictures=()):
    parameters = PARAMETERS | {"seeds": list(seeds)}
    return results.Published(
        Path(folder), parameters, tables or {}, frozenset(pictures), metrics or {}, histories or {}
    )


def verdict(claim, said, **changes):
    row = {"claim": claim, "text": "Text.", "verdict": said, "numbers": "", "interval": "", "n": "10", "reason": "Why."}
    return row | {"on_test_images": ""} | changes


def score_rows(seeds, **values):
    """Rows of the table of scores: each network's value with seed 0, and 0.1 more a seed."""
    return [
        {"network": network, "seed": str(seed), "images": images, "score": score, "n": "10"}
        | {"value": str(value + seed / 10), "low": str(value - 0.02), "high": str(value + 0.03)}
        for network, value in values.items()
        for seed in seeds
        for images, score in results._SCORES.values()
    ]


def of_world(folder, cells, seeds):
    """What an error analysis of planted errors would have published."""
    made = reports.pieces(cells=cells, seeds=seeds)
    tables = {
        name: [
            {key: "" if value is None else str(value) for key, value in row.items()} for row in table.labelled_rows()
        ]
        for name, table in made.analysis.tables.items()
    }
    parameters = PARAMETERS | {
        "networks": {
            name: {"optimizer": one.optimizer, "kernel_size": one.kernel_size} for name, one in made.settings.items()
        },
        "seeds": list(range(seeds)),
    }
    histories = {run: history(2, 1, 0.5) for run in made.analysis.runs}
    metrics = {run: scores() for run in made.analysis.runs}
    return results.Published(Path(folder), parameters, tables, frozenset(["effects.png"]), metrics, histories)


def test_the_tables_of_the_analysis_are_what_is_read():
    """Every block, from the analysis itself, of three cells with one seed and of four with two."""
    grid, further = of_world(".", worlds.PUBLISHED, 1), of_world("docs/study", worlds.CELLS, 2)
    alone, both = results.blocks(grid, None), results.blocks(grid, further)
    assert alone["study"] == results.NOT_RUN
    assert "interaction, " in alone["effects"]
    assert "| needs more than 1 |" in alone["effects"]
    for effect in ("| optimizer | adam - sgd |", "| kernel size | 15 - 10 |", "| interaction |"):
        assert effect in both["effects"]
    assert "needs more than" not in both["effects"]
    assert "The study has 8 runs: nicknet1 (adam, 15x15), " in both["study"]
    lines = {line.split("**")[1]: line for line in both["verdicts"].splitlines() if line.startswith("| **C")}
    for claim, quantity in (("C2", "over new seeds ["), ("C7", "share of seed: 0.")):
        assert quantity in lines[claim]
        assert lines[claim].split(" | ")[4] == "study"
    assert "| 10x10 | 1 |" in both["fit"]
    assert "In the study, none collapsed: each of the 8 runs" in both["collapse"]


def test_readme_has_the_published_results():
    """Where this fails, run `make results`."""
    before, after = results.texts()
    assert before == after


def test_the_pictures_and_pages_of_the_results_are_there():
    text = Path("README.md").read_text(encoding="utf-8")
    section = text[text.index("## Results\n") : text.index("## Speed\n")]
    links = re.findall(r"\]\(([^)#]+)\)", section)
    assert len(links) >= 5
    assert [link for link in links if not Path(link).exists()] == []


def test_a_block_is_replaced_between_its_markers_and_nothing_else():
    text = "a\n<!-- results: x -->\nold\n<!-- end -->\nb\n<!-- results: y -->\n<!-- end -->\n"
    filled = results.fill(text, {"x": r"new \1", "y": "why"})
    assert filled == ("a\n<!-- results: x -->\nnew \\1\n<!-- end -->\nb\n<!-- results: y -->\nwhy\n<!-- end -->\n")
    assert results.fill(filled, {"x": r"new \1", "y": "why"}) == filled


@pytest.mark.parametrize("text", ["", "<!-- results: z -->\n<!-- end -->\n", 2 * "<!-- results: x -->\n<!-- end -->\n"])
def test_missing_unknown_and_double_markers_are_refused(text):
    with pytest.raises(InputError, match=r"once each for x; README\.md has them for"):
        results.fill(text, {"x": "1"})


def test_every_run_stands_beside_the_reports_accuracy():
    values = {"nicknet1": 0.5, "nicknet2": 0.6}
    metrics = {Run(network, 0): scores() for network in values}
    grid = published(tables={"scores": score_rows([0], **values)}, metrics=metrics)
    text = results.networks(grid, None)
    assert "| nicknet1 | adam | 15x15 | 0 | 0.9 | 0.500 [0.480, 0.530] |" in text
    assert "| nicknet2 | sgd | 15x15 | 0 | 0.6 | 0.600 [0.580, 0.630] |" in text
    assert "0.500 to 0.600 of the answers are right; on held-out images, 0.500 to 0.600." in text
    assert "40,000 training, 10,000 held-out and 1,017 test images. In brackets: 90% intervals" in text
    assert "The data set has 10,000 test images: the archive at hand ended early." in text
    assert "study" not in text


def test_the_study_gives_mean_lowest_and_highest_over_its_seeds():
    values = {"nicknet1": 0.5, "nicknet2": 0.6}
    tables = {"scores": score_rows([0, 1, 2], **values)}
    whole = {Run(network, 0): scores(test_images=10_000) for network in values}
    text = results.networks(published(tables=tables, metrics=whole), published("docs/study", (0, 1, 2), tables))
    assert "mean over the seeds 0, 1, 2" in text
    assert "| nicknet2 | sgd | 15x15 | 0.6 | 0.700 (0.600, 0.800) |" in text
    assert "ended early" not in text


def test_the_study_gives_the_verdict_where_the_grid_cannot_tell():
    grid = published(tables={"verdicts": [verdict("C1", FAILS), verdict("C2", UNTOLD), verdict("C3", HOLDS)]})
    alone = results.verdicts(grid, None)
    assert f"3 verdicts: 1 '{HOLDS}', 1 '{FAILS}', 1 '{UNTOLD}'." in alone
    assert f"| **C2** Text. | {UNTOLD}: Why. |  | 10 | grid |" in alone
    further = published("docs/study", tables={"verdicts": [verdict(claim, HOLDS) for claim in ("C1", "C2", "C3")]})
    both = results.verdicts(grid, further)
    assert f"| **C1** Text. | **{FAILS}** |  | 10 | grid |" in both
    assert f"| **C2** Text. | **{HOLDS}** |  | 10 | study |" in both
    assert f"3 verdicts: 2 '{HOLDS}', 1 '{FAILS}', 0 '{UNTOLD}'." in both
    assert f"The study says otherwise of: C1 '{HOLDS}'." in both
    agreeing = published("docs/study", tables={"verdicts": [verdict("C1", FAILS), verdict("C2", UNTOLD)]})
    assert "Where the grid can tell, the study says the same." in results.verdicts(grid, agreeing)


@pytest.mark.parametrize(
    ("numbers", "interval", "expected"),
    [
        ("a: x 1, y 2; b: 3", "[0, 2], [1, 3]; [2, 4]", "a: x 1 [0, 2], y 2 [1, 3]<br>b: 3 [2, 4]"),
        ("a: x 1, y 2; b: 3", "; [2, 4]", "a: x 1, y 2<br>b: 3 [2, 4]"),
        ("a: 1", "over new images [0, 2], over new seeds [1, 3]", "a: 1 over new images [0, 2], over new seeds [1, 3]"),
        ("a: 1 to 2 over 12 runs", "within [0, 3]", "a: 1 to 2 over 12 runs within [0, 3]"),
        ("", "", ""),
    ],
)
def test_each_number_has_its_own_interval(numbers, interval, expected):
    assert results.numbers({"numbers": numbers, "interval": interval}) == expected


def test_effects_have_both_intervals_and_a_missing_one_is_said():
    images = {"value": "-0.0056", "low_images": "-0.0155", "high_images": "0.0046"}
    rows = [
        {"effect": "optimizer", "contrast": "adam - sgd", **images, "low_seeds": "", "high_seeds": "", "seeds": "1"},
        {"effect": "other", "contrast": "15 - 10", **images, "low_seeds": "-0.1", "high_seeds": "0.2", "seeds": "3"},
    ]
    shares = [{"component": "image", "share": "0.4", "low": "0.3", "high": "0.5"}]
    refused = [{"analysis": "one", "reason": "cell"}, {"analysis": "two", "reason": "cell"}]
    text = results.effects(published(tables={"effects": rows, "variance_shares": shares, "refusals": refused}))
    assert "| optimizer | adam - sgd | -0.006 | [-0.015, 0.005] | needs more than 1 |" in text
    assert "| other | 15 - 10 | -0.006 | [-0.015, 0.005] | [-0.100, 0.200] |" in text
    assert "over new images: image 0.400 [0.300, 0.500]." in text
    assert "- one, two: cell" in text


def test_optimizers_are_compared_at_the_lowest_training_loss_that_both_had():
    rows = [
        {"kernel_size": "15", "seed": "0", "training_loss": loss, "network_a": "nicknet1", "network_b": "nicknet2"}
        | {"error_a": a, "error_b": b, "epoch_a": "2.5", "epoch_b": "30", "difference": str(float(a) - float(b))}
        for loss, a, b in (("1.8", "0.60", "0.61"), ("0.2", "0.46", "0.44"))
    ]
    text = results.matched_fit(published(tables={"matched_fit": rows}))
    assert "at 2 training losses" in text
    assert "held-out error, adam - sgd" in text
    assert (
        "| 15x15 | 0 | 1.80 to 0.20 | -0.010 to +0.020 | adam 0.460 (epoch 2.5), sgd 0.440 (epoch 30.0): +0.020 |"
    ) in text
    assert "no Adam and SGD" in results.matched_fit(published())


def test_a_training_loss_that_still_falls_is_counted():
    finished = history(2, 1, 0.5, 0.4, 0.4, 0.37, held_out=[2, 1, 1.5, 1.6, 1.7, 1.8])
    unfinished = history(2, 1.8, 1.5, 1.2, 1.0, 0.89)
    text = results.learning(published(histories={Run("nicknet1", 0): finished, Run("nicknet2", 0): unfinished}))
    assert "nicknet1 (adam) 0 of 1, nicknet2 (sgd) 1 of 1." in text
    assert "| nicknet1, seed 0 | adam | 0.400 after 4, 0.400 after 5, 0.370 after 6 | -8% | 1.000 after 2 |" in text
    assert "| nicknet2, seed 0 | sgd | 1.200 after 4, 1.000 after 5, 0.890 after 6 | -11% | 0.890 after 6 |" in text


def test_a_run_of_one_epoch_is_shown_too():
    assert "2.000 after 1 | +0% |" in results.learning(published(histories={Run("nicknet1", 0): history(2)}))


@pytest.mark.parametrize("changes", [{"held_out_predicted_classes": 5}, {"train_loss": 2.302585}])
def test_collapsed_runs_are_named(changes):
    confusions = [{"true": str(number)} for number in range(10)]
    runs = {Run("nicknet1", 0): scores(), Run("nicknet2", 0): scores(**changes)}
    text = results.collapse([published(tables={"confusions": confusions}, metrics=runs)])
    assert text.startswith("In the grid, collapsed: nicknet2, seed 0 answers ")
    assert "nicknet1" not in text
    runs[Run("nicknet2", 0)] = scores(held_out_predicted_classes=9, train_loss=0.7)
    text = results.collapse([published("docs/study", tables={"confusions": confusions}, metrics=runs)])
    assert text == (
        "In the study, none collapsed: each of the 2 runs answers at least 9 of 10 classes on held-out images, and the "
        "highest training loss is 0.700 (guessing gives ln 10 = 2.303)."
    )


def test_every_picture_has_its_command():
    grid = published(pictures=["curves.png", "budget.png"])
    text = results.pictures(grid, published("docs/study", pictures=["budget.png"]))
    assert (
        "](plots/errors/curves.png)\n\n*Accuracy, loss and precision after every epoch (the grid; `make repro`)."
        in text
    )
    assert "](docs/study/plots/errors/budget.png)" in text
    assert "(the study; `make study`)" in text
    assert "effects.png" not in text


def test_files_are_read_as_they_were_published(tmp_path):
    with pytest.raises(InputError, match=r"params.yaml is missing. Run `make repro`; for docs/study, `make study`."):
        results.read(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PARAMETERS | {"networks": {"a": {}}, "an_old_knob": 1}))
    for name, content in (
        ("metrics/a/0.json", '{"train_loss": 0.5}'),
        ("plots/history/a/0.csv", "epoch,images,loss\n1,training,2\n"),
        ("plots/errors/effects.csv", "effect,value\none,0.1\n"),
        ("plots/errors/curves.png", ""),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    found = results.read(tmp_path)
    assert found.rows("effects", effect="one") == [{"effect": "one", "value": "0.1"}]
    assert found.rows("effects", effect="two") == found.rows("shapley") == []
    assert found.metrics == {Run("a", 0): {"train_loss": 0.5}}
    assert found.histories[Run("a", 0)] == [{"epoch": "1", "images": "training", "loss": "2"}]
    assert (found.cell("a"), found.pictures) == (("adam", 15), {"curves.png"})
