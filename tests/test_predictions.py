import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from stages import predictions
from stages.dataset import PARTS
from stages.errors import InputError
from stages.predictions import Predictions
from stages.run import Run

RUN = Run("nicknet1", 0)
ARRAYS = {
    "ids": np.array([2, 5, 9]),
    "labels": np.array([1, 0, 1], "uint8"),
    "probabilities": np.array([[0.25, 0.75], [0.5, 0.5], [1, 0]], "float32"),
}
PROPERTY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(**changes):
    parts = dict.fromkeys(PARTS, Predictions(**ARRAYS)) | {"held-out": Predictions(**ARRAYS | changes)}
    predictions.write(RUN, parts)


def test_predictions_come_back_as_written():
    write()
    parts = predictions.read(RUN)
    assert list(parts) == ["training", "held-out", "test"]
    for field, array in ARRAYS.items():
        np.testing.assert_array_equal(getattr(parts["test"], field), array)
        assert getattr(parts["test"], field).dtype == array.dtype


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ids": np.array([2, 9, 5])}, "ascending ids"),
        ({"ids": np.array([2, 2, 5])}, "ascending ids"),
        ({"ids": np.array([2, 5])}, "got 2 ids, 3 labels, 3 rows"),
        ({"ids": np.array([2, 5, 9], "int32")}, "expected ids int64"),
        ({"labels": np.array([1, 0, 2], "uint8")}, "expected labels below 2, got 2"),
        ({"probabilities": np.array([[0.25, 0.7], [0.5, 0.5], [1, 0]], "float32")}, "sum to 1"),
        ({"probabilities": np.array([[-0.5, 1.5], [0.5, 0.5], [1, 0]], "float32")}, "sum to 1"),
        ({"probabilities": np.array([[np.nan, 0.7], [0.5, 0.5], [1, 0]], "float32")}, "NaN"),
        ({"probabilities": np.ones((3, 1, 1), "float32")}, "probabilities float32 (n, classes)"),
        ({field: array[:0] for field, array in ARRAYS.items()}, "expected at least one image, got none"),
    ],
)
def test_predictions_that_no_run_can_have_written_are_refused(changes, message):
    write(**changes)
    with pytest.raises(InputError, match=r"data/predictions/nicknet1/0.npz, part held-out: ") as caught:
        predictions.read(RUN)
    assert message in str(caught.value)


def test_missing_predictions_and_arrays_say_how_to_make_them():
    with pytest.raises(InputError, match="dvc repro evaluate@nicknet1-0"):
        predictions.read(RUN)
    predictions.path(RUN).parent.mkdir(parents=True)
    np.savez(predictions.path(RUN), x=np.zeros(3))
    with pytest.raises(InputError, match=r"has no array 'training ids'. Delete it"):
        predictions.read(RUN)


@PROPERTY
@given(st.data())
def test_predictions_with_changed_bytes_are_refused_or_unharmed(data):
    write()
    content = bytearray(predictions.path(RUN).read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=3)):
        content[place] ^= data.draw(st.integers(1, 255))
    predictions.path(RUN).write_bytes(content)
    try:
        parts = predictions.read(RUN)
    except InputError as error:
        assert "data/predictions/nicknet1/0.npz" in str(error)
        assert "Delete it and run `dvc repro`" in str(error)
    else:
        for part in PARTS:
            for field, array in ARRAYS.items():
                np.testing.assert_array_equal(getattr(parts[part], field), array)


def keeps_its_promises(part):
    """What the docstring of Predictions says."""
    return (
        (part.ids.dtype, part.labels.dtype, part.probabilities.dtype) == (np.int64, np.uint8, np.float32)
        and (part.ids.ndim, part.labels.ndim, part.probabilities.ndim) == (1, 1, 2)
        and len(part.ids) == len(part.labels) == len(part.probabilities) > 0
        and min(part.ids) >= 0
        and sorted(set(part.ids)) == part.ids.tolist()
        and max(part.labels) < part.probabilities.shape[1]
        and np.isfinite(part.probabilities).all()
        and (part.probabilities >= 0).all()
        and np.abs(part.probabilities.sum(axis=1) - 1).max() <= 1e-4
    )


SHAPES = arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)
DTYPES = st.sampled_from(["int64", "uint8", "float32", "int32", "float64", "bool", "U1"])


@PROPERTY
@given(st.sampled_from(list(ARRAYS)), st.tuples(DTYPES, SHAPES).flatmap(lambda kind: arrays_of.arrays(*kind)))
def test_any_array_in_predictions_keeps_the_promises_or_is_refused(field, array):
    write(**{field: array})
    try:
        assert keeps_its_promises(predictions.read(RUN)["held-out"])
    except InputError as error:
        assert "part held-out" in str(error)
