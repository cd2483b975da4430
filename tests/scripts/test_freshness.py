import shutil
import sys

import pytest

from scripts import freshness
from stages.errors import InputError
from tests import checkouts
from tests.checkouts import commit, run

PIPELINE = """
stages:
  make:
    cmd: mkdir -p data/parts && cp source.txt data/parts/a.txt && cp source.txt data/parts/b.txt
    deps: [source.txt]
    params: [depth]
    outs: [data/parts]
  use:
    matrix:
      part: [a, b]
    cmd: mkdir -p data/used && cp data/parts/${item.part}.txt data/used/${item.part}.txt
    deps: ["data/parts/${item.part}.txt"]
    outs: ["data/used/${item.part}.txt"]
  score:
    cmd: mkdir -p metrics && cp source.txt metrics/score.json
    deps: [data/used]
    metrics:
      - metrics/score.json:
          cache: false
"""
FIRST, SECOND = '{"n": 1}\n', '{"n": 2}\n'


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A checkout of a tiny pipeline that ran, with dvc.lock and metrics committed, and its data."""
    folder = tmp_path_factory.mktemp("published")
    for setting in ("git init --quiet", "git config user.name T", "git config user.email t@x.org", "dvc init --quiet"):
        run(*setting.split(), folder=folder)
    for name, text in {"dvc.yaml": PIPELINE, "source.txt": FIRST, "params.yaml": "depth: 1\n"}.items():
        (folder / name).write_text(text)
    (folder / ".gitignore").write_text("/data/\n")
    run("dvc", "repro", "--quiet", folder=folder)
    commit(folder, {})
    return folder


@pytest.fixture
def checkout(published, tmp_path, monkeypatch):
    """A copy of it, in which the test works."""
    folder = shutil.copytree(published, tmp_path / "checkout")
    monkeypatch.chdir(folder)
    return folder


def everything(folder):
    return {path: path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def test_a_published_state_is_fresh_with_and_without_data_and_stays_untouched(checkout, capsys):
    before = everything(checkout)
    freshness.main()
    assert everything(checkout) == before
    for gone in ("data", ".dvc/cache", ".dvc/tmp"):
        shutil.rmtree(checkout / gone)
    before = everything(checkout)
    freshness.main()
    assert everything(checkout) == before
    assert capsys.readouterr().out.splitlines() == 2 * [
        "freshness: dvc.lock belongs to the code, the parameters, the metrics and the plots"
    ]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("source.txt", SECOND, "  make: source.txt modified"),
        ("params.yaml", "depth: 2\n", "  make: depth in params.yaml modified"),
        ("metrics/score.json", SECOND, "  score: metrics/score.json modified"),
        ("dvc.yaml", PIPELINE.replace("mkdir -p metrics &&", "mkdir -p metrics;"), "  score: changed command"),
        ("dvc.yaml", PIPELINE.replace("[a, b]", "[a, b, c]"), "  use@c: not in dvc.lock"),
        ("dvc.lock", "schema: '2.0'\n", "  make: not in dvc.lock"),
    ],
)
def test_a_changed_file_names_its_stage_and_the_fix(checkout, name, text, line):
    shutil.rmtree(checkout / "data")
    (checkout / name).write_text(text)
    with pytest.raises(InputError) as refused:
        freshness.main()
    lines = str(refused.value).splitlines()
    assert lines[1] == line
    assert "To fix it, run `dvc repro` and commit what it changed: git add dvc.lock metrics plots" in lines


@pytest.mark.parametrize("name", ["source.txt", "metrics/score.json"])
def test_a_file_that_git_lacks_is_missed_although_it_lies_here(checkout, name):
    run("git", "rm", "--quiet", "--cached", name, folder=checkout)
    with pytest.raises(InputError, match=f"{name} missing, or not in Git"):
        freshness.main()


def test_a_lock_file_that_is_missing_or_not_in_git_says_so(checkout):
    run("git", "rm", "--quiet", "--cached", "dvc.lock", folder=checkout)
    with pytest.raises(InputError, match=r"dvc.lock is missing, or not in Git. Run `dvc repro`"):
        freshness.main()


def test_where_a_publication_is_due_results_of_earlier_code_are_accepted_and_nothing_else(checkout, capsys):
    (checkout / "docs").mkdir()
    (checkout / freshness.DUE).write_text("A publication is due.\n")
    run("git", "add", "docs", folder=checkout)
    with pytest.raises(InputError, match=r"but dvc.lock belongs to the code. Remove docs/publication-due.md"):
        freshness.main()
    (checkout / "source.txt").write_text(SECOND)
    freshness.main()
    assert capsys.readouterr().out.startswith("freshness: a publication is due, as docs/publication-due.md says")


def test_a_lock_file_of_which_one_part_ran_anew_is_stale(checkout):
    (checkout / "source.txt").write_text(SECOND)
    run("dvc", "repro", "--quiet", "make", folder=checkout)
    shutil.rmtree(checkout / "data")
    with pytest.raises(InputError) as refused:
        freshness.main()
    assert str(refused.value).splitlines()[1:3] == [
        "  use@a: data/parts/a.txt not what the stages before made",
        "  use@b: data/parts/b.txt not what the stages before made",
    ]


def test_a_file_of_a_former_run_in_a_folder_is_found(checkout):
    (checkout / "data/used/c.txt").write_text("of a former run")
    run("dvc", "repro", "--quiet", "score", folder=checkout)
    with pytest.raises(InputError, match="score: data/used not what the stages before made"):
        freshness.main()


def test_a_pipeline_that_cannot_be_read_shows_what_dvc_says(checkout):
    (checkout / "dvc.yaml").write_text("<<<<<<< ours\n")
    with pytest.raises(InputError, match=r"(?s)dvc stage list --name-only` failed: .*dvc.yaml"):
        freshness.main()


def test_outside_of_git_it_says_what_failed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InputError, match=r"`git ls-files -z` failed: .*not a git repository"):
        freshness.main()


def test_missing_data_are_no_difference_and_missing_code_is():
    status = {
        "one": [{"changed outs": {"data/x": "not in cache"}}, {"changed deps": {"data/raw": "deleted"}}],
        "two": [{"changed deps": {"data/raw/y": "deleted", "stages/two": "deleted", "stages/a.py": "modified"}}],
    }
    assert freshness.differences(status, ["data/x", "data/raw"], ["data/raw/y", "stages/two", "stages/a.py"]) == {
        "two": ["stages/two missing, or not in Git", "stages/a.py modified"]
    }


def test_an_output_or_a_dependency_that_is_new_is_told_from_a_missing_one():
    status = {"one": [{"changed outs": {"data/new": "deleted"}}, {"changed deps": {"data/newer": "deleted"}}]}
    assert freshness.differences(status, ["data"], ["stages/one"]) == {
        "one": ["data/new not in dvc.lock", "data/newer not in dvc.lock"]
    }


def test_stages_that_dvc_yaml_has_no_more_do_not_count():
    lock = {
        "make": {"outs": [{"path": "data/a", "md5": "1"}]},
        "gone": {"deps": [{"path": "data/a", "md5": "2"}], "outs": [{"path": "data/b", "md5": "3"}]},
    }
    assert freshness.disagreements(lock, ["make"]) == {}
    assert freshness.disagreements(lock, ["make", "gone"]) == {"gone": ["data/a not what the stages before made"]}
    assert freshness.disagreements(lock, ["make", "gone"], here=["data/a"]) == {}


def gate(folder, code):
    return run(sys.executable, "-m", "scripts.freshness", folder=folder, code=code)


@pytest.mark.slow
def test_the_gate_on_the_pipeline_itself(tmp_path):
    folder = checkouts.checkout(tmp_path / "checkout", checkouts.SMALL | {"networks": {"nicknet1": {}}})
    (folder / freshness.DUE).unlink(missing_ok=True)
    assert "dvc.lock is missing" in gate(folder, code=1)
    run("dvc", "repro", folder=folder)
    commit(folder, {})
    clone = tmp_path / "clone"
    run("git", "clone", "--quiet", str(folder), str(clone), folder=tmp_path)
    for place in (folder, clone):
        assert len(gate(place, code=0).splitlines()) == 1
    there = run("git", "status", "--porcelain", "--ignored", folder=clone).splitlines()
    assert [line for line in there if "__pycache__" not in line] == []

    code = clone / "stages/evaluate/__main__.py"
    code.write_text(code.read_text() + "# x\n")
    stale = gate(clone, code=1)
    named = [line.split(": ", 1) for line in stale.splitlines() if line.startswith("  ")]
    assert named == [["  evaluate@nicknet1-0", "stages/evaluate modified"]]

    run("git", "restore", ".", folder=clone)
    settings = clone / "params.yaml"
    settings.write_text(settings.read_text().replace("epochs: 2\n", "epochs: 3\n"))
    stale = gate(clone, code=1)
    assert "  configure: epochs in params.yaml modified\n" in stale
    assert "Traceback" not in stale
