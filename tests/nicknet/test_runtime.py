import os
import subprocess
import sys

import pytest

from stages.nicknet import runtime


def python(code, **options):
    """Run code in a process whose environment sets nothing for TensorFlow."""
    unset = (runtime.THREADS, "TF_CPP_MIN_LOG_LEVEL")
    environment = {key: value for key, value in os.environ.items() if key not in unset}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, **options)


def test_tensorflow_starts_without_a_word():
    done = python("from stages.nicknet import batches; import keras; print(float(keras.ops.sum(keras.ops.ones(3))))")
    assert (done.stdout, done.stderr) == ("3.0\n", "")


def test_a_failing_import_shows_what_was_held_back(tmp_path):
    (tmp_path / "tensorflow.py").write_text("import os\nos.write(2, b'the reason')\nraise ImportError('x')")
    done = python(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import stages.nicknet")
    assert "the reason" in done.stderr
    assert "ImportError: x" in done.stderr


_RESULT = """
from stages.nicknet import runtime
import hashlib, numpy as np
from stages.settings import NetworkSettings
from stages.train import training
rng = np.random.default_rng(0)
images, labels = rng.integers(0, 256, (96, 16, 16, 3), "uint8"), rng.integers(0, 3, 96).astype("uint8")
for kernel_size in (3, 7):
    settings = NetworkSettings(
        optimizer="adam", learning_rate=0.001, kernel_size=kernel_size, filters=[12, 16], pool_after=[1],
        dense_units=[64], epochs=1, batch_size=32,
    )
    model = training.untrained(settings, (16, 16, 3), 3, 0)
    options = {"batch_size": 32, "seed": 0, "progress": lambda images: None}
    list(training.epochs(model, images, labels, np.arange(64), np.arange(64, 96), [1], **options))
    print(hashlib.sha256(training.weights(model)).hexdigest())
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot restrict a process to a core")
def test_one_core_gives_the_bytes_of_all_cores():
    everywhere, one = os.sched_getaffinity(0), {min(os.sched_getaffinity(0))}
    printed = [
        python(_RESULT, check=True, preexec_fn=lambda cores=cores: os.sched_setaffinity(0, cores)).stdout
        for cores in (everywhere, one)
    ]
    assert printed[0] == printed[1]
    assert len(printed[0].split()) == 2
