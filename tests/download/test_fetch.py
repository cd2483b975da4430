"""A download over real connections to a server that misbehaves."""

import hashlib
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.download import fetch
from stages.download.fetch import Patience, Remote, fetched
from stages.errors import InputError
from tests.download import bad_server
from tests.download.bad_server import serving

CONTENT = np.random.default_rng(0).bytes(300_000)
HASTY = Patience(timeout=0.3, attempts=3, pause=0.01)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


def remote(server, content=CONTENT):
    return Remote(server.url, len(content), hashlib.md5(content).hexdigest())


def kept(folder):
    """The bytes of a partial file; None if there is none."""
    (path,) = [*folder.glob("*.part")] or [None]
    return path and path.read_bytes()


def download(server, folder, content=CONTENT):
    with fetched(remote(server, content), folder, HASTY) as path:
        return path.read_bytes()


def failure(server, folder):
    with pytest.raises(InputError) as caught:
        download(server, folder)
    return str(caught.value)


def test_a_good_server_is_asked_once(tmp_path):
    with serving(CONTENT) as server:
        assert download(server, tmp_path) == CONTENT
    assert server.ranges == [None]
    assert kept(tmp_path) is None


def test_the_file_stays_when_the_body_fails(tmp_path):
    with serving(CONTENT) as server:
        with pytest.raises(KeyboardInterrupt), fetched(remote(server), tmp_path, HASTY):
            raise KeyboardInterrupt
        assert kept(tmp_path) == CONTENT
        assert download(server, tmp_path) == CONTENT
    assert server.ranges == [None]


@pytest.mark.parametrize(
    "trouble",
    [
        bad_server.cut(100_000),
        bad_server.reset(100_000),
        bad_server.stall(100_000),
    ],
    ids=["cut", "reset", "stall"],
)
def test_the_rest_is_fetched_after_an_interruption(tmp_path, trouble):
    with serving(CONTENT, trouble) as server:
        assert download(server, tmp_path) == CONTENT
    begin, resumed = server.ranges
    assert begin is None
    if resumed is not None:  # a reset may discard what was under way
        assert 0 < int(resumed.removeprefix("bytes=").removesuffix("-")) <= 100_000


@pytest.mark.parametrize(
    "trouble",
    [
        bad_server.status(500),
        bad_server.status(503),
        bad_server.status(429),
        bad_server.mute,
        bad_server.hang_up,
        bad_server.babble,
        bad_server.cut(0),
    ],
    ids=["500", "503", "429", "mute", "hangs up", "babbles", "sends nothing"],
)
def test_passing_trouble_then_recovery(tmp_path, trouble, capsys):
    with serving(CONTENT, trouble, trouble) as server:
        assert download(server, tmp_path) == CONTENT
    assert server.ranges == [None, None, None]
    told = capsys.readouterr().err
    assert told.index("trying again in 0.01 s") < told.index("trying again in 0.02 s")


def test_lasting_trouble_ends_after_the_attempts_and_keeps_what_came(tmp_path):
    half = bad_server.cut(150_000)
    with serving(CONTENT, half, *[bad_server.status(503)] * 9) as server:
        message = failure(server, tmp_path)
    assert message == (
        "the server answered 503 Service Unavailable; 0 of 0 MB are kept, the same command goes on from there"
    )
    assert kept(tmp_path) == CONTENT[:150_000]
    assert len(server.ranges) == 3


def test_attempts_that_bring_something_do_not_count(tmp_path):
    slices = [bad_server.cut(30_000)] * 9
    with serving(CONTENT, *slices) as server:
        assert download(server, tmp_path) == CONTENT
    assert server.ranges == [None, *(f"bytes={place}-" for place in range(30_000, 300_000, 30_000))]


def test_a_trickle_is_given_up(tmp_path):
    with serving(CONTENT, *[bad_server.cut(10)] * 9) as server:
        assert "the connection ended at byte 30 of 300000" in failure(server, tmp_path)
    assert len(server.ranges) == 3


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_refusal_is_final(tmp_path, code):
    with serving(CONTENT, bad_server.status(code)) as server:
        assert f"the server answered {code} " in failure(server, tmp_path)
    assert server.ranges == [None]
    assert kept(tmp_path) is None


def test_another_length_is_refused_before_it_is_fetched(tmp_path):
    page = b"<html>log in to this network</html>"
    with serving(CONTENT, bad_server.other_content(page)) as server:
        message = failure(server, tmp_path)
    assert message == "the server answered 200 with 35 bytes; expected 200 with 300000"
    assert kept(tmp_path) is None


def test_other_content_is_refused_and_deleted(tmp_path):
    other = bytes(len(CONTENT))
    with serving(other) as server:
        message = failure(server, tmp_path)
    md5 = hashlib.md5
    assert message == f"what arrived has the md5 {md5(other).hexdigest()}; expected {md5(CONTENT).hexdigest()}"
    assert kept(tmp_path) is None
    assert server.ranges == [None]


