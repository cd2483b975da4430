"""The pictures of single predictions."""

import numpy as np
from matplotlib.figure import Figure

_COLUMNS = 4


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
            f"true: {names[label]}\npredicted: {names[predicted]} ({row[predicted]:.0%})",
            fontsize=9,
            color="black" if predicted == label else "#b3261e",
        )
    if not len(images):
        grid[0, 0].text(0, 0.5, "none", fontsize=12)
    return figure
