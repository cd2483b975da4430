"""What a folder of predictions may hold, and the one message for each thing that it may not."""

import csv
import os

import numpy as np
import pytest

from scripts.why import arrays, inputs
from stages.errors import InputError
from stages.run import Run
from tests.scripts.why import folders

PROBABILITIES = folders.probabilities(0)


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


def table(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def test_a_folder_a_network_and_a_file_a_seed(tmp_path):
    sample = inputs.read(folders.write(tmp_path)).sample
    assert sample.runs == tuple(Run(network, seed) for network in ("one", "two") for seed in (0, 1, 2))
    assert sample.class_names == ("0", "1", "2")
    assert sample.labels.tolist() == folders.labels().tolist()
    np.testing.assert_array_equal(sample.probabilities[1, 2], folders.probabilities(12))
    assert sample.others == {}
    assert sample.grid.networks == ("one", "two")


def test_names_of_files_say_network_and_seed_unless_settings_name_the_network(tmp_path):
    for stem in ("net-0", "net-1", "resnet-18", "resnet-18-1", "plain"):
        np.savez(tmp_path / f"{stem}.npz", labels=folders.labels(), probabilities=PROBABILITIES)
    (tmp_path / "settings.yaml").write_text("resnet-18: {depth: 18}\nnet: {rate: 1e-3}\n")
    found = inputs.read(tmp_path)
    assert found.sample.networks == ("resnet-18", "net", "plain")
    assert found.sample.seeds == (0,)
    assert [refusal.analysis for refusal in found.refusals] == ["net, seed 1", "resnet-18, seed 1"]
    assert found.sample.grid.settings == {
        "resnet-18": {"depth": 18, "rate": None},
        "net": {"depth": None, "rate": 0.001},
        "plain": {},
    }


def test_logits_become_probabilities_and_rounded_rows_sum_to_one(tmp_path):
    folders.write(tmp_path, ["one"], [0], probabilities=None, logits=np.log(PROBABILITIES.astype(float)) + 3)
    np.testing.assert_allclose(inputs.read(tmp_path).sample.probabilities[0, 0], PROBABILITIES, atol=1e-6)
    folders.write(tmp_path, ["one"], [0], probabilities=PROBABILITIES * 1.004)
    np.testing.assert_allclose(inputs.read(tmp_path).sample.probabilities[0, 0], PROBABILITIES, atol=1e-6)


def test_a_csv_names_the_classes_and_may_have_names_as_labels(tmp_path):
    names = np.array(folders.CLASSES)[folders.labels()]
    rows = [[name, f"img{i}", *row] for i, (name, row) in enumerate(zip(names, PROBABILITIES.tolist(), strict=True))]
    table(tmp_path / "net.csv", ["label", "id", *folders.CLASSES], rows)
    sample = inputs.read(tmp_path).sample
    assert sample.class_names == folders.CLASSES
    assert sample.labels.tolist() == folders.labels().tolist()
    assert sample.file(7) == "img7"
    np.testing.assert_array_equal(sample.probabilities[0, 0], PROBABILITIES)


def test_labels_and_ids_may_lie_beside_the_runs_once(tmp_path):
    folders.write(tmp_path, ["net"], [0, 1], labels=None)
    np.save(tmp_path / "labels.npy", folders.labels())
    np.save(tmp_path / "ids.npy", np.arange(60) + 7)
    sample = inputs.read(tmp_path).sample
    assert np.array_equal(sample.labels, folders.labels())
    assert sample.files[0] == "7"
    np.save(tmp_path / "labels.npy", folders.labels(59))
    with pytest.raises(InputError, match=r"net/0.npz: 59 labels and 60 (probabilities|ids); expected as many"):
        inputs.read(tmp_path)


def test_an_npz_may_name_the_classes(tmp_path):
    folders.write(tmp_path, ["net"], [0], names=np.array(["cat", "dog", "owl"]))
    assert inputs.read(tmp_path).sample.class_names == ("cat", "dog", "owl")


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    folders.write(tmp_path, ["net"], [0])
    for name in ("._net-0.npz", "__MACOSX/._net-0.npz", ".ipynb_checkpoints/net-0-checkpoint.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = inputs.read(tmp_path)
    assert (found.sample.networks, found.unread) == (("net",), [])


def test_classes_alone(tmp_path):
    (tmp_path / "classes.txt").write_text("cat\ndog\nowl\n")
    table(tmp_path / "net.csv", ["label", "predicted"], [["cat", "dog"], ["owl", "owl"], ["2", "0"]])
    sample = inputs.read(tmp_path).sample
    assert sample.predicted.tolist() == [[[1, 2, 0]]]
    assert sample.labels.tolist() == [0, 2, 2]
    assert sample.probabilities.shape == (1, 1, 3, 0)


def test_runs_in_another_order_are_brought_into_that_of_the_first_by_ids(tmp_path):
    order = np.random.default_rng(1).permutation(60)
    ids = np.arange(100, 160)
    arrays = {"labels": folders.labels(), "probabilities": PROBABILITIES, "ids": ids}
    np.savez(tmp_path / "a.npz", **arrays)
    np.savez(tmp_path / "b.npz", **{name: array[order] for name, array in arrays.items()})
    sample = inputs.read(tmp_path).sample
    np.testing.assert_array_equal(sample.probabilities[0], sample.probabilities[1])


def test_training_answers_votes_and_similar_images_are_read(tmp_path):
    rng = np.random.default_rng(0)
    folders.write(tmp_path, ["net"], [0])
    np.savez(tmp_path / "net/0.training.npz", labels=[0, 1, 2, 0], predicted=[0, 1, 2, 1])
    images = rng.integers(0, 256, (60, 8, 8, 3), np.uint8)
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "training_images.npy", np.concatenate([images[:1], 255 - images[:1]]))
    np.save(tmp_path / "votes.npy", np.full((60, 2), 255, np.uint8))
    found = inputs.read(tmp_path)
    assert found.sample.others["training"].right.mean() == 0.75
    assert found.sample.votes.shape == (60, 2)
    assert found.sample.similarity[0] == 1
    assert found.sample.similarity[1:].max() < 0.97
    np.testing.assert_array_equal(found.images[3], images[3])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"labels": None}, r"holds probabilities; expected labels, and one of probabilities, logits, predicted"),
        ({"probabilities": None}, r"holds labels; expected labels, and one of"),
        ({"logits": PROBABILITIES}, r"holds labels, probabilities, logits; expected labels, and one of"),
        ({"labels": folders.labels().astype(object)}, r"labels holds Python objects, which are never unpickled"),
        ({"probabilities": changed(PROBABILITIES, (3, 1), np.nan)}, r"row 3: probabilities has nan for class 1"),
        ({"probabilities": changed(PROBABILITIES, (3, 1), np.inf)}, r"row 3: probabilities has inf for class 1"),
        (
            {"probabilities": PROBABILITIES * 3},
            r"row 0 of the probabilities sums to 3; expected 1. If these are logits",
        ),
        ({"probabilities": PROBABILITIES - 0.2}, r"row 0 of the probabilities has -0.1; expected 0 to 1"),
        ({"labels": changed(folders.labels(), 5, 3)}, r"row 5: labels has 3; expected 0 to 2"),
        ({"labels": changed(folders.labels(), 5, -1)}, r"row 5: labels has -1; expected 0 to 2"),
        ({"labels": folders.labels() + 0.5}, r"row 0: labels has 0.5; expected whole numbers"),
        ({"labels": np.eye(3)[folders.labels()]}, r"labels \(60, 3\); expected \(images,\).*argmax"),
        ({"labels": np.array(["?"] * 60)}, r"row 0: labels has '\?', neither a class's name nor its number"),
        ({"labels": folders.labels(59)}, r"59 labels and 60 probabilities; expected as many"),
        ({"probabilities": PROBABILITIES[:, :1]}, r"1 class\(es\); expected 2 to 4,096.*np.concatenate"),
        ({"probabilities": PROBABILITIES[:, 0]}, r"probabilities \(60,\); expected \(images, classes\)"),
        ({"probabilities": PROBABILITIES > 0}, r"probabilities are bool; expected numbers"),
        ({"ids": changed(np.arange(60), 5, 2)}, r"the id 2 is there twice, in rows 2 and 5"),
        ({"labels": np.zeros(1, int), "probabilities": PROBABILITIES[:1]}, r"1 image\(s\); expected at least 2"),
        ({"labels": np.zeros(0, int), "probabilities": PROBABILITIES[:0]}, r"0 image\(s\); expected at least 2"),
        ({"label": folders.labels()}, r"has 'labels' and 'label'; expected one of them"),
        ({"names": np.array(["cat", "", "dog"])}, r"class 2: ''; expected a name"),
        (
            {"labels": changed(folders.labels(), 5, 10**12), "predicted": folders.labels(), "probabilities": None},
            r"1,000,000,000,001 class\(es\); expected 2 to 4,096",
        ),
        (
            {"labels": np.zeros(9, int), "predicted": np.zeros(9, int), "probabilities": None},
            r"1 class\(es\); expected 2",
        ),
    ],
)
def test_arrays_that_are_no_predictions(tmp_path, arrays, message):
    folders.write(tmp_path, ["net"], [0], **arrays)
    with pytest.raises(InputError, match=message):
        inputs.read(tmp_path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"labels": folders.labels(30), "probabilities": PROBABILITIES[:30]}, r"60 images, and .*b.npz of 30"),
        ({"labels": changed(folders.labels(), 4, 0)}, r"Row 4: label 1 in .*a.npz, 0 in .*b.npz; .*same images"),
        ({"ids": changed(np.arange(60), 4, 99)}, r"Row 4: id 4 in .*a.npz, 99 in .*b.npz"),
        ({"probabilities": PROBABILITIES[:, :2] * 10 / 9}, r"of 2 classes, and 3 names"),
        ({"probabilities": None, "predicted": folders.labels()}, r"b.npz has the classes answered alone"),
    ],
)
def test_runs_of_other_images_are_named_with_the_first_difference(tmp_path, arrays, message):
    first = {"labels": folders.labels(), "probabilities": PROBABILITIES, "ids": np.arange(60)}
    np.savez(tmp_path / "a.npz", **first)
    np.savez(
        tmp_path / "b.npz",
        **{
            name: value
            for name, value in (first | arrays).items()
            if value is not None and (name != "ids" or len(value) == len((first | arrays)["labels"]))
        },
    )
    with pytest.raises(InputError, match=message):
        inputs.read(tmp_path)


