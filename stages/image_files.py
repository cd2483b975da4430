"""Which file each image came from, where the data set is a folder of pictures."""

import json

from stages.dataset import RAW
from stages.errors import InputError

PATH = RAW / "image_files.json"
"""{"train": [...], "test": [...]}: a path an image, relative to data.folder, in the order of the image arrays; null for
a data set without such files."""


def read(source: str) -> list[str] | None:
    """The file of each image, source is 'train' or 'test'; None where the data set has no such files."""
    try:
        files = json.loads(PATH.read_text(encoding="utf-8"))
        return None if files is None else list(files[source])
    except FileNotFoundError:
        raise InputError(f"{PATH} is missing. Run `dvc repro download` to make it.") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{PATH} does not name the files. Run `dvc repro -f download` to make it again.") from None
