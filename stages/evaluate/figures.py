"""The pictures of single predictions."""

import numpy as np
from matplotlib.figure import Figure

_COLUMNS = 4
_CHARACTERS = 12
"""Of a class's name that fit under a picture."""


def examples(images, labels, probabilities, names, title):
    """Figure of images (k, H, W, 3) uint8 with true label, predicted label and probability under each.

    labels: uint8 (k,). probabilities: float32 (k, classes). names: of the classes. k may be 0.
    """
    rows = max(1, -(-len(images) // _COLUMNS))
    figure = Figure(figsize=(2.1 * _COLUMNS, 2.6 * rows + 0.5), layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for axes, image, label, row in zip(grid.flat, images, labels, probabilities, strict=False):
        predicted = int(np.argmax(row))
        axes.imshow(image, interpolation="nearest")
        axes.set_xlabel(
            f"true: {_short(names[label])}\npredicted: {_short(names[predicted])} ({row[predicted]:.0%})",
            parse_math=False,
            fontsize=9,
            color="black" if predicted == label else "#b3261e",
        )
    if not len(images):
        grid[0, 0].text(0, 0.5, "none", fontsize=12)
    return figure


def _short(name):
    """The name; where it is longer, with an ellipsis in its middle, since names often differ at their ends."""
    return name if len(name) <= _CHARACTERS else f"{name[: _CHARACTERS // 2]}…{name[1 - _CHARACTERS // 2 :]}"
