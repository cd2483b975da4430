"""Batches of CIFAR-10's Python version, which are pickles of Python 2: read, never run."""

import pickletools

import numpy as np

from stages.errors import InputError


def records(name: str, content: bytes, images: int) -> np.ndarray:
    """The records, uint8 (images, RECORD), of a pickled {'data': uint8 (images, 3072), 'labels': list of int, ...}.

    A pickle is a program, and loading one does whatever it says. Here its instructions are listed only: the labels are
    the integers behind the string 'labels', up to the next string, and the pixels the longest string of all. What these
    are is for their check sum to say. Raises InputError where their number is not that of `images` images.
    """
    labels, pixels, within_labels, order = bytearray(), "", False, "C"
    try:
        for opcode, argument, _ in pickletools.genops(content):
            if isinstance(argument, str):
                within_labels = argument == "labels"
                pixels = max(pixels, argument, key=len)
            elif opcode.name == "BININT1" and within_labels:
                labels.append(argument)
            elif opcode.name == "NEWTRUE":  # NumPy says so of an array that lies in memory column by column
                order = "F"
        flat = np.frombuffer(pixels.encode("latin-1"), np.uint8)
    except ValueError as error:
        raise InputError(f"{name} is not a batch of the Python version ({str(error)[:80]!a})") from None
    if (len(labels), flat.size) != (images, images * 3072):
        counts = f"{len(labels)} labels and {flat.size} pixel bytes"
        raise InputError(f"{name} has {counts}; expected {images} and {images * 3072}")
    return np.column_stack([np.frombuffer(labels, np.uint8), flat.reshape((images, 3072), order=order)])
