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
from stages.download.fetch import Pace, Patience, Remote, TooSlow, fetched
from stages.errors import InputError
from tests.download import bad_server
from tests.download.bad_server import serving

CONTENT = np.random.default_rng(0).bytes(300_000)
HASTY = Patience(timeout=0.3, attempts=3, pause=0.01)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "downloads"


def remote(server):
    return Remote(server.url, len(CONTENT), hashlib.md5(CONTENT).hexdigest())


def kept(folder):
    """The bytes of a partial file; None where not even the folder is there."""
    return next(folder.iterdir()).read_bytes() if folder.exists() else None


def download(server, folder):
    with fetched(remote(server), folder, HASTY) as file:
        return file.read()


def failure(server, folder):
    with pytest.raises(InputError) as caught:
        download(server, folder)
    return str(caught.value)


def test_a_good_server_is_asked_once_and_nothing_is_left(folder):
    with serving(CONTENT) as server:
        assert download(server, folder) == CONTENT
    assert server.ranges == [None]
    assert kept(folder) is None


def test_the_file_stays_when_the_body_fails(folder):
    with serving(CONTENT) as server:
        with pytest.raises(KeyboardInterrupt), fetched(remote(server), folder, HASTY):
            raise KeyboardInterrupt
        assert kept(folder) == CONTENT
        assert download(server, folder) == CONTENT
    assert server.ranges == [None]


CUT = bad_server.cut(100_000)


@pytest.mark.parametrize(
    ("troubles", "ranges"),
    [
        ([CUT], [None, "bytes=100000-"]),
        ([bad_server.stall(100_000)], [None, "bytes=100000-"]),
        ([bad_server.cut(30_000)] * 9, [None, *(f"bytes={place}-" for place in range(30_000, 300_000, 30_000))]),
        *(([trouble] * 2, [None] * 3) for trouble in (bad_server.mute, bad_server.cut(0))),
        *(([bad_server.status(code)] * 2, [None] * 3) for code in (500, 503, 429)),
        ([CUT, bad_server.ignore_range], [None, "bytes=100000-"]),
        ([CUT, bad_server.status(416)], [None, "bytes=100000-", None]),
        ([CUT, bad_server.other_range], [None, "bytes=100000-", None]),
    ],
)
def test_what_came_is_kept_and_the_rest_fetched(folder, troubles, ranges):
    with serving(CONTENT, *troubles) as server:
        assert download(server, folder) == CONTENT
    assert server.ranges == ranges


OTHER = bytes(len(CONTENT))
PAGE = b"<html>log in to this network</html>"


@pytest.mark.parametrize(
    ("troubles", "requests", "rest", "message"),
    [
        ([bad_server.cut(150_000), *[bad_server.status(503)] * 9], 3, CONTENT[:150_000], "the server answered 503 Se"),
        ([bad_server.cut(10)] * 9, 3, CONTENT[:30], "the connection ended at byte 30 of 300000; 0 of 0 MB are kept, "),
        ([bad_server.status(403)], 1, None, "the server answered 403 Forbidden"),
        ([bad_server.other_content(PAGE)], 1, None, "the server answered 200 with 35 bytes; expected 200 with 300000"),
        ([bad_server.other_content(OTHER)] * 2, 2, None, "what arrived has the md5 "),
        ([bad_server.endless], 1, None, "the server sends more than the 300000 bytes expected"),
        ([bad_server.status(302, Location="file:///etc/passwd")], 1, None, "the server answered 302 Found"),
        ([bad_server.status(302, Location="http://[")] * 9, 3, None, "the connection broke (Invalid IPv6 URL)"),
    ],
)
def test_lasting_trouble_ends_with_its_reason_and_keeps_what_came(folder, troubles, requests, rest, message):
    with serving(CONTENT, *troubles) as server:
        assert failure(server, folder).startswith(message)
    assert len(server.ranges) == requests
    assert kept(folder) == rest


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(st.builds(lambda length, end: CONTENT[:length] + end, st.integers(0, 300_000), st.binary()) | st.just(OTHER))
def test_whatever_an_earlier_run_left_the_result_is_right(folder, content):
    folder.mkdir(exist_ok=True)
    (folder / "cifar-10-binary.tar.gz.part").write_bytes(content)
    with serving(CONTENT) as server:
        assert download(server, folder) == CONTENT
    assert kept(folder) is None


