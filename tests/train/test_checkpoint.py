import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.train import checkpoint
from stages.train.checkpoint import Checkpoint, UnusableError

RNG = np.random.default_rng(0)
STATE = [RNG.normal(size=(3, 2)).astype("float32"), np.array(7), np.array(0.1, "float32"), np.zeros(0, "float32")]
HISTORY = [
    {"epoch": epoch, "images": images, "accuracy": 0.1 + 0.2, "loss": 1 / 3, "precision": 5e-324}
    for epoch in (1, 2)
    for images in ("training", "held-out")
]
PACKED = checkpoint.pack(Checkpoint(HISTORY, STATE), "mine")


def reason(content, identity="mine", like=STATE):
    with pytest.raises(UnusableError) as caught:
        checkpoint.unpack(content, identity, like)
    return str(caught.value)


def signed(body):
    """The bytes with a right checksum before them."""
    return checkpoint._checksum(body) + body


def arrays(**changes):
    about = np.frombuffer(json.dumps({"identity": "mine", "history": HISTORY}).encode(), "uint8")
    named = {"about": about} | {f"state_{number}": array for number, array in enumerate(STATE)} | changes
    content = io.BytesIO()
    np.savez(content, **{name: array for name, array in named.items() if array is not None})
    return signed(content.getvalue())


def test_everything_comes_back_to_the_last_bit():
    found = checkpoint.unpack(PACKED, "mine", STATE)
    assert found.epoch == 2
    assert found.history == HISTORY
    for array, original in zip(found.state, STATE, strict=True):
        assert array.dtype == original.dtype
        np.testing.assert_array_equal(array, original)


def test_no_finished_epoch_is_epoch_0():
    assert Checkpoint([], STATE).epoch == 0


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


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_with_a_right_checksum_that_are_no_checkpoint(body):
    assert "it is no checkpoint" in reason(signed(body))


def test_another_trainings():
    assert reason(PACKED, identity="yours") == "it is of another training"


def test_a_pickle_is_not_loaded():
    assert "it is no checkpoint (ValueError: Object arrays" in reason(arrays(state_1=np.array([{"a": 1}], object)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (arrays(state_0=STATE[0].T), "expected 4 arrays float32 (3, 2), int64 (), float32 (), ..., got 4 float32 (2"),
        (arrays(state_0=STATE[0].astype("float64")), "got 4 float64 (3, 2)"),
        (arrays(state_3=None), "got 3 float32 (3, 2)"),
        (arrays(state_4=STATE[0]), "got 5 float32 (3, 2)"),
        (arrays(state_0=None), "it is no checkpoint (KeyError"),
        (arrays(about=np.frombuffer(b"{}", "uint8")), "it is no checkpoint (KeyError"),
        (arrays(state_2=np.array(np.nan, "float32")), "it holds NaN or infinity"),
        (arrays(state_2=np.array(np.inf, "float32")), "it holds NaN or infinity"),
    ],
)
def test_another_state(content, expected):
    assert expected in reason(content)


@pytest.mark.parametrize("history", [[], HISTORY[:1], HISTORY[:3], HISTORY[2:], HISTORY[::-1], [*HISTORY, HISTORY[0]]])
def test_a_history_of_no_whole_epochs(history):
    assert reason(checkpoint.pack(Checkpoint(history, STATE), "mine")) == "its history is not one of whole epochs"