def test_more_than_the_file_is_refused(tmp_path):
    with serving(CONTENT, bad_server.endless) as server:
        assert failure(server, tmp_path) == "the server sends more than the 300000 bytes expected"


def test_an_unannounced_length_will_do(tmp_path):
    with serving(CONTENT, bad_server.unannounced) as server:
        assert download(server, tmp_path) == CONTENT


@pytest.mark.parametrize("trouble", [bad_server.ignore_range, bad_server.no_ranges, bad_server.other_range])
def test_a_server_that_cannot_resume(tmp_path, trouble):
    with serving(CONTENT, bad_server.cut(100_000), *[trouble] * 9) as server:
        assert download(server, tmp_path) == CONTENT
    assert server.ranges[:2] == [None, "bytes=100000-"]
    assert server.ranges[2:] in ([], [None])


def left_behind(server, folder, content):
    (folder / f"{server.url.rpartition('/')[2]}.part").write_bytes(content)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 300_000))
def test_whatever_an_earlier_run_left_the_result_is_right(tmp_path, garbage, length):
    with serving(CONTENT) as server:
        left_behind(server, tmp_path, CONTENT[:length] + garbage)
        assert download(server, tmp_path) == CONTENT
    assert kept(tmp_path) is None


def test_an_earlier_run_left_another_file_of_the_same_length(tmp_path, capsys):
    with serving(CONTENT) as server:
        left_behind(server, tmp_path, bytes(len(CONTENT)))
        assert download(server, tmp_path) == CONTENT
    assert server.ranges == [None]
    assert "starting again" in capsys.readouterr().err


def test_redirects_are_followed(tmp_path):
    with serving(CONTENT) as server, serving(b"", lambda handler: handler.head(302, Location=server.url)) as first:
        assert download(first, tmp_path) == CONTENT


@pytest.mark.parametrize("target", ["http://[", "file:///etc/passwd", "http://\xff/", "/cifar-10-binary.tar.gz"])
def test_redirects_to_nowhere_end(tmp_path, target):
    with serving(CONTENT, *[lambda handler: handler.head(302, Location=target)] * 99) as server:
        assert failure(server, tmp_path)
    assert kept(tmp_path) is None


def no_address(*arguments, **options):
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def no_route(*arguments, **options):
    raise OSError(101, "Network is unreachable")


def dropped(*arguments, **options):
    raise TimeoutError("timed out")


@pytest.mark.parametrize(
    ("name", "replacement", "reason"),
    [
        ("getaddrinfo", no_address, "Temporary failure in name resolution"),
        ("create_connection", no_route, "Network is unreachable"),
        ("create_connection", dropped, "timed out"),
        (None, None, "Connection refused"),
    ],
)
def test_without_internet_there_is_no_second_attempt(tmp_path, monkeypatch, name, replacement, reason):
    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: pytest.fail("waits for a server that is not there"))
    with serving(CONTENT) as server:
        pass  # its port is closed again
    if name:
        monkeypatch.setattr(socket, name, replacement)
    message = failure(server, tmp_path)
    assert message.startswith("no connection (")
    assert reason in message
    assert kept(tmp_path) is None


def test_a_connection_lost_on_the_way_is_waited_for(tmp_path, monkeypatch):
    connect, calls = socket.create_connection, []

    def flaky(*arguments, **options):
        calls.append(arguments)
        return no_route() if len(calls) == 2 else connect(*arguments, **options)

    monkeypatch.setattr(socket, "create_connection", flaky)
    with serving(CONTENT, bad_server.cut(100_000)) as server:
        assert download(server, tmp_path) == CONTENT
    assert len(calls) == 3


def test_two_runs_at_once_take_turns(tmp_path, capsys):
    results = []
    with serving(CONTENT, bad_server.stall(10_000), bad_server.cut(10_000)) as server:
        runs = [threading.Thread(target=lambda: results.append(download(server, tmp_path))) for _ in range(2)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
    assert results == [CONTENT, CONTENT]
    assert "waiting for another run" in capsys.readouterr().err
    assert server.ranges == [None, "bytes=10000-", "bytes=20000-", None]


def test_a_killed_download_goes_on_where_it_was(tmp_path):
    with serving(CONTENT, bad_server.stall(200_000)) as server:
        code = f"""
from pathlib import Path
from stages.download.fetch import Remote, fetched
with fetched({remote(server)!r}, Path({str(tmp_path)!r})):
    pass
"""
        process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        try:
            while not (kept(tmp_path) or b""):
                assert process.poll() is None
        finally:
            process.kill()
            process.wait()
        came = len(kept(tmp_path))
        assert download(server, tmp_path) == CONTENT
    assert server.ranges == [None, f"bytes={came}-"]
