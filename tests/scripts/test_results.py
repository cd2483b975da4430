"""docs/results.md: what it says of exported studies, which are written here from planted worlds."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from scripts import results, study
from stages.errors import InputError
from stages.findings import metrics
from stages.findings.registry import Analysis
from tests import worlds
from tests.report import reports

CELLS = (*worlds.PUBLISHED, ("adam", 10))
PARAMS = yaml.safe_load(Path("params.yaml").read_text())


@pytest.fixture
def export(tmp_path, monkeypatch):
    """Writes a study into the folder `study` and returns the page of it; changes: of the sample, by a function."""

    def write(cells=CELLS, seeds=2, change=lambda sample: sample):
        sample = change(reports.sample(cells, seeds))
        folder = tmp_path / "docs/study"
        folder.mkdir(parents=True)
        monkeypatch.chdir(folder)
        reports.write(sample)
        metrics.write(Analysis(sample))
        networks = {f"nicknet{i}": {"optimizer": one, "kernel_size": size} for i, (one, size) in enumerate(cells, 1)}
        Path("params.yaml").write_text(yaml.safe_dump(PARAMS | {"networks": networks, "seeds": list(range(seeds))}))
        for name in ("curves", "gallery_missed_by_all", "knockout"):
            Path("plots/pictures").mkdir(parents=True, exist_ok=True)
            Path(f"plots/pictures/{name}.png").touch()
        monkeypatch.chdir(tmp_path)
        return results.page(Path("docs/study"), results.CHANGES), sample

    return write


def cells_of(page, start):
    """The cells of the first row of a table that begins with these cells."""
    row = next(line for line in page.splitlines() if line.startswith(f"| {start} |"))
    return [cell.strip() for cell in row.split("|")[1:-1]]


def test_the_page_has_every_result_of_four_cells_with_two_seeds(export):
    page, sample = export()
    analysis = Analysis(sample)
    mean = metrics.of_network(analysis, "nicknet2")
    assert cells_of(page, "nicknet2")[:6] == ["nicknet2", "sgd", "0.01", "15x15", "30", "0.6"]
    assert cells_of(page, "nicknet2")[7] == f"{mean['accuracy']:.3f}"
    assert [cells_of(page, f"nicknet{i}")[5] for i in (1, 3, 4)] == ["0.9", "0.6", "\N{EN DASH}"]
    (score,) = analysis.where("scores", network="nicknet3", seed=1, part="held-out", score="accuracy")
    assert cells_of(page, "nicknet3, seed 1")[2] == "{value:.3f} [{low:.3f}, {high:.3f}]".format(**score)
    assert "on 300 images of the data set cifar10" in page
    assert "(CIFAR-10 has 10,000: the archive at hand ended early.)" in page
    for effect in ("optimizer", "kernel size", "interaction", "optimizer at kernel size 10"):
        assert all(re.fullmatch(r"\[.+, .+\]", interval) for interval in cells_of(page, effect)[3:5])
    for heading in ("| 10x10 | 1 |", "| image x run | 0.", "held-out errors, adam - sgd"):
        assert heading in page
    assert "**C2** " in page
    assert "- effect of optimizer, over new seeds: " in page
    assert "None: every run answers several classes." in page
    assert max(len(cell) for line in page.splitlines() if line[:1] == "|" for cell in line.split("|")) < 150


def test_pictures_that_the_study_has_are_shown_with_the_words_of_their_findings(export):
    page, _ = export()
    assert "![Learning curves](study/plots/pictures/curves.png)\n\n*Learning curves. Solid: images that" in page
    assert "](study/plots/pictures/gallery_missed_by_all.png)" in page
    assert page.count("![") == 2


def test_what_the_runs_do_not_support_is_said(export):
    page, _ = export(worlds.PUBLISHED, 1)
    assert cells_of(page, "optimizer at kernel size 15")[4] == "none, see below"
    assert "with the seed 0 on" in page
    assert re.search(r"\n- needs 2 or more seeds.*\n  - share of the run\n", page)


def test_a_collapsed_run_is_named_and_its_network_left_out(export):
    def collapse(sample):
        probabilities = sample.probabilities.copy()
        probabilities[1, 0] = [1, *[0] * 9]
        return replace(sample, probabilities=probabilities)

    page, _ = export(change=collapse)
    assert "\n- nicknet2, seed 0: 'airplane' for every image\n" in page
    assert "\n- nicknet2, seed 0 predicts 'airplane' for every image. The loss of such a run stays at ln 10" in page
    assert "\n  - nicknet2, in all that compares or pools runs\n" in page
    assert "Left out, for collapsed runs: nicknet2." in page


def test_a_folder_without_a_study_of_this_layout_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no study; run `make study`\."):
        results.page(tmp_path, results.CHANGES)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PARAMS))
    with pytest.raises(InputError, match=r"earlier layout; run `make study`\. \(.*/answers.csv is missing\."):
        results.page(tmp_path, results.CHANGES)
    (tmp_path / "params.yaml").write_text("seed: 1")
    with pytest.raises(InputError, match=r"is a study of an earlier layout; run `make study`\. \(.*params.yaml: "):
        results.page(tmp_path, results.CHANGES)


@pytest.mark.skipif(Path("docs/publication-due.md").exists(), reason="the study is to be published: `make study`")
def test_the_published_page_is_that_of_the_published_study():
    """Where this fails, run `make results`."""
    assert results.PAGE.read_text(encoding="utf-8") == results.page(study.FOLDER, results.CHANGES)


def test_the_links_of_the_published_page_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", results.PAGE.read_text(encoding="utf-8"))
    assert len(links) >= 5
    assert [link for link in links if not (results.PAGE.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["compare", "pull_request", "results"])
def test_help_does_nothing_else(tmp_path, name):
    command = [sys.executable, "-m", f"scripts.{name}", "--help"]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(Path.cwd())}, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[0][:30]) == (0, f"usage: python -m scripts.{name}"[:30])
    assert list(tmp_path.iterdir()) == []


def test_the_readme_gets_the_answer_between_its_marks_and_keeps_the_rest(export):
    export()
    text = results.front(
        Path("docs/study"), results.CHANGES, f"before\n{results.OPENING}earlier answer\n{results.CLOSING}\nafter\n"
    )
    assert text.startswith(f"before\n{results.OPENING}- ")
    assert text.endswith(f"|\n{results.CLOSING}\nafter\n")
    assert "earlier answer" not in text
    sentences = [row["sentence"] for row in Analysis(reports.sample(CELLS, 2)).answers.rows]
    assert [line[2:].split(" [")[0] for line in text.splitlines() if line.startswith("- ")] == sentences
    (second,) = (line for line in text.splitlines() if line.startswith("| C2: The main difference is"))
    assert re.search(r"\| [^|]+: .?0\.\d+ \[.*\] \|$", second)
    assert results.front(Path("docs/study"), results.CHANGES, text) == text


def test_what_changes_do_is_said_of_the_study_of_changes_where_it_is_there(export):
    before, _ = export()
    Path("docs/study").rename("docs/remedies")
    table = Path("docs/remedies/data/analysis/remedies.csv")
    table.write_text(table.read_text().replace(",kernel_size,", ",augment,"))
    said = Path("docs/remedies/data/analysis/answers.csv")
    said.write_text(said.read_text() + "what_remains,Some images remain.,0.1,,,\n")
    export()
    page, text = (
        results.page(study.FOLDER, results.CHANGES),
        results.front(study.FOLDER, results.CHANGES, results.OPENING + results.CLOSING),
    )
    assert "| kernel_size: 10 instead of 15 |" in before
    assert "| augment: 10 instead of 15 |" in page
    assert "of [4 networks with each of the seeds 0, 1](remedies/README.md)" in page
    first, second = text.split("Of [4 networks with 2 seeds each](docs/remedies/README.md):\n")
    assert "Of [4 networks with 2 seeds each](docs/study/README.md):\n\n- " in first
    assert "Some images remain." in page
    assert "- Some images remain.\n" in second
    assert "Some images remain." not in first


def test_a_readme_without_a_place_for_the_answer_is_refused(export):
    export()
    with pytest.raises(InputError, match="<!-- answer --> and <!-- end of the answer -->; put them back"):
        results.front(Path("docs/study"), results.CHANGES, "text")
