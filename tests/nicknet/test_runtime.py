import os
import subprocess
import sys

QUIET = (
    "from stages.nicknet import runtime; runtime.prepare(); "
    "import keras; print(float(keras.ops.sum(keras.ops.ones(3))))"
)


def test_tensorflow_starts_without_a_word():
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("3.0\n", "")


def test_a_failing_import_shows_what_was_held_back():
    code = (
        "import os\nfrom stages.nicknet import runtime\n"
        "with runtime._standard_error_held_back():\n os.write(2, b'the reason')\n raise ImportError('x')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "the reason" in done.stderr
    assert "ImportError: x" in done.stderr
