import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from matplotlib.figure import Figure

from stages import artifacts, params
from stages.artifacts import Predictions
from stages.error_analysis import __main__ as error_analysis
from stages.errors import InputError, reported
from stages.settings import dump

ROOT = Path.cwd()
PUBLISHED = Path("params.yaml").read_bytes()


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def some_predictions():
    probabilities = np.array([[0.25, 0.75], [0.5, 0.5], [1, 0]], "float32")
    return Predictions(np.array([2, 5, 9]), np.array([1, 0, 1], "uint8"), probabilities)


def written(**changes):
    arrays = vars(some_predictions()) | changes
    parts = dict.fromkeys(artifacts.PARTS, some_predictions()) | {"held_out": Predictions(**arrays)}
    artifacts.write_predictions(artifacts.predictions_path("nicknet1", 0), parts)


def test_predictions_come_back_as_written():
    written()
    read = artifacts.read_predictions("nicknet1", 0)
    assert list(read) == ["train", "held_out", "test"]
    for field, array in vars(some_predictions()).items():
        np.testing.assert_array_equal(getattr(read["test"], field), array)
        assert getattr(read["test"], field).dtype == array.dtype


def test_equal_probabilities_go_to_the_lower_class():
    assert some_predictions().predicted.tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ids": np.array([2, 9, 5])}, "ascending ids"),
        ({"ids": np.array([2, 2, 5])}, "ascending ids"),
        ({"ids": np.array([2, 5])}, "got 2 ids, 3 labels, 3 rows"),
        ({"ids": np.array([2, 5, 9], "int32")}, "expected ids int64"),
        ({"labels": np.array([1, 0, 2], "uint8")}, "expected labels below 2, got 2"),
        ({"probabilities": np.array([[0.25, 0.7], [0.5, 0.5], [1, 0]], "float32")}, "sum to 1"),
        ({"probabilities": np.array([[-0.5, 1.5], [0.5, 0.5], [1, 0]], "float32")}, "sum to 1"),
        ({"probabilities": np.array([[np.nan, 0.7], [0.5, 0.5], [1, 0]], "float32")}, "NaN"),
        ({"probabilities": np.ones((3, 1, 1), "float32")}, "probabilities float32 (n, classes)"),
    ],
)
def test_predictions_that_no_run_can_have_written_are_refused(changes, expected):
    written(**changes)
    with pytest.raises(InputError, match="part held_out") as caught:
        artifacts.read_predictions("nicknet1", 0)
    assert expected in str(caught.value)


def test_missing_and_damaged_predictions_say_how_to_make_them():
    with pytest.raises(InputError, match="dvc repro evaluate@nicknet1-0"):
        artifacts.read_predictions("nicknet1", 0)
    written()
    path = artifacts.predictions_path("nicknet1", 0)
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="Delete it"):
            artifacts.read_predictions("nicknet1", 0)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_predictions_with_changed_bytes_are_refused_or_unharmed(data):
    written()
    path = artifacts.predictions_path("nicknet1", 0)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=3)):
        content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        read = artifacts.read_predictions("nicknet1", 0)
    except InputError as error:
        assert str(path) in str(error)
        assert "Delete it and run `dvc repro`" in str(error)
    else:
        for part in artifacts.PARTS:
            for field, array in vars(some_predictions()).items():
                np.testing.assert_array_equal(getattr(read[part], field), array)


def kept_promises(predictions):
    """What write_predictions promises of its content, in the words of artifacts.Predictions."""
    ids, labels, probabilities = predictions.ids, predictions.labels, predictions.probabilities
    return (
        (ids.dtype, labels.dtype, probabilities.dtype) == (np.int64, np.uint8, np.float32)
        and (ids.ndim, labels.ndim, probabilities.ndim) == (1, 1, 2)
        and len(ids) == len(labels) == len(probabilities) > 0
        and min(ids) >= 0
        and sorted(set(ids)) == ids.tolist()
        and max(labels) < probabilities.shape[1]
        and np.isfinite(probabilities).all()
        and (probabilities >= 0).all()
        and np.abs(probabilities.sum(axis=1) - 1).max() <= 1e-4
    )


