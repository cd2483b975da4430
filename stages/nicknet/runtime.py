"""The process in which TensorFlow runs."""

import os

from stages.nicknet.allocator import keep_large_buffers


def prepare():
    """Set up this process for TensorFlow. Call before it is imported.

    Large buffers are kept (see allocator), and TensorFlow's start-up messages are left out unless
    TF_CPP_MIN_LOG_LEVEL asks for them; errors reach Python as exceptions all the same.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keep_large_buffers()
