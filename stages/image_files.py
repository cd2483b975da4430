"""Which file each image came from, where the data set is a folder of pictures."""

from stages.dataset import RAW
from stages.errors import InputError
from stages.files import REMAKE, read_json

PATH = RAW / "image_files.json"
"""{"train": [...], "test": [...]}: a path an image, relative to data.folder, in the order of the image arrays; null for
a data set without such files."""


def read(source: str) -> list[str] | None:
    """The file of each image, source is 'train' or 'test'; None where the data set has no such files."""
    files = read_json(PATH, "download")
    try:
        return None if files is None else list(files[source])
    except (KeyError, TypeError):
        raise InputError(f"{PATH} does not name the files of the images. {REMAKE}") from None
