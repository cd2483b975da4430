import pytest

from stages import history
from stages.errors import InputError
from stages.run import Run

RUN = Run("nicknet1", 0)
ROWS = [
    {"epoch": 1, "part": "training", "accuracy": 0.1 + 0.2, "loss": 2.25, "precision": 0.5},
    {"epoch": 1, "part": "held-out", "accuracy": 0.25, "loss": 1e-20, "precision": 1.0},
]


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_rows_come_back_as_written():
    history.write(RUN, ROWS)
    assert history.path(RUN).read_text().splitlines()[0] == "epoch,part,accuracy,loss,precision"
    assert history.read(RUN) == ROWS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "0.csv is missing. Run `dvc repro train@nicknet1-0` to make it"),
        ("epoch,part,accuracy\n1,test,0.5\n", "is no history with the columns epoch, part, accuracy, loss, precision"),
        ("epoch,part,accuracy,loss,precision\n1,test,0.5\n", "is no history"),
        ("epoch,part,accuracy,loss,precision\n1,test,0.5,x,1\n", "is no history"),
    ],
)
def test_what_is_no_history_is_refused(content, message):
    if content is not None:
        history.path(RUN).parent.mkdir(parents=True)
        history.path(RUN).write_text(content)
    with pytest.raises(InputError) as caught:
        history.read(RUN)
    assert message in str(caught.value)