SHAPES = arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)
DTYPES = st.sampled_from(["int64", "uint8", "float32", "int32", "float64", "bool", "U1"])
ARRAYS = st.tuples(DTYPES, SHAPES).flatmap(lambda kind: arrays_of.arrays(*kind))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["ids", "labels", "probabilities"]), ARRAYS)
def test_any_array_in_predictions_keeps_the_promises_or_is_refused(field, array):
    written(**{field: array})
    try:
        read = artifacts.read_predictions("nicknet1", 0)
    except InputError as error:
        assert "part held_out" in str(error)
    else:
        assert kept_promises(read["held_out"])


@pytest.mark.parametrize(
    "shape", [(10**13,), (2**62, 2**62), (-1,)], ids=["larger than the memory", "larger than any number", "negative"]
)
def test_a_huge_declared_array_is_refused_before_it_is_held(shape):
    written()
    path = artifacts.predictions_path("nicknet1", 0)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train_ids.npy", header.getvalue())
    with pytest.raises(InputError, match=r"cannot be read as predictions .*Delete it"):
        artifacts.read_predictions("nicknet1", 0)


def test_pickled_predictions_are_never_loaded(capsys):
    path = artifacts.predictions_path("nicknet1", 0)
    path.parent.mkdir(parents=True)
    np.savez(path, train_ids=np.array([Loud()], dtype=object))
    with pytest.raises(InputError, match="Object arrays cannot be loaded"):
        artifacts.read_predictions("nicknet1", 0)
    assert capsys.readouterr().out == ""


class Loud:
    """Prints when it is unpickled."""

    def __reduce__(self):
        return print, ("unpickled",)


def test_pickled_arrays_are_never_loaded():
    path = artifacts.indices_path("train")
    path.parent.mkdir(parents=True)
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="is not a NumPy array file"):
        artifacts.read_indices("train")


def test_an_array_of_another_kind_is_refused():
    artifacts.write_array(artifacts.labels_path("train"), np.zeros(3, "int64"))
    with pytest.raises(InputError, match=r"expected uint8 with 1 axes, got int64 \(3,\)"):
        artifacts.read_labels("train")


def test_a_failed_write_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    artifacts.write_csv(path, [{"a": 1}], ["a"])

    def interrupted():
        yield {"a": 2}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        artifacts.write_csv(path, interrupted(), ["a"])
    with pytest.raises(RuntimeError), artifacts.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "a\n1\n"


def test_what_a_killed_process_left_is_removed_and_what_a_running_one_writes_is_not(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f".{ended.pid}.a.json", f".{os.getppid()}.a.json", f".{ended.pid}.b.json", ".hidden.a.json"):
        (tmp_path / name).write_text("half")
    artifacts.write_json(tmp_path / "a.json", 1)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"a.json", f".{os.getppid()}.a.json", f".{ended.pid}.b.json", ".hidden.a.json"}


@contextmanager
def files_limited_to(size):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def write_predictions(path):
    probabilities = np.random.default_rng(0).dirichlet(np.ones(10), 1000).astype("float32")
    one = Predictions(np.arange(1000), np.zeros(1000, "uint8"), probabilities)
    artifacts.write_predictions(path, dict.fromkeys(artifacts.PARTS, one))


def write_figure(path):
    figure = Figure(figsize=(3, 3))
    figure.subplots().imshow(np.random.default_rng(0).random((300, 300)))
    artifacts.write_figure(path, figure)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: artifacts.write_array(path, np.zeros(100_000)),
        lambda path: artifacts.write_text(path, "x" * 100_000),
        lambda path: artifacts.write_json(path, ["x"] * 100_000),
        lambda path: artifacts.write_csv(path, [{"x": 0.1}] * 100_000, ["x"]),
        write_predictions,
        write_figure,
    ],
)
def test_a_disk_that_fills_up_is_named_and_leaves_the_earlier_file(tmp_path, capsys, write):
    path = tmp_path / "file"
    path.write_text("earlier")
    with pytest.raises(SystemExit), files_limited_to(10_000), reported("x"):
        write(path)
    assert capsys.readouterr().err == f"x: {path}: File too large. Raise the limit on file sizes (ulimit -f).\n"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "earlier"


