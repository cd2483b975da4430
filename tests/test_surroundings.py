"""What the reader's machine is set to, its home folder and its environment make no difference to any output."""

import pytest

from scripts.reproduce import contents, differing
from stages.nicknet.runtime import ignored
from tests.checkouts import executed, run

ODD = {
    "COLUMNS": "20",
    "LANG": "C",
    "LC_ALL": "C",
    "MPLBACKEND": "svg",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONHASHSEED": "7",
    "PYTHONUTF8": "0",
    "SOURCE_DATE_EPOCH": "1",
    "TF_CPP_MIN_LOG_LEVEL": "0",
    "TF_NUM_INTEROP_THREADS": "1",
    "TZ": "Pacific/Kiritimati",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
} | dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "3")
MATPLOTLIBRC = (
    "font.family: DejaVu Serif\nfont.size: 20\nsavefig.dpi: 40\nsavefig.facecolor: yellow\npath.simplify: False\n"
)


@pytest.mark.slow
def test_the_readers_surroundings_change_no_byte(pipeline, tmp_path):
    folder, home = tmp_path / "nicknets", tmp_path / "home"
    run("git", "clone", "--quiet", str(pipeline.folder), str(folder), folder=".")
    (folder / "dvc.lock").unlink()
    (home / ".keras").mkdir(parents=True)
    (home / ".keras/keras.json").write_text(
        '{"floatx": "float64", "epsilon": 0.1, "image_data_format": "channels_first"}'
    )
    (home / "matplotlibrc").write_text(MATPLOTLIBRC)
    places = {"HOME": str(home), "MPLCONFIGDIR": str(home), "CIFAR10_ARCHIVE": str(home / "nothing.tar.gz")}
    printed = run("sh", "-c", "umask 077; dvc repro", folder=folder, **ODD, **places)
    assert "train@nicknet2-0" in executed(printed)
    for name in filter(ignored, ODD):
        assert f"{name} is ignored, since it may change the results." in printed
    assert differing(contents(pipeline.folder), contents(folder)) == []
