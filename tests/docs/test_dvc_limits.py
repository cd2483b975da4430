"""What docs/dvc-limits.md says of DVC is so, with the version that requirements.lock pins."""

import json

import pytest
import yaml

from tests.checkouts import executed, run

pytestmark = pytest.mark.slow

NETWORKS = {"a": {"kernel": 1}, "b": {"kernel": 1}, "c": {"kernel": 1}}
PARAMETERS = {"epochs": 1, "networks": NETWORKS, "seeds": [0]}
TRAIN = {
    "matrix": {"network": "${networks}", "seed": "${seeds}"},
    "cmd": "mkdir -p models && cp params.yaml models/${item.network}-${item.seed}",
    "params": ["epochs", "networks.${item.network}"],
    "outs": ["models/${item.network}-${item.seed}"],
}
REPORT = {
    "cmd": "mkdir -p metrics && for path in models/*; do echo '{}' > metrics/$(basename $path).json; done",
    "deps": ["models"],
    "params": ["networks"],
    "metrics": [{"metrics": {"cache": False}}],
}


@pytest.fixture
def project(tmp_path):
    """A committed project with a stage for each run of a grid, and one for all."""
    folder = tmp_path / "project"
    folder.mkdir()
    for setting in ("init --quiet", "config user.name T", "config user.email t@example.org"):
        run("git", *setting.split(), folder=folder)
    run("dvc", "init", "--quiet", folder=folder)
    (folder / "params.yaml").write_text(yaml.safe_dump(PARAMETERS))
    (folder / "dvc.yaml").write_text(json.dumps({"stages": {"train": TRAIN, "report": REPORT}}))
    run("dvc", "repro", folder=folder)
    commit(folder)
    return folder


def commit(folder):
    run("git", "add", "--all", folder=folder)
    run("git", "commit", "--quiet", "--message", "x", folder=folder)


def experiments(folder):
    return run("dvc", "exp", "list", "--name-only", folder=folder).split()


def test_a_shallow_clone_loses_what_does_not_run_in_the_workspace(project, tmp_path):
    commit_again = ("commit", "--quiet", "--allow-empty", "--message", "y")
    run("git", *commit_again, folder=project)
    folder = tmp_path / "shallow"
    run("git", "clone", "--quiet", "--depth", "1", f"file://{project}", str(folder), folder=tmp_path)
    printed = run("dvc", "exp", "run", "--temp", "-n", "lost", "-S", "epochs=2", folder=folder)
    assert "Running stage 'report'" in printed
    assert "Ran experiment" not in printed
    assert experiments(folder) == []
    run("dvc", "exp", "run", "-n", "kept", "-S", "epochs=2", folder=folder)
    assert experiments(folder) == ["kept"]
    run("git", "fetch", "--quiet", "--unshallow", folder=folder)
    run("dvc", "exp", "run", "--temp", "-n", "found", "-S", "epochs=3", folder=folder)
    assert set(experiments(folder)) == {"kept", "found"}


def test_a_path_with_other_letters_than_ascii_works_in_the_workspace_only(project, tmp_path):
    folder = tmp_path / "Ördner"
    run("git", "clone", "--quiet", str(project), str(folder), folder=tmp_path)
    run("dvc", "exp", "run", "-n", "kept", "-S", "epochs=2", folder=folder)
    printed = run("dvc", "exp", "run", "--temp", "-S", "epochs=3", folder=folder, code=255)
    assert "'ascii' codec can't encode character" in printed


def test_force_runs_every_stage_again(project):
    assert executed(run("dvc", "exp", "run", "-S", "epochs=1", folder=project)) == []
    assert len(executed(run("dvc", "exp", "run", "-f", folder=project))) == 4


@pytest.mark.parametrize("setting", ["seeds=3", "seeds=null", "networks=null"])
def test_a_grid_that_is_no_list_is_told_in_words_of_dvc(project, setting):
    printed = run("dvc", "exp", "run", "-S", setting, folder=project, code=255)
    assert "'Value' object is not iterable" in printed
    run("dvc", "exp", "run", "-S", "seeds=[3]", folder=project)


def test_networks_are_merged_unless_they_are_removed(project):
    printed = run("dvc", "exp", "run", "-S", "networks={d: {kernel: 2}}", folder=project, code=255)
    assert "Key 'd' is not in struct" in printed
    (project / "metrics/b-0.old.json").write_text("{}")
    removed = [part for network in "bc" for part in ("-S", f"~networks.{network}")]
    run("dvc", "exp", "run", *removed, "-S", "+networks.d={kernel: 2}", folder=project)
    assert set(yaml.safe_load((project / "params.yaml").read_text())["networks"]) == {"a", "d"}
    assert not (project / "metrics/b-0.old.json").exists()
    assert sorted(path.name for path in (project / "models").glob("*-0")) == ["a-0", "d-0"]
    assert executed(run("dvc", "repro", folder=project)) == []


def test_what_a_network_left_that_was_edited_out_counts_until_it_is_deleted(project):
    networks = {name: settings for name, settings in NETWORKS.items() if name != "c"}
    (project / "params.yaml").write_text(yaml.safe_dump(PARAMETERS | {"networks": networks}))
    run("dvc", "repro", folder=project)
    (project / "models/c-0").unlink()
    assert executed(run("dvc", "repro", folder=project)) == ["report"]


def test_experiments_are_merged_without_running_what_either_ran(project):
    for name, setting in (("one", "networks.a.kernel=2"), ("two", "networks.b.kernel=2")):
        run("dvc", "exp", "run", "--temp", "-n", name, "-S", setting, folder=project)
        run("dvc", "exp", "branch", name, f"branch-{name}", folder=project)
    run("git", "switch", "--quiet", "branch-one", folder=project)
    printed = run("git", "merge", "branch-two", folder=project, code=1)
    assert "CONFLICT (content): Merge conflict in dvc.lock" in printed
    run("git", "checkout", "--ours", "dvc.lock", folder=project)
    assert executed(run("dvc", "repro", folder=project)) == ["report"]
    commit(project)
    assert run("dvc", "status", folder=project) == "Data and pipelines are up to date.\n"
