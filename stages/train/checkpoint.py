"""A training as it stands after an epoch, as bytes that can be checked; touches no file."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.history import Row


class UnusableError(ValueError):
    """The bytes do not hold a checkpoint of this training; the message says why."""


@dataclass(frozen=True)
class Checkpoint:
    """All that the rest of a training depends on, besides what its identity names.

    history: two rows for each finished epoch, predicted: uint8 (epochs, held-out images), see training.epochs. state:
    the arrays of training.state, in its order.
    """

    history: list[Row]
    predicted: np.ndarray
    state: list[np.ndarray]

    @property
    def epoch(self) -> int:
        """The last finished epoch, from 1; 0 before the first."""
        return len(self.history) // 2


def pack(checkpoint: Checkpoint, identity: str) -> bytes:
    """A line with the SHA-256 of the rest, then a .npz. identity: of the training, see identity.py."""
    about = json.dumps({"identity": identity, "history": checkpoint.history})
    content = io.BytesIO()
    np.savez(content, np.frombuffer(about.encode(), "uint8"), checkpoint.predicted, *checkpoint.state)
    return _checksum(content.getbuffer()) + content.getbuffer()


def unpack(content: bytes, identity: str, like: Sequence[np.ndarray]) -> Checkpoint:
    """What `pack` packed. like: arrays of the dtypes and shapes that the state must have.

    Raises UnusableError where the bytes are damaged, belong to another training, or hold another state.
    """
    checksum, body = content[:_CHECKSUM_LENGTH], memoryview(content)[_CHECKSUM_LENGTH:]
    if checksum != _checksum(body):
        raise UnusableError("it is damaged: its checksum is wrong")
    with np.load(io.BytesIO(body), allow_pickle=False) as file:
        about, predicted, *state = file.values()
    about = json.loads(about.tobytes())
    if about["identity"] != identity:
        raise UnusableError("it is of another training")
    if _kinds(state) != _kinds(like):
        raise UnusableError(
            f"expected {len(like)} arrays, of this network's dtypes and shapes, got {len(state)} others"
        )
    return Checkpoint(about["history"], predicted, state)


def _kinds(arrays: Sequence[np.ndarray]) -> list[tuple]:
    return [(array.dtype, array.shape) for array in arrays]


def _checksum(content: memoryview) -> bytes:
    return f"nicknets checkpoint, sha256 {hashlib.sha256(content).hexdigest()}\n".encode()


_CHECKSUM_LENGTH = len(_checksum(memoryview(b"")))
