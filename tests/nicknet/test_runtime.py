import os
import subprocess
import sys
from pathlib import Path

import pytest

from stages.nicknet import runtime


def python(*arguments, paths=(), **options):
    """Run Python, with these paths before the repository, in an environment that sets nothing for TensorFlow."""
    unset = (runtime.THREADS, "TF_CPP_MIN_LOG_LEVEL")
    environment = {key: value for key, value in os.environ.items() if key not in unset}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, [*paths, Path.cwd()]))
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, **options)


def test_tensorflow_starts_without_a_word_and_variables_that_would_change_the_results_are_ignored_by_name(tmp_path):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras/keras.json").write_text('{"floatx": "float64", "image_data_format": "channels_first"}')
    names = ("DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA", "TF_DETERMINISTIC_OPS", "TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS")
    changed = dict.fromkeys(names, "0") | {"HOME": str(tmp_path), "KERAS_BACKEND": "jax"}
    code = (
        "from stages.nicknet import batches, runtime; import gc, keras, os, sys\n"
        "print(keras.config.floatx(), keras.config.image_data_format(), [*filter(runtime.ignored, os.environ)])\n"
        "print(float(keras.ops.sum(keras.ops.ones(3))), {'sklearn', 'matplotlib'} & {*sys.modules})\n"
        "print(gc.isenabled(), gc.get_freeze_count() > 100_000)\n"
        "import matplotlib, sklearn"
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changed.items():
            patch.setenv(name, value)
        done = python("-c", code)
    assert done.stdout == "float32 channels_last []\n3.0 set()\nTrue True\n"
    assert done.stderr.splitlines() == [f"{name} is ignored, since it may change the results." for name in names]


def test_a_failing_import_shows_what_was_held_back(tmp_path):
    (tmp_path / "tensorflow.py").write_text("import os\nos.write(2, b'the reason')\nraise ImportError('x')")
    done = python("-c", "import stages.nicknet", paths=[tmp_path])
    assert "the reason" in done.stderr
    assert "ImportError: x" in done.stderr


def test_a_stage_reports_what_goes_wrong_while_tensorflow_is_imported(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise MemoryError('x')")
    done = python("-m", "stages.evaluate", "nicknet1", "0", paths=[tmp_path], cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "evaluate nicknet1 0: out of memory (x). Free some, or make the run smaller.\n"


def test_bad_input_is_all_that_a_stage_speaks_of(tmp_path):
    done = python("-m", "stages.train", "nicknet9", "0", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("train nicknet9 0: data/networks/nicknet9.yaml is missing.")
    assert len(done.stderr.splitlines()) == 1


_RESULT = """
import ast, hashlib, os, sys, numpy as np
from stages.settings import NetworkSettings
from stages.train import training
rng = np.random.default_rng(0)
images, labels = rng.integers(0, 256, (96, 16, 16, 3), "uint8"), rng.integers(0, 3, 96).astype("uint8")
for cores in ast.literal_eval(sys.argv[1]):
    if child := os.fork():  # before TensorFlow has looked at the cores
        os.waitpid(child, 0)
    else:
        os.sched_setaffinity(0, cores)
        break
else:
    os._exit(0)
for kernel_size, parts in ((3, 2), (7, 2), (7, 4)):
    settings = NetworkSettings(
        optimizer="adam", learning_rate=0.001, kernel_size=kernel_size, filters=[12, 16], pool_after=[1],
        dense_units=[64], epochs=1, batch_size=32, parts=parts,
    )
    model = training.untrained(settings, (16, 16, 3), 3, 0, 64)
    options = {"settings": settings, "seed": 0, "progress": lambda images: None}
    list(training.epochs(model, images, labels, np.arange(64), np.arange(64, 96), [1], **options))
    print(hashlib.sha256(training.weights(model)).hexdigest(), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot restrict a process to a core")
def test_one_core_gives_the_bytes_of_all_cores():
    everywhere, one = os.sched_getaffinity(0), {min(os.sched_getaffinity(0))}
    printed = python("-c", _RESULT, str([everywhere, one]), check=True).stdout.split()
    assert len(printed) == 6
    assert printed[:3] == printed[3:]
    assert len(set(printed)) == 3