def at_pace(server, folder, rate):
    with fetched(remote(server), folder, HASTY, Pace(rate, seconds=0.2)) as file:
        return file.read()


@pytest.mark.parametrize("troubles", [[CUT, bad_server.slow], [bad_server.mute] * 3])
def test_a_server_that_is_too_slow_at_first_is_given_up_and_what_came_is_kept(folder, troubles):
    with serving(CONTENT, *troubles) as server:
        with pytest.raises(TooSlow, match=r"^\d+ kB/s over the first 0 seconds"):
            at_pace(server, folder, rate=2_000_000)
        assert download(server, folder) == CONTENT
    assert (server.ranges[-1] is not None) == (CUT in troubles)


def test_a_server_that_is_slow_later_is_not(folder):
    with serving(CONTENT, bad_server.cut(200_000), bad_server.slow) as server:  # half a second at 200 kB/s
        assert at_pace(server, folder, rate=700_000) == CONTENT


def test_redirects_are_followed(folder):
    with serving(CONTENT) as server, serving(b"", bad_server.status(302, Location=server.url)) as first:
        assert download(first, folder) == CONTENT


def no_address(*arguments, **options):
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def no_route(*arguments, **options):
    raise OSError(101, "Network is unreachable")


@pytest.mark.parametrize(
    ("replaced", "replacement", "reason"),
    [
        ("getaddrinfo", no_address, "Temporary failure in name resolution"),
        ("create_connection", no_route, "Network is unreachable"),
        (None, None, "Connection refused"),
    ],
)
def test_without_internet_there_is_no_second_attempt(folder, monkeypatch, replaced, replacement, reason):
    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: pytest.fail("waits for a server that is not there"))
    with serving(CONTENT) as server:
        pass  # its port is closed again
    if replaced:
        monkeypatch.setattr(socket, replaced, replacement)
    message = failure(server, folder)
    assert message.startswith("no connection (")
    assert reason in message
    assert kept(folder) is None


def test_a_connection_lost_on_the_way_is_waited_for(folder, monkeypatch):
    connect, calls = socket.create_connection, []

    def flaky(*arguments, **options):
        calls.append(arguments)
        return no_route() if len(calls) == 2 else connect(*arguments, **options)

    monkeypatch.setattr(socket, "create_connection", flaky)
    with serving(CONTENT, CUT) as server:
        assert download(server, folder) == CONTENT
    assert len(calls) == 3


def test_of_two_runs_at_once_the_second_waits_for_the_file_of_the_first(folder, capsys):
    results = []
    with serving(CONTENT, bad_server.stall(10_000), bad_server.cut(10_000)) as server:
        runs = [threading.Thread(target=lambda: results.append(download(server, folder))) for _ in range(2)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
    assert results == [CONTENT, CONTENT]
    assert "waiting for another run" in capsys.readouterr().err
    assert server.ranges == [None, "bytes=10000-", "bytes=20000-"]
    assert kept(folder) is None


def test_a_killed_download_continues_where_it_was(folder):
    with serving(CONTENT, bad_server.stall(200_000)) as server:
        code = f"""
from pathlib import Path
from stages.download.fetch import Remote, fetched
with fetched({remote(server)!r}, Path({str(folder)!r})):
    pass
"""
        process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        try:
            while not folder.exists() or not any(path.stat().st_size for path in folder.iterdir()):
                assert process.poll() is None
        finally:
            process.kill()
            process.wait()
        size = len(kept(folder))
        assert download(server, folder) == CONTENT
    assert server.ranges == [None, f"bytes={size}-"]
