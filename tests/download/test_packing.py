"""Whatever archive the images come in, the records are the same; nothing in an archive is run."""

import io
import pickle

import numpy as np
import pytest
from PIL import Image

from stages.download import packing, pickled
from stages.errors import InputError
from tests.download import fake_cifar10
from tests.download.fake_cifar10 import BATCH_FILES, npm_package, packed, python_version

FILES = fake_cifar10.contents()
LAYOUT = fake_cifar10.layout(FILES)
FIRST = FILES[BATCH_FILES[0]]


def read(files):
    return {name: bytes(records.data) for name, records in packing.records(io.BytesIO(packed(files)), LAYOUT)}


@pytest.mark.parametrize("version", [dict, python_version, npm_package])
def test_the_records_are_those_of_the_binary_version(version):
    assert read(version(FILES)) == {fake_cifar10.batch(name): FILES[name] for name in BATCH_FILES}


@pytest.mark.parametrize("by_column", [False, True])
def test_a_pickle_is_read_as_python_reads_it(by_column):
    content = fake_cifar10.pickled(FIRST, by_column)
    loaded = pickle.loads(content, encoding="bytes")
    assert loaded[b"data"].flags.f_contiguous == by_column
    records = pickled.records("x", content, 3)
    assert bytes(records.data) == FIRST
    assert records[:, 0].tolist() == loaded[b"labels"]
    np.testing.assert_array_equal(records[:, 1:], loaded[b"data"])


def test_a_pickle_that_would_run_a_program_runs_none(tmp_path):
    class Program:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    program = pickle.dumps(Program(), protocol=2)[:-1]
    sound = fake_cifar10.pickled(FIRST)
    pickle.loads(program + b".").close()
    assert (tmp_path / "ran").exists()  # so much for loading it
    (tmp_path / "ran").unlink()
    assert pickled.records("x", program + b"0" + sound[2:], 3).tobytes() == FIRST
    with pytest.raises(InputError, match=r"^x has 0 labels and \d+ pixel bytes; expected 3 and 9216$"):
        pickled.records("x", program + b".", 3)
    assert not list(tmp_path.iterdir())


def picture(mode, *size):
    file = io.BytesIO()
    Image.new(mode, size).save(file, "PNG")
    return file.getvalue()


PYTHON = "cifar-10-batches-py/data_batch_2"
PNG = "package/data_batch_2.png"
LABELS = "package/train_lables.json"


@pytest.mark.parametrize(
    ("version", "name", "content", "message"),
    [
        (python_version, PYTHON, b"x" * 10_000, "data_batch_2 is not a batch of the Python version ("),
        (python_version, PYTHON, fake_cifar10.pickled(FIRST)[:-1], "data_batch_2 is not a batch of the Python version"),
        (python_version, PYTHON, b"x", f"{PYTHON} in the archive has 1 bytes; expected 9219 to "),
        (npm_package, PNG, b"x", "data_batch_2 is not a readable PNG picture ("),
        (npm_package, PNG, fake_cifar10.drawn(FIRST)[:5000], "data_batch_2 is not a readable PNG picture ("),
        (npm_package, PNG, picture("L", 1024, 3), "data_batch_2 is a picture of ('L', 1024, 3); expected ('RGB', 1024"),
        (npm_package, PNG, picture("RGB", 1024, 4), "data_batch_2 is a picture of ('RGB', 1024, 4); expected "),
        (npm_package, LABELS, b"[" * 31, f"{LABELS}: expected a JSON list of 15 labels ("),
        (npm_package, LABELS, b"[256," + b"1," * 12 + b"1]", f"{LABELS}: expected a JSON list of 15 labels ("),
        (npm_package, LABELS, b"[]", f"{LABELS} in the archive has 2 bytes; expected 31"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(version, name, content, message):
    with pytest.raises(InputError) as caught:
        read(version(FILES) | {name: content})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("version", [python_version, npm_package])
def test_missing_files_are_named(version):
    files = version(FILES)
    name = list(files)[1]
    with pytest.raises(InputError, match=f"the archive does not hold {name}"):
        read({path: content for path, content in files.items() if path != name})


@pytest.mark.parametrize(("files", "folder"), [({"x/y": b""}, "x"), ({}, "")])
def test_an_archive_of_something_else(files, folder):
    with pytest.raises(InputError, match=f"the archive begins with '{folder}'; expected one of the folders cifar-10-"):
        read(files)
