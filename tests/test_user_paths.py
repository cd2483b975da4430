from pathlib import Path

import pytest

from stages.user_paths import located


@pytest.mark.parametrize(
    ("path", "environment", "expected"),
    [
        ("votes.npy", {"DVC_ROOT": "/checkout"}, "/checkout/votes.npy"),
        ("../votes.npy", {"DVC_ROOT": "/checkout"}, "/checkout/../votes.npy"),
        ("/votes.npy", {"DVC_ROOT": "/checkout"}, "/votes.npy"),
        ("~/votes.npy", {"DVC_ROOT": "/checkout"}, "/home/me/votes.npy"),
        ("~nobody-at-all/x", {"DVC_ROOT": "/checkout"}, "/checkout/~nobody-at-all/x"),
        ("votes.npy", {}, "votes.npy"),
    ],
)
def test_located(monkeypatch, path, environment, expected):
    monkeypatch.setenv("HOME", "/home/me")
    assert located(path, environment) == Path(expected)
