"""What a run answers when its images are changed: from interventions to all that explains."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from stages.errors import InputError
from stages.files import REMAKE, read_arrays, write_arrays
from stages.run import Run

FOLDER = Path("data/interventions")


@dataclass(frozen=True)
class Outcomes:
    """E edits of n images and of k errors, each beside its placebo; and maps of what the k errors rest on.

    edits: str (E,), their names. ids: int64 (n,), ascending, the held-out images drawn for the edits; before: bool
    (n,), right without any edit; edited, placebo: bool (E, n), right after the edit, after its placebo; norms: float32
    (E, n), L2 norm of the edit's change, pixel values 0..255. error_ids: int64 (k,), errors in the order in which they
    were drawn, the same for every run; error_edited, error_placebo: bool (E, k), as above; maps: float64 (k, H, W),
    logits, positive where a part speaks for the class that the run predicts, see occlusion.margin_map.
    """

    edits: np.ndarray
    ids: np.ndarray
    before: np.ndarray
    edited: np.ndarray
    placebo: np.ndarray
    norms: np.ndarray
    error_ids: np.ndarray
    error_edited: np.ndarray
    error_placebo: np.ndarray
    maps: np.ndarray


def path(run: Run) -> Path:
    """A .npz with the fields of Outcomes."""
    return run.file(FOLDER, ".npz")


def write(run: Run, outcomes: Outcomes) -> None:
    write_arrays(path(run), asdict(outcomes))


def read(run: Run) -> Outcomes:
    """InputError where the file is missing or holds something else."""
    arrays = read_arrays(path(run), f"interventions@{run.network}-{run.seed}")
    if set(arrays) != {field.name for field in fields(Outcomes)}:
        raise InputError(f"{path(run)} does not hold the outcomes of interventions. {REMAKE}")
    return Outcomes(**arrays)
