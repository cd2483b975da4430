"""The command: a folder of predictions in, a page with tables, metrics and pictures out."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest

from scripts.why.__main__ import main
from scripts.why.output import WRITTEN_BY
from stages.errors import InputError
from tests.scripts.why import folders

SETTINGS = "one: {model: tree, augmentation: none}\ntwo: {model: tree, augmentation: flips}\n"


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The page of two networks with three seeds, and what was printed, by an interpreter of its own."""
    folder = folders.write(tmp_path_factory.mktemp("own") / "predictions")
    (folder / "settings.yaml").write_text(SETTINGS)
    (folder / "classes.txt").write_text("cat\n<b>dog</b>\nowl\n")
    (folder / "notes.md").write_text("mine")
    np.save(folder / "images.npy", np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), np.uint8))
    code = (
        "import sys; from pathlib import Path; from scripts.why.__main__ import main;"
        f"main(Path({str(folder)!r}), Path({str(folder.parent / 'why')!r}));"
        "assert not {'tensorflow', 'keras', 'torch'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder.parent / "why", done


def test_it_needs_no_tensorflow_and_says_what_it_read(shown):
    folder, done = shown
    assert "networks: one, two; seeds: 0, 1, 2; 60 images, 3 classes" in done.stdout
    assert "not read: notes.md" in done.stderr
    assert f"page: {folder / 'report.html'}" in done.stdout


def test_networks_that_differ_in_one_setting_are_an_intervention(shown):
    folder, _ = shown
    (change,) = rows(folder / "tables/remedies.csv")
    assert [change[name] for name in ("base", "network", "setting", "before", "after")] == [
        *("one", "two", "augmentation", "none", "flips")
    ]
    right = [
        np.mean(
            [(folders.probabilities(10 * place + seed).argmax(axis=1) == folders.labels()).mean() for seed in range(3)]
        )
        for place in (0, 1)
    ]
    assert float(change["value"]) == pytest.approx(right[1] - right[0])
    metrics = {name: json.loads((folder / f"metrics/{name}.json").read_text()) for name in ("one", "two")}
    assert [of["accuracy"] for of in metrics.values()] == pytest.approx(right)
    assert metrics["one"].keys() == {"accuracy", "precision", "loss"}


def test_the_page_links_to_its_tables_and_shows_pictures(shown):
    folder, _ = shown
    page = (folder / "report.html").read_text()
    links = {part.split('"')[0] for part in page.split('href="')[1:] if part.startswith(("tables/", "../"))}
    assert links
    assert all((folder / link).is_file() for link in links)
    assert "&lt;b&gt;dog&lt;/b&gt;" in page
    assert "<b>dog" not in page
    assert "params.yaml" not in page
    assert "one: random wrong ones" in page
    assert len(list((folder / "predictions").iterdir())) == 12


def test_what_needs_the_model_is_refused_by_name(shown):
    folder, _ = shown
    reasons = {row["analysis"]: row["reason"] for row in rows(folder / "tables/refusals.csv")}
    assert reasons["What do edits of the pixels repair and break, beside noise of the same size?"] == (
        "no run was asked about changed images"
    )
    assert "votes.npy" in reasons["errors explained by human votes"]


def test_classes_alone_refuse_what_needs_probabilities(tmp_path):
    labels = np.arange(40) % 4
    for seed in (0, 1):
        predicted = np.where(np.random.default_rng(seed).random(40) < 0.6, labels, 3 - labels)
        np.savez(tmp_path / f"net-{seed}.npz", labels=labels, predicted=predicted)
    main(tmp_path, tmp_path / "why")
    refused = {
        row["analysis"]
        for row in rows(tmp_path / "why/tables/refusals.csv")
        if row["reason"] == "only the classes answered are known, not their probabilities"
    }
    assert "loss, Brier score and expected calibration error" in refused
    assert len(refused) == 5
    assert {row["score"] for row in rows(tmp_path / "why/tables/scores.csv")} == {"accuracy", "precision", "recall"}
    assert {row["probability"] for row in rows(tmp_path / "why/tables/galleries.csv")} == {""}


def test_many_classes_bound_the_tables(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.arange(600) % 300
    logits = rng.normal(size=(600, 300)) + 2 * np.eye(300)[labels]
    np.savez(tmp_path / "net.npz", labels=labels, logits=logits)
    main(tmp_path, tmp_path / "why")
    table = {
        name: rows(tmp_path / f"why/tables/{name}.csv")
        for name in ("confusions", "confused_pairs", "knockout", "pair_repair")
    }
    assert {name: len(of) for name, of in table.items()}["confusions"] == 300 + 200 + 1
    assert sum(int(row["count"]) for row in table["confusions"]) == 600
    assert len(table["confused_pairs"]) == 201
    wrong = int((logits.argmax(axis=1) != labels).sum())
    assert sum(int(row["errors"]) for row in table["confused_pairs"]) == wrong
    assert len(table["knockout"]) <= 201
    assert 0 < len(table["pair_repair"]) <= 200
    drawn = {path.stem for path in (tmp_path / "why/pictures").iterdir()}
    assert not drawn & {"confusions", "knockout"}


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    folders.write(tmp_path / "from", ["net"], [0])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("all")
    for content in (None, "[]", "no JSON", '{"written by": "another program"}'):
        if content:
            (tmp_path / "mine/inputs.json").write_text(content)
        with pytest.raises(InputError, match=r"mine is there, and no page was written to it before"):
            main(tmp_path / "from", tmp_path / "mine")
    with pytest.raises(InputError, match=r"would replace the predictions"):
        main(tmp_path / "from", tmp_path)
    assert (tmp_path / "mine/thesis.txt").read_text() == "all"


def test_a_failure_leaves_the_earlier_page_and_nothing_else(tmp_path):
    folders.write(tmp_path / "from", ["net"], [0], paths=np.array(["no.png"] * 60))
    (tmp_path / "why").mkdir()
    earlier = json.dumps({"written by": WRITTEN_BY})
    (tmp_path / "why/inputs.json").write_text(earlier)
    (tmp_path / "from/no.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"no.png: neither JPEG, PNG nor WebP"):
        main(tmp_path / "from", tmp_path / "why")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["from", "why"]
    assert (tmp_path / "why/inputs.json").read_text() == earlier
