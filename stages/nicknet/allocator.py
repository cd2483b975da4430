"""Memory allocator setting that spares TensorFlow the page faults of large buffers."""

import ctypes
import sys

# Parameters of mallopt(3), from glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_LARGEST_INT = 2**31 - 1


def keep_large_buffers():
    """Let the process keep freed memory for its next allocation. Call before importing TensorFlow.

    By default glibc returns large buffers to the system when they are freed, and a training step
    that allocates the same buffers again and again pays page faults for all of them. This
    turns that off for the whole process: memory that was used once stays with the process.

    Returns:
        True if the setting took effect; False, without an error, where there is no glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, _LARGEST_INT))
