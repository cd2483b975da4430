"""The stage as a whole: the right arrays, or one message and nothing left behind."""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages import artifacts
from stages.download import cifar10, digits
from stages.download.__main__ import main
from stages.download.fetch import Remote
from stages.errors import InputError
from tests.download import bad_server, fake_cifar10
from tests.download.bad_server import serving
from tests.download.fake_cifar10 import members, packed, tar

ROOT = Path(__file__).parents[2]
FILES = fake_cifar10.contents()
LAYOUT = fake_cifar10.layout(FILES)
SOUND = packed(FILES)
ARRAYS = {"train_images.npy", "train_labels.npy", "test_images.npy", "test_labels.npy"}
OUTPUTS = ARRAYS | {"class_names.json", "image_files.json"}


@pytest.fixture(autouse=True)
def _checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("no_proxy", "*")


def outputs():
    return set(os.listdir(artifacts.RAW)) if artifacts.RAW.exists() else set()


def convert(content, **environment):
    Path("given.tar.gz").write_bytes(content)
    main("cifar10", {"CIFAR10_ARCHIVE": "given.tar.gz", **environment}, layout=LAYOUT)


def expected(*names):
    """Images and labels, decoded record by record and pixel by pixel."""
    records = b"".join(FILES[name] for name in names)
    count = len(records) // 3073
    pixels = [[records[3073 * n + 1 + 1024 * c + i] for i in range(1024) for c in range(3)] for n in range(count)]
    return np.array(pixels, np.uint8).reshape(count, 32, 32, 3), [records[3073 * n] for n in range(count)]


def check_training_arrays():
    images, labels = expected(*(f"data_batch_{number}.bin" for number in range(1, 6)))
    assert np.array_equal(artifacts.read_images("train"), images)
    assert artifacts.read_labels("train").tolist() == labels
    assert outputs() == OUTPUTS


def test_a_local_archive(capsys):
    convert(SOUND)
    check_training_arrays()
    images, labels = expected("test_batch.bin")
    assert np.array_equal(artifacts.read_images("test"), images)
    assert artifacts.read_labels("test").tolist() == labels
    assert artifacts.read_class_names() == list(cifar10.CLASS_NAMES)
    assert capsys.readouterr().err == ""


def test_a_local_archive_with_fewer_test_images_says_how_many(capsys):
    convert(packed(fake_cifar10.contents(test_images=1)))
    check_training_arrays()
    assert len(artifacts.read_labels("test")) == 1
    assert capsys.readouterr().err == (
        "download: warning: the test batch of given.tar.gz holds 1 of the published 3 images; "
        "every test figure is of n = 1.\n"
    )


def test_the_archive_from_its_home():
    with serving(SOUND, bad_server.cut(20_000), bad_server.status(500)) as server:
        # Two attempts with the stage's own patience: three seconds of waiting.
        main("cifar10", {}, Remote(server.url, len(SOUND), hashlib.md5(SOUND).hexdigest()), LAYOUT)
    check_training_arrays()
    assert [path.name for path in Path(".dvc/tmp/nicknets-download").iterdir()] == ["lock"]


def test_a_partial_download_lies_in_the_checkout_not_in_the_copy_that_an_experiment_runs_in(tmp_path):
    copy = tmp_path / ".dvc/tmp/exps/copy"
    copy.mkdir(parents=True)
    os.chdir(copy)
    partial = tmp_path / ".dvc/tmp/nicknets-download/cifar-10-binary.tar.gz.part"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(SOUND[:40_000])
    environment = {"DVC_ROOT": str(tmp_path), "CIFAR10_ARCHIVE": ""}
    with serving(SOUND) as server:
        main("cifar10", environment, Remote(server.url, len(SOUND), hashlib.md5(SOUND).hexdigest()), LAYOUT)
    assert server.ranges == ["bytes=40000-"]
    check_training_arrays()
    assert not partial.exists()


def test_a_relative_archive_is_found_from_the_copy_that_an_experiment_runs_in(tmp_path):
    Path("given.tar.gz").write_bytes(SOUND)
    copy = tmp_path / ".dvc/tmp/exps/copy"
    copy.mkdir(parents=True)
    os.chdir(copy)
    main("cifar10", {"DVC_ROOT": str(tmp_path), "CIFAR10_ARCHIVE": "given.tar.gz"}, layout=LAYOUT)
    check_training_arrays()


def test_fewer_test_images_are_not_taken_from_home():
    few = packed(fake_cifar10.contents(test_images=1))
    with (
        serving(few) as server,
        pytest.raises(InputError, match=r"test_batch.bin in the archive has 3073 bytes; expected 9219\."),
    ):
        main("cifar10", {}, Remote(server.url, len(few), hashlib.md5(few).hexdigest()), LAYOUT)
    assert outputs() == set()


def test_the_message_without_internet_names_every_way_out():
    with serving(SOUND) as server:
        pass
    with pytest.raises(InputError) as caught:
        main("cifar10", {}, Remote(server.url, len(SOUND), "0" * 32), LAYOUT)
    message = str(caught.value)
    assert message.startswith(f"CIFAR-10 could not be downloaded from {server.url}: no connection (")
    for way in ("internet", "CIFAR10_ARCHIVE=/path/to/cifar-10-binary.tar.gz", "-S dataset=digits", "make demo"):
        assert way in message
    assert outputs() == set()


