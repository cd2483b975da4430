"""Where a path lies that a user names, in params.yaml or in the environment."""

import os
from collections.abc import Mapping
from pathlib import Path


def located(path: str, environment: Mapping[str, str]) -> Path:
    """The path, taken from the user's checkout unless it is absolute; a leading ~ is the user's home.

    $DVC_ROOT names the checkout even where an experiment runs in a temporary copy of it, which has no untracked files.

    >>> located("votes.npy", {"DVC_ROOT": "/home/me/nicknets"}).as_posix()
    '/home/me/nicknets/votes.npy'
    >>> located("/data/votes.npy", {"DVC_ROOT": "/home/me/nicknets"}).as_posix()
    '/data/votes.npy'
    """
    return Path(environment.get("DVC_ROOT", ""), os.path.expanduser(path))