def test_a_csv_that_would_take_too_long_is_refused_unread(tmp_path):
    with (tmp_path / "net.csv").open("wb") as file:
        os.truncate(file.fileno(), 10 * 2**30)  # a hole, which takes no space
    with pytest.raises(InputError, match=r"10,737,418,240 bytes of text; expected at most 268,435,456. Write .npz"):
        inputs.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("label,cat,dog\n0,0.5\n", r"line 2: 2 cells; expected 3"),
        ("label,cat,dog\n0,0.5,x\n", r"row 0, column 'dog': 'x' is no number"),
        ("label,cat,cat\n0,0.5,0.5\n", r"two columns 'cat'"),
        ("label,labels,cat,dog\n0,0,0.5,0.5\n", r"has 'label' and 'labels'; expected one of them"),
        (",label,cat,dog\n0,0,0.5,0.5\n1,1,0.5,0.5\n", r"class 1: ''; expected a name .*to_csv\(index=False\)"),
        ("label,cat,logit:dog\n0,0.5,0.5\n1,0.5,0.5\n", r"'logit:dog' and 'cat' are of two kinds"),
        ("label,predicted\n0,1\n1.5,1\n", r"row 1: labels has '1.5', neither a class's name nor its number"),
        ("", r"holds nothing; expected labels"),
        ("label,\x00", r"expected labels|is not a table"),
    ],
)
def test_tables_that_are_no_predictions(tmp_path, text, message):
    (tmp_path / "net.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        inputs.read(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"holds no predictions; expected one file a run"),
        ({"net/first.npz": b""}, r"expected a seed, a whole number"),
        ({"net.npz": b"no archive"}, r"net.npz is not a .npz"),
        ({"net/0.npz": None, "net-0.npz": None}, r"are both net, seed 0"),
        ({"a/0.npz": None, "b/1.npz": None}, r"No seed is there for every network: a has 0; b has 1"),
        ({"=1+1.npz": None}, r"'=1\+1' cannot be the name of a network"),
        ({"net.npz": None, "classes.txt": b"cat\ndog\n"}, r"of 3 classes, and 2 names of classes"),
        ({"net.npz": None, "classes.txt": b"cat\ncat\ndog\n"}, r"'cat' is line 1 and line 2; expected once"),
        ({"net.npz": None, "classes.txt": b"cat\n\ndog\n"}, r"line 2: ''; expected a name"),
        ({"net.npz": None, "settings.yaml": b"nett: {depth: 1}"}, r"no predictions of nett; there are those of net"),
        ({"net.npz": None, "settings.yaml": b"net: 3"}, r"settings.yaml: expected `network: "),
        ({"net.npz": None, "settings.yaml": b"net: {kernel_size: 3x3}"}, r"kernel_size is '3x3'; expected a whole"),
        ({"net.npz": None, "settings.yaml": b"net: {a: {b: 1}}"}, r"net: a: expected a number, a text"),
        ({"net.npz": None, "images.npy": b"x"}, r"images.npy is not a .npy of numbers"),
        ({"net/0.npz": None, "net/1.npz": None, "net/0.training.npz": None}, r"net, seed 1 has no answers to training"),
        ({"net.parquet": b"x"}, r"needs the package pyarrow|is not a .parquet"),
    ],
)
def test_folders_that_hold_no_grid_of_runs(tmp_path, files, message):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        if content is None:
            np.savez(tmp_path / name, labels=folders.labels(), probabilities=PROBABILITIES)
        else:
            (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        inputs.read(tmp_path)


def test_images_of_another_number_are_refused(tmp_path):
    folders.write(tmp_path, ["net"], [0])
    np.save(tmp_path / "images.npy", np.zeros((59, 8, 8, 3), np.uint8))
    with pytest.raises(InputError, match=r"holds uint8 \(59, 8, 8, 3\); expected uint8 \(60, height, width, 3\)"):
        inputs.read(tmp_path)


def test_a_missing_picture_is_named_and_none_is_no_error(tmp_path):
    paths = np.array([f"{i}.png" for i in range(60)])
    folders.write(tmp_path, ["net"], [0], paths=paths)
    found = inputs.read(tmp_path)
    assert found.images is None
    assert found.sample.file(3) == "3.png"
    (tmp_path / "0.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"1.png of the paths is missing"):
        inputs.read(tmp_path)


def test_a_column_of_a_table_may_hold_numbers(tmp_path):
    columns = {"label": [0, 1], "cat": [0.5, 0.25], "dog": [0.5, 0.75]}
    read = arrays.from_columns(tmp_path, columns)
    assert read["names"] == ["cat", "dog"]
    assert read["probabilities"].tolist() == [[0.5, 0.5], [0.25, 0.75]]
