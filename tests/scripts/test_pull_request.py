import json
import sys

import pytest

from scripts import pull_request
from stages.errors import InputError
from tests.checkouts import run


def test_a_metric_shows_was_is_and_difference():
    shown = [
        pull_request.change({"old": old, "new": new}) for old, new in ((0.5, 0.50000001), (0.551, 0.5), (0.5, None))
    ]
    assert shown == ["0.500 → 0.500 (+1.0e\N{MINUS SIGN}08)", "0.551 → 0.500 (\N{MINUS SIGN}0.051)", "0.500 (gone)"]


def test_metrics_are_those_of_networks_and_others():
    same, changed = {"old": 0.5, "new": 0.5, "diff": 0.0}, {"old": 0.5, "new": 0.75, "diff": 0.25}
    metrics = {
        "metrics/b.json": {"accuracy": changed, "training_accuracy": same},
        "metrics/a.json": {"loss": same},
        "metrics/errors.json": {"optimizer_effect": changed},
    }
    assert pull_request.networks(metrics) == [
        ["a", "", "", "0.500", ""],
        ["b", "0.500 → 0.750 (+0.250)", "", "", "0.500"],
    ]
    assert pull_request.others(metrics) == [["optimizer effect", "0.500 → 0.750 (+0.250)"]]


def test_parameters_show_their_values_before_and_after():
    files = {"params.yaml": {"seeds": {"old": [0], "new": [0, 1]}, "optimizer": {"old": "adam", "new": None}}}
    assert pull_request.parameters(files) == [["optimizer", '"adam"', "null"], ["seeds", "[0]", "[0, 1]"]]


def test_changed_new_and_lost_verdicts_stand_out():
    header = "claim,verdict,reason\n"
    before = header + "C1,holds,one\nC2,holds,two\nC3,holds,three\n"
    after = header + "C1,holds,all\nC2,does not hold,none\nC4,holds,four\n"
    assert pull_request.verdicts(before, after) == [
        ["C1", "holds", "all"],
        ["C2", "**holds → does not hold**", "none"],
        ["C3", "**holds → none**", "three"],
        ["C4", "**none → holds**", "four"],
    ]
    assert pull_request.verdicts("", "") == []


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one commit on main, and changes beyond it."""
    for setting in ("init --quiet --initial-branch main", "config user.name T", "config user.email t@example.org"):
        run("git", *setting.split(), folder=tmp_path)
    run("dvc", "init", "--quiet", folder=tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(
        "params: [params.yaml]\nmetrics: [metrics]\nplots:\n  - plots/curves.csv:\n      x: epoch\n      y: accuracy\n"
    )
    (tmp_path / ".gitignore").write_text("/dvc_plots/\n")
    write(tmp_path, accuracy=0.5, epochs=1, verdict="holds")
    run("git", "add", "--all", folder=tmp_path)
    run("git", "commit", "--quiet", "--message", "x", folder=tmp_path)
    write(tmp_path, accuracy=0.625, epochs=2, verdict="does not hold")
    return tmp_path


def write(folder, accuracy, epochs, verdict):
    for name, text in {
        "metrics/nicknet1.json": json.dumps({"accuracy": accuracy, "loss": 2.0}),
        "metrics/errors.json": "{}",
        "params.yaml": f"epochs: {epochs}\n",
        "plots/curves.csv": f"epoch,accuracy\n1,{accuracy}\n",
        "plots/verdicts.csv": f"claim,verdict,reason\nC1,{verdict},Why.\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_the_report_against_main_and_the_plots_of_both(checkout, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["pull_request", "--plots", ""])
    for stale in ("index.html", "stale.html"):
        (checkout / pull_request.FOLDER).mkdir(parents=True, exist_ok=True)
        (checkout / pull_request.FOLDER / stale).write_text("old")
    pull_request.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("## Results against main (")
    assert "| nicknet1 | 0.500 → 0.625 (+0.125) |  | 2.000 |  |" in lines
    assert "| epochs | 1 | 2 |" in lines
    assert "| C1 | **holds → does not hold** | Why. |" in lines
    assert "vega" in (checkout / pull_request.FOLDER / "index.html").read_text()
    assert not (checkout / pull_request.FOLDER / "stale.html").exists()
    assert run("git", "status", "--porcelain", "--untracked-files", folder=checkout).count("??") == 0


def test_a_base_without_any_results_makes_everything_new(checkout, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["pull_request"])
    run("git", "rm", "-r", "--quiet", "--cached", "metrics", "plots", "dvc.yaml", folder=checkout)
    run("git", "commit", "--quiet", "--message", "y", folder=checkout)
    pull_request.main()
    lines = capsys.readouterr().out.splitlines()
    assert "| nicknet1 | 0.625 (new) |  | 2.000 (new) |  |" in lines
    assert "| C1 | **none → does not hold** | Why. |" in lines


@pytest.mark.parametrize(("revision", "named"), [("nothing", "nothing"), ("", "origin/main or main")])
def test_an_unknown_revision_says_how_to_get_it(tmp_path, monkeypatch, revision, named):
    run("git", "init", "--quiet", "--initial-branch", "other", folder=tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"expected the Git revision {named}, found none.*git fetch origin main"):
        pull_request.resolve(revision)


def test_origin_is_preferred_to_a_local_main(checkout, tmp_path_factory, monkeypatch):
    clone = tmp_path_factory.mktemp("clone") / "clone"
    run("git", "clone", "--quiet", str(checkout), str(clone), folder=checkout)
    monkeypatch.chdir(clone)
    assert pull_request.resolve("")[0] == "origin/main"
    assert pull_request.resolve("main")[0] == "main"
