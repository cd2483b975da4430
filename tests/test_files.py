"""Files are whole or absent, and refused by name where they are not what was written."""

import io
import json
import os
import resource
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest

from stages import files, image_files
from stages.errors import InputError, reported

WRITERS = {
    "array": lambda path: files.write_array(path, np.zeros(100_000)),
    "arrays": lambda path: files.write_arrays(path, {"x": np.random.default_rng(0).random(100_000)}),
    "text": lambda path: files.write_text(path, "x" * 100_000),
    "json": lambda path: files.write_json(path, ["x"] * 100_000),
    "csv": lambda path: files.write_csv(path, [{"x": 0.1}] * 100_000, ["x"]),
}


@contextmanager
def files_limited_to(size):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_disk_that_fills_up_is_named_and_leaves_the_earlier_file(tmp_path, capsys, kind):
    path = tmp_path / "file"
    path.write_text("earlier")
    with pytest.raises(SystemExit), files_limited_to(10_000), reported("x"):
        WRITERS[kind](path)
    assert capsys.readouterr().err == f"x: {path}: File too large. Raise the limit on file sizes (ulimit -f).\n"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "earlier"


@pytest.mark.parametrize("kind", WRITERS)
def test_equal_contents_give_equal_bytes(tmp_path, kind):
    for name in ("new/a", "b"):
        WRITERS[kind](tmp_path / name)
    assert (tmp_path / "new/a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_earlier_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "table.csv"
    files.write_text(path, "earlier")
    with pytest.raises(error), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise error
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "earlier"


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "a.npz"
    with files.replacing(path) as first, files.replacing(path) as second:
        assert first != second
        assert {first.suffix, second.suffix} == {".npz"}
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_stays(tmp_path):
    for name in (".tmp-x.a.json", ".tmp-z.b.json", ".a.json"):
        (tmp_path / name).write_text("half")
    with files.replacing(tmp_path / "a.json") as living:
        files.write_json(tmp_path / "a.json", 1)
        assert {path.name for path in tmp_path.iterdir()} == {"a.json", living.name, ".tmp-z.b.json", ".a.json"}


def test_a_file_has_the_rights_that_the_user_wants_for_new_ones(tmp_path):
    mask = os.umask(0o027)
    try:
        files.write_text(tmp_path / "a", "x")
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(mask)


def test_numbers_in_tables_read_back_exactly(tmp_path):
    files.write_csv(tmp_path / "t.csv", [{"x": 0.1 + 0.2, "n": 3}], ["n", "x"])
    assert (tmp_path / "t.csv").read_bytes() == b"n,x\n3,0.30000000000000004\n"


def test_json_keeps_the_order_and_refuses_what_json_cannot_say(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "m.json", {"loss": float("nan")})
    assert list(tmp_path.iterdir()) == []
    files.write_json(tmp_path / "m.json", {"b": 1, "a": 2})
    assert list(json.loads((tmp_path / "m.json").read_text())) == ["b", "a"]
    assert files.read_json(tmp_path / "m.json", "x") == {"b": 1, "a": 2}


class Loud:
    """Prints when it is unpickled."""

    def __reduce__(self):
        return print, ("unpickled",)


def packed(save, array):
    file = io.BytesIO()
    save(file, array)
    return file.getvalue()


def declared(shape):
    """A .npz with an array of which there is only the header."""
    header, content = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    return content.getvalue()


PICKLED = np.array([Loud()], dtype=object)
READERS = {
    "array": lambda path: files.read_array(path, "uint8", 1),
    "arrays": lambda path: files.read_arrays(path, "stage"),
    "json": lambda path: files.read_json(path, "stage"),
}


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("array", None, "is missing. Run `dvc repro` to make it"),
        ("array", b"", "is not a NumPy array file"),
        ("array", packed(np.save, PICKLED), "is not a NumPy array file (Array can't be memory-mapped"),
        ("array", packed(np.save, np.zeros(3, "int64")), "expected uint8 with 1 axes, got int64 (3,)"),
        ("array", packed(np.save, np.zeros((3, 1), "uint8")), "expected uint8 with 1 axes, got uint8 (3, 1)"),
        ("arrays", None, "is missing. Run `dvc repro stage` to make it"),
        ("arrays", b"no archive", "cannot be read"),
        ("arrays", packed(np.savez, np.zeros(3))[:-30], "cannot be read (File is not a zip file)"),
        ("arrays", packed(np.savez, PICKLED), "cannot be read (Object arrays cannot be loaded"),
        ("arrays", declared((10**13,)), "cannot be read"),
        ("arrays", declared((2**62, 2**62)), "cannot be read"),
        ("arrays", declared((-1,)), "cannot be read"),
        ("json", None, "is missing. Run `dvc repro stage` to make it"),
        ("json", b"[1,", "is not JSON"),
        ("json", b"\xff", "is not JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_with_the_way_to_make_it(tmp_path, capsys, kind, content, message):
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        READERS[kind](path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)
    assert content is None or str(caught.value).endswith("Delete it and run `dvc repro` to make it again.")
    assert capsys.readouterr().out == ""  # nothing was unpickled


@pytest.mark.parametrize("content", [3, {"train": []}, {"test": None}])
def test_other_content_in_place_of_the_images_files_is_refused(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    files.write_json(image_files.PATH, content)
    with pytest.raises(InputError, match=r"image_files.json does not name the files of the images"):
        image_files.read("test")
