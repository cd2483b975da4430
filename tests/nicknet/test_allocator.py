"""The allocator's setting, in processes of their own: it holds for a whole process."""

import subprocess
import sys

import pytest

from stages.nicknet import allocator


def test_elsewhere_than_on_linux_nothing_happens(monkeypatch):
    monkeypatch.setattr(allocator.sys, "platform", "darwin")
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: pytest.fail("touched the C library"))
    assert allocator.keep_large_buffers() is False


def test_a_c_library_without_the_setting_is_no_error(monkeypatch):
    monkeypatch.setattr(allocator.sys, "platform", "linux")
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: object())
    assert allocator.keep_large_buffers() is False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_freed_memory_stays_with_the_process():
    script = """
import ctypes, resource
from stages.nicknet.allocator import keep_large_buffers
if not keep_large_buffers(): raise SystemExit("no glibc")
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
def faults():
    block = libc.malloc(64 << 20)
    ctypes.memset(ctypes.c_void_p(block), 1, 64 << 20)
    libc.free(block)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
first, second = faults(), faults()
assert second - first < 100, (first, second)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    if "no glibc" in done.stderr:
        pytest.skip("no glibc here")
    assert done.returncode == 0, done.stderr