def corrupted():
    """Archives of which no part may arrive: truncated, changed, relabelled, with a foreign or a second member."""
    truncated = st.integers(0, len(SOUND) - 1).map(lambda length: SOUND[:length])
    names = sorted(name for name in FILES if name.startswith("data_batch"))
    changed = st.tuples(st.sampled_from(names), st.integers(0, 9218), st.integers(1, 255)).map(
        lambda change: packed(FILES | {change[0]: flipped(FILES[change[0]], *change[1:])})
    )
    relabelled = st.tuples(st.integers(0, 2), st.integers(10, 255)).map(
        lambda change: packed(
            FILES | {cifar10.TEST_FILE: set_byte(FILES[cifar10.TEST_FILE], 3073 * change[0], change[1])}
        )
    )
    foreign_names = st.sampled_from(["../x", "/x", "x", f"{cifar10.FOLDER}/x"])
    foreign = st.tuples(st.integers(0, len(members(FILES))), foreign_names).map(
        lambda where: with_member(where[0], fake_cifar10.member(where[1], b"x"))
    )
    twice = st.integers(1, len(FILES)).map(lambda number: with_member(len(FILES) + 1, members(FILES)[number]))
    return st.one_of(truncated, changed, relabelled, foreign, twice, st.binary(max_size=300))


def flipped(content, place, mask):
    return set_byte(content, place, content[place] ^ mask)


def set_byte(content, place, value):
    return content[:place] + bytes([value]) + content[place + 1 :]


def with_member(place, entry):
    entries = members(FILES)
    entries.insert(place, entry)
    return gzip.compress(tar(entries), 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(corrupted())
def test_a_corrupted_archive_leaves_nothing_behind(content):
    with pytest.raises(InputError, match=r"^CIFAR10_ARCHIVE: given.tar.gz: .*\.\nCIFAR10_ARCHIVE must name CIFAR-10's"):
        convert(content)
    assert outputs() == set()
    assert os.listdir() in (["data", "given.tar.gz"], ["given.tar.gz", "data"], ["given.tar.gz"])


def test_a_corrupted_archive_leaves_earlier_outputs():
    convert(SOUND)
    before = {name: (artifacts.RAW / name).read_bytes() for name in OUTPUTS}
    with pytest.raises(InputError):
        convert(SOUND[:-20])
    assert {name: (artifacts.RAW / name).read_bytes() for name in outputs()} == before


def test_an_archive_that_is_not_there():
    absolute = re.escape(f"{os.getcwd()}/none.tar.gz")
    with pytest.raises(InputError, match=f"there is no file {absolute}. Give an absolute path"):
        main("cifar10", {"CIFAR10_ARCHIVE": "none.tar.gz"})
    with pytest.raises(InputError, match="is a folder"):
        main("cifar10", {"CIFAR10_ARCHIVE": "."})
    with pytest.raises(InputError, match="there is no file /dev/zero"):
        main("cifar10", {"CIFAR10_ARCHIVE": "/dev/zero"})


def test_digits_need_neither_archive_nor_internet():
    main("digits", {"CIFAR10_ARCHIVE": "none.tar.gz"})
    assert outputs() == OUTPUTS
    assert artifacts.read_images("train").shape == (1437, 32, 32, 3)
    assert artifacts.read_images("test").shape == (360, 32, 32, 3)
    assert artifacts.read_class_names() == list(digits.CLASS_NAMES)


def run_stage(tmp_path, **environment):
    """`python -m stages.download` on CIFAR-10, as DVC runs it."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    clean = {name: value for name, value in os.environ.items() if name.lower() not in _AMBIENT}
    return subprocess.run(
        [sys.executable, "-m", "stages.download"],
        env=clean | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


_AMBIENT = {"cifar10_archive", "dvc_root", "http_proxy", "https_proxy", "all_proxy", "no_proxy"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (with_member(1, fake_cifar10.member("../../escaped", b"x")), "the archive holds '../../escaped'; expected"),
        (SOUND, "data_batch_1.bin in the archive has 9219 bytes; expected 30730000"),
        (b"no archive", "not a readable .tar.gz archive"),
    ],
    ids=["escaping", "small", "none"],
)
def test_the_process_ends_with_one_message(tmp_path, content, reason):
    path = tmp_path / "given.tar.gz"
    path.write_bytes(content)
    ended = run_stage(tmp_path, CIFAR10_ARCHIVE=str(path))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"download: CIFAR10_ARCHIVE: {path}: ")
    assert reason in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    assert outputs() == set()


def test_the_process_without_internet_ends_with_one_message(tmp_path):
    with serving(b"") as server:
        pass  # nobody listens there any more: a proxy that is not there stands for no internet
    ended = run_stage(tmp_path, https_proxy=server.url.rpartition("/")[0])
    assert ended.returncode == 1
    reason = f"CIFAR-10 could not be downloaded from {cifar10.HOME.url}: no connection ("
    assert ended.stderr.startswith(f"download: {reason}")
    assert ended.stderr.endswith("`dvc exp run -S dataset=digits`, or `make demo`.\n")
    assert "Traceback" not in ended.stderr
    assert outputs() == set()


@pytest.mark.slow
@pytest.mark.skipif("CIFAR10_ARCHIVE" not in os.environ, reason="needs CIFAR10_ARCHIVE, the real images")
def test_the_real_archive(tmp_path):
    ended = run_stage(tmp_path, CIFAR10_ARCHIVE=str(ROOT / os.environ["CIFAR10_ARCHIVE"]))
    assert ended.returncode == 0, ended.stderr
    assert outputs() == OUTPUTS
    images, labels = artifacts.read_images("train"), artifacts.read_labels("train")
    assert images.shape == (50_000, 32, 32, 3)
    assert np.bincount(labels).tolist() == [5000] * 10
    assert labels[:8].tolist() == [6, 9, 9, 4, 1, 1, 2, 7]  # a frog, two trucks, a deer, ...
    # The mean colour that the field normalises by: 0.4914, 0.4822, 0.4465.
    assert np.round(images.reshape(-1, 3).mean(axis=0) / 255, 4).tolist() == [0.4914, 0.4822, 0.4465]
