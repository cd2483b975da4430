import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.train import checkpoint
from stages.train.checkpoint import Checkpoint, UnusableError

RNG = np.random.default_rng(0)
STATE = [RNG.normal(size=(3, 2)).astype("float32"), np.array(7), np.array(0.1, "float32"), np.zeros(0, "float32")]
HISTORY = [
    {"epoch": epoch, "part": part, "accuracy": 0.1 + 0.2, "loss": 1 / 3, "precision": 5e-324}
    for epoch in (1, 2)
    for part in ("training", "held-out")
]
PREDICTED = RNG.integers(0, 256, (2, 5), "uint8")
PACKED = checkpoint.pack(Checkpoint(HISTORY, PREDICTED, STATE), "mine")


def reason(content, identity="mine", like=STATE):
    with pytest.raises(UnusableError) as caught:
        checkpoint.unpack(content, identity, like)
    return str(caught.value)


def test_everything_comes_back_to_the_last_bit():
    found = checkpoint.unpack(PACKED, "mine", STATE)
    assert found.epoch == 2
    assert found.history == HISTORY
    for array, original in zip([found.predicted, *found.state], [PREDICTED, *STATE], strict=True):
        assert array.dtype == original.dtype
        np.testing.assert_array_equal(array, original)


def test_no_finished_epoch_is_epoch_0():
    assert Checkpoint([], PREDICTED[:0], STATE).epoch == 0


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(PACKED) - 1))
def test_truncated_anywhere(length):
    assert reason(PACKED[:length]) == "it is damaged: its checksum is wrong"


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255))
def test_any_changed_byte_is_seen(place, change):
    content = bytearray(PACKED)
    content[place] ^= change
    assert reason(bytes(content)) == "it is damaged: its checksum is wrong"


def test_another_trainings():
    assert reason(PACKED, identity="yours") == "it is of another training"


@pytest.mark.parametrize("like", [STATE[1:], [STATE[0].T, *STATE[1:]], [STATE[0].astype("float64"), *STATE[1:]]])
def test_another_state(like):
    assert f"expected {len(like)} arrays" in reason(PACKED, like=like)
