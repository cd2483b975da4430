"""Batches of CIFAR-10's Python version, which are pickles of Python 2: read, never run."""

import pickletools

import numpy as np

from stages.download.cifar10 import RECORD
from stages.errors import InputError


def records(name: str, content: bytes, images: int) -> np.ndarray:
    """The records, uint8 (images, RECORD), of a pickled {'data': uint8 (images, 3072), 'labels': list of int, ...}.

    A pickle is a program, and loading one does whatever it says. Here its instructions are listed only: the labels are
    the integers behind the string 'labels', up to the next string, and the pixels the one string of 256 bytes or more.
    What these are is for their check sum to say. Raises InputError where there are not as many as `images` images have.
    """
    labels, pixels, within_labels, by_column = bytearray(), np.empty(0, np.uint8), False, False
    try:
        for opcode, argument, place in pickletools.genops(content):
            if isinstance(argument, str):
                within_labels = argument == "labels"
                if opcode.name == "BINSTRING" and place is not None:  # one byte, four of the length, the string
                    pixels = np.frombuffer(content, np.uint8, len(argument), place + 5)
            elif within_labels and opcode.name == "BININT1" and isinstance(argument, int):
                labels.append(argument)
            elif opcode.name == "NEWTRUE":  # NumPy says so of an array that lies in memory column by column
                by_column = True
    except ValueError as error:
        raise InputError(f"{name} is not a batch of the Python version ({str(error)[:80]!a})") from None
    if (len(labels), pixels.size) != (images, images * 3072):
        counts = f"{len(labels)} labels and {pixels.size} pixel bytes"
        raise InputError(f"{name} has {counts}; expected {images} and {images * 3072}")
    joined = np.empty((images, RECORD), np.uint8)
    joined[:, 0] = labels
    joined[:, 1:] = pixels.reshape(3072, images).T if by_column else pixels.reshape(images, 3072)
    return joined
