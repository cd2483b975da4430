import json
import subprocess
import sys

import pytest

from scripts import pull_request
from stages.errors import InputError
from tests.scripts.test_freshness import call, commit, dvc

HEADER = "claim,text,verdict,numbers\n"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (0.543, 0.551, "0.543 → 0.551 (+0.008)"),
        (0.551, 0.543, "0.551 → 0.543 (-0.008)"),
        (0.5, 0.50000001, "0.500 → 0.500 (+1.0e-08)"),
        (0.5, 0.5, "0.500"),
        (None, 0.5, "0.500 (new)"),
        (0.5, None, "0.500 (gone)"),
        (9, 10, "9 → 10 (+1.000)"),
    ],
)
def test_a_metric_shows_was_is_and_difference(old, new, text):
    assert pull_request.cell({"old": old, "new": new}) == text


def test_metrics_are_told_apart_as_networks_runs_and_others():
    same, changed = {"old": 0.5, "new": 0.5, "diff": 0.0}, {"old": 0.5, "new": 0.75, "diff": 0.25}
    metrics = {
        "metrics/summary.json": {"b.held_out.accuracy": changed, "a.train.accuracy": same},
        "metrics/b/1.json": {"held_out_accuracy": changed, "held_out_images": same},
        "metrics/errors.json": {"image_share": changed, "claims_held": same},
    }
    header, first, second = pull_request.networks(metrics)
    assert header == ["network", "held-out accuracy", "held-out precision", "held-out loss", "train accuracy"]
    assert first == ["a", "", "", "", "0.500"]
    assert second == ["b", "0.500 → 0.750 (+0.250)", "", "", ""]
    assert pull_request.runs(metrics)[1:] == [["b", "1", "0.500 → 0.750 (+0.250)", "", "", "", ""]]
    assert pull_request.others(metrics)[1:] == [["errors: image_share", "0.500 → 0.750 (+0.250)"]]


def test_parameters_show_their_values_before_and_after():
    files = {"params.yaml": {"seeds": {"old": [0], "new": [0, 1]}, "optimizer": {"old": "adam", "new": None}}}
    assert pull_request.parameters(files)[1:] == [["optimizer", '"adam"', "null"], ["seeds", "[0]", "[0, 1]"]]


def test_changed_new_and_lost_verdicts_stand_out():
    before = HEADER + "C1,one,holds,n 1\nC2,two,holds,n 1\nC3,three,holds,n 1\n"
    after = HEADER + "C1,one,holds,n 2\nC2,two,does not hold,n 1\nC4,four,holds,n 1\n"
    count, rows = pull_request.verdicts(before, after)
    assert count == 3
    assert rows[1:] == [
        ["C1", "one", "holds", "n 2", "n 1"],
        ["C2", "two", "**holds → does not hold**", "n 1", ""],
        ["C4", "four", "**none → holds**", "n 1", ""],
        ["C3", "three", "**holds → gone**", "", "n 1"],
    ]


def test_a_cell_keeps_to_its_column():
    assert pull_request.markdown([["a", "b"], ["x|y", "1\n2"]]).splitlines() == [
        "| a | b |",
        "| --- | --- |",
        r"| x\|y | 1 2 |",
    ]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one commit on main, and changes beyond it."""
    call("git", "init", "--quiet", "--initial-branch", "main", folder=tmp_path)
    dvc("init", "--quiet", folder=tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(
        "params: [params.yaml]\n"
        "metrics: [metrics/summary.json, metrics/nicknet1/0.json]\n"
        "plots:\n  - plots/curves.csv:\n      x: epoch\n      y: accuracy\n"
    )
    (tmp_path / ".gitignore").write_text("/dvc_plots/\n")
    write(tmp_path, accuracy=0.5, epochs=1, verdict="holds")
    commit(tmp_path)
    write(tmp_path, accuracy=0.625, epochs=2, verdict="does not hold")
    return tmp_path


def write(folder, accuracy, epochs, verdict):
    for name, text in {
        "metrics/summary.json": json.dumps({"nicknet1": {"held_out": {"accuracy": accuracy}}}),
        "metrics/nicknet1/0.json": json.dumps({"test_accuracy": accuracy}),
        "params.yaml": f"epochs: {epochs}\n",
        "plots/curves.csv": f"epoch,accuracy\n1,{accuracy}\n",
        "plots/errors/verdicts.csv": f"{HEADER}C1,It is so.,{verdict},n 1\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_the_report_against_main_and_the_plots_of_both(checkout, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["pull_request", "--plots", ""])
    pull_request.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("## Results against main (")
    assert "| nicknet1 | 0.500 → 0.625 (+0.125) |  |  |  |" in lines
    assert "| nicknet1 | 0 |  |  |  |  | 0.500 → 0.625 (+0.125) |" in lines
    assert "| epochs | 1 | 2 |" in lines
    assert "### Verdicts: 1 of 1 changed" in lines
    assert "| C1 | It is so. | **holds → does not hold** | n 1 |  |" in lines
    written = checkout / pull_request.FOLDER
    assert [(written / part / "plots/curves.csv").read_text().split(",")[-1] for part in ("before", "after")] == [
        "0.5\n",
        "0.625\n",
    ]
    assert "vega" in (written / "index.html").read_text()
    assert call("git", "status", "--porcelain", "--untracked-files", folder=checkout).count("??") == 0


def test_a_base_without_any_results_makes_everything_new(checkout, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["pull_request"])
    call("git", "rm", "-r", "--quiet", "--cached", "metrics", "plots", "dvc.yaml", folder=checkout)
    names = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    call("git", *names, "commit", "--quiet", "--message", "y", folder=checkout)
    pull_request.main()
    lines = capsys.readouterr().out.splitlines()
    assert "| nicknet1 | 0.625 (new) |  |  |  |" in lines
    assert "| C1 | It is so. | **none → does not hold** | n 1 |  |" in lines


@pytest.mark.parametrize(("revision", "named"), [("nothing", "nothing"), ("", "origin/main or main")])
def test_an_unknown_revision_says_how_to_get_it(tmp_path, monkeypatch, revision, named):
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "other", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"expected the Git revision {named}, found none.*git fetch origin main"):
        pull_request.resolve(revision)


def test_origin_is_preferred_to_a_local_main(checkout, tmp_path_factory, monkeypatch):
    clone = tmp_path_factory.mktemp("clone") / "clone"
    call("git", "clone", "--quiet", str(checkout), str(clone), folder=checkout)
    monkeypatch.chdir(clone)
    assert pull_request.resolve("")[0] == "origin/main"
    assert pull_request.resolve("main")[0] == "main"
