"""Writes data/raw: all six files, or none."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import BinaryIO

import numpy as np

from stages import image_files
from stages.dataset import CLASS_NAMES, images_path, labels_path
from stages.download.batch import Batch, Source
from stages.files import replacing, write_json


def write(
    batches: Iterable[Batch], class_names: Sequence[str], files: Mapping[Source, Sequence[str]] | None = None
) -> dict[Source, int]:
    """Write the images and labels of the batches, which arrive in any order, and the class names.

    files: of each source, the file of every image, see stages.image_files; None where there are none.

    Holds one batch in memory at a time. The bytes are those of np.save. When `batches` raises, nothing is written.
    Returns the number of images of each source.
    """
    opened: dict[Source, list[BinaryIO]] = {}
    counts: dict[Source, int] = {}
    with ExitStack() as whole:
        for batch in batches:
            if batch.source not in opened:
                paths = images_path(batch.source), labels_path(batch.source)
                temporaries = [whole.enter_context(replacing(path)) for path in paths]
                opened[batch.source] = [whole.enter_context(path.open("wb")) for path in temporaries]
                counts[batch.source] = batch.total
            for file, rows in zip(opened[batch.source], (batch.images, batch.labels), strict=True):
                _write_rows(file, rows, batch.start, batch.total)
        write_json(whole.enter_context(replacing(CLASS_NAMES)), list(class_names))
        write_json(whole.enter_context(replacing(image_files.PATH)), files)
    return counts


def _write_rows(file: BinaryIO, rows: np.ndarray, start: int, total: int) -> None:
    # Not a memory map: a disk that fills up under one kills the process, where write() raises.
    header = np.lib.format.header_data_from_array_1_0(rows)
    file.seek(0)
    np.lib.format.write_array_header_1_0(file, header | {"shape": (total, *rows.shape[1:])})
    file.seek(start * rows[:1].nbytes, os.SEEK_CUR)
    file.write(rows.data)
    file.flush()
