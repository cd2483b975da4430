"""A training as it stands after an epoch, as bytes that can be checked; touches no file."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


class UnusableError(ValueError):
    """The bytes do not hold a checkpoint of this training; the message says why."""


@dataclass(frozen=True)
class Checkpoint:
    """All that the rest of a training depends on, besides what its identity names.

    history: two rows for each finished epoch, see training.epochs. state: the arrays of training.state, in its order.
    """

    history: list[dict]
    state: list[np.ndarray]

    @property
    def epoch(self) -> int:
        """The last finished epoch, from 1; 0 before the first."""
        return self.history[-1]["epoch"] if self.history else 0


def pack(checkpoint: Checkpoint, identity: str) -> bytes:
    """A line with the SHA-256 of the rest, then a .npz. identity: of the training, see identity.py."""
    about = json.dumps({"identity": identity, "history": checkpoint.history})
    arrays = {f"state_{number}": array for number, array in enumerate(checkpoint.state)}
    content = io.BytesIO()
    np.savez(content, about=np.frombuffer(about.encode(), "uint8"), **arrays)
    return _checksum(content.getbuffer()) + content.getbuffer()


def unpack(content: bytes, identity: str, like: Sequence[np.ndarray]) -> Checkpoint:
    """What `pack` packed. like: arrays of the dtypes and shapes that the state must have.

    Raises UnusableError where the bytes are damaged, belong to another training, or hold another state or NaN.
    """
    body = memoryview(content)[_CHECKSUM_LENGTH:]
    if content[:_CHECKSUM_LENGTH] != _checksum(body):
        raise UnusableError("it is damaged: its checksum is wrong")
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            arrays = dict(file)
        about = json.loads(arrays.pop("about").tobytes())
        owner, history = about["identity"], about["history"]
        state = [arrays.pop(f"state_{number}") for number in range(len(arrays))]
    except Exception as error:  # what has a right checksum and is no checkpoint fails in many ways
        raise UnusableError(f"it is no checkpoint ({type(error).__name__}: {error})") from None
    if owner != identity:
        raise UnusableError("it is of another training")
    expected, found = _kinds(like), _kinds(state)
    if found != expected:
        raise UnusableError(f"expected {len(expected)} arrays {_shown(expected)}, got {len(found)} {_shown(found)}")
    if not all(np.isfinite(array).all() for array in state):
        raise UnusableError("it holds NaN or infinity")
    if not history or [row["epoch"] for row in history] != [1 + row // 2 for row in range(len(history) // 2 * 2)]:
        raise UnusableError("its history is not one of whole epochs")
    return Checkpoint(history, state)


def _checksum(content: memoryview) -> bytes:
    return f"nicknets checkpoint, sha256 {hashlib.sha256(content).hexdigest()}\n".encode()


_CHECKSUM_LENGTH = len(_checksum(memoryview(b"")))


def _kinds(arrays: Sequence[np.ndarray]) -> list[tuple]:
    return [(str(array.dtype), tuple(array.shape)) for array in arrays]


def _shown(kinds: list[tuple]) -> str:
    text = ", ".join(f"{dtype} {shape}" for dtype, shape in kinds[:3])
    return text + ", ..." if len(kinds) > 3 else text
