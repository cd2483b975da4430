"""Independent random streams, one for each purpose, so that no two draws share their numbers."""

import hashlib

import numpy as np


def stream(*names: str | int) -> np.random.Generator:
    """The random stream of these names, the same on every machine; any other names give an independent one.

    The names' SHA-256 is the spawn key of a NumPy SeedSequence, since default_rng(s) equals default_rng([s, 0]).

    >>> int(stream("edits", "nicknet1", 0).integers(1000)) == int(stream("edits", "nicknet1", 0).integers(1000))
    True
    >>> stream("edits", 0).random() == stream("edits").random()
    False
    """
    digest = hashlib.sha256("\0".join(map(str, names)).encode()).digest()
    return np.random.default_rng(np.random.SeedSequence(0, spawn_key=np.frombuffer(digest, "<u4").tolist()))