def test_numbers_in_tables_read_back_exactly(tmp_path):
    value = 0.1 + 0.2
    artifacts.write_csv(tmp_path / "t.csv", [{"x": value, "n": 3}], ["n", "x"])
    assert (tmp_path / "t.csv").read_bytes() == b"n,x\n3,0.30000000000000004\n"


def test_json_refuses_what_json_cannot_say(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        artifacts.write_json(tmp_path / "m.json", {"loss": float("nan")})
    assert list(tmp_path.iterdir()) == []
    artifacts.write_json(tmp_path / "m.json", {"b": 1, "a": 2})
    assert list(json.loads((tmp_path / "m.json").read_text())) == ["b", "a"]


def test_equal_figures_give_equal_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        figure = Figure(figsize=(1, 1))
        figure.subplots().plot([0, 1])
        artifacts.write_figure(tmp_path / name, figure)
    content = (tmp_path / "a.png").read_bytes()
    assert content == (tmp_path / "b.png").read_bytes()
    assert b"Software" not in content


RUNS = [("nicknet1", 0), ("nicknet2", 0), ("nicknet3", 0)]


@pytest.fixture
def workspace(tmp_path):
    """What the error analysis reads, up to the predictions of the published grid."""
    (tmp_path / "params.yaml").write_bytes(PUBLISHED)
    everything = params.read()
    artifacts.write_json(artifacts.CLASS_NAMES, ["a", "b"])
    for network, seed in RUNS:
        artifacts.write_text(artifacts.settings_path(network), dump(everything.network(network)))
        write_run(network, seed)
    return tmp_path


def write_run(network, seed, **changes):
    parts = dict.fromkeys(artifacts.PARTS, some_predictions())
    parts["held_out"] = Predictions(**vars(some_predictions()) | changes)
    artifacts.write_predictions(artifacts.predictions_path(network, seed), parts)


def missing(path):
    path.unlink()


def truncated(path):
    path.write_bytes(path.read_bytes()[:-30])


def of_other_images(path):
    write_run("nicknet3", 0, ids=np.array([2, 5, 10]))


def not_a_number(path):
    write_run("nicknet3", 0, probabilities=np.full((3, 2), np.nan, "float32"))


def of_more_classes(path):
    write_run("nicknet3", 0, probabilities=np.full((3, 4), 0.25, "float32"))


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (missing, "data/predictions/nicknet3/0.npz is missing. Run `dvc repro evaluate@nicknet3-0` to make it."),
        (truncated, "data/predictions/nicknet3/0.npz cannot be read as predictions"),
        (of_other_images, "nicknet3, seed 0 and of nicknet1, seed 0 are for different images"),
        (not_a_number, "part held_out: expected finite probabilities, got NaN or infinity"),
        (of_more_classes, "Expected probabilities of 2 classes, got 4 from nicknet3, seed 0"),
    ],
)
def test_the_error_analysis_refuses_them_and_writes_nothing(workspace, capsys, spoil, expected):
    spoil(artifacts.predictions_path("nicknet3", 0))
    before = sorted(workspace.rglob("*"))
    with pytest.raises(SystemExit) as left, reported("error_analysis"):
        error_analysis.main()
    assert left.value.code == 1
    message = capsys.readouterr().err
    assert message.startswith("error_analysis: ")
    assert expected in message
    assert len(message.splitlines()) == 1
    assert sorted(workspace.rglob("*")) == before


def test_the_real_stage_ends_so_too(workspace):
    not_a_number(None)
    before = sorted(workspace.rglob("*"))
    command = [sys.executable, "-m", "stages.error_analysis"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.startswith("error_analysis: data/predictions/nicknet3/0.npz, part held_out: expected finite")
    assert len(done.stderr.splitlines()) == 1
    assert sorted(workspace.rglob("*")) == before
