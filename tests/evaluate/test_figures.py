import io
import itertools

import numpy as np
import pytest

from stages.evaluate import figures

ODD = ["$a_{b$", "<html>&", "a very long name that goes on and on, 1", "a very long name that goes on and on, 2"]


@pytest.mark.parametrize("side", [16, 96])
def test_odd_names_are_text_and_long_ones_do_not_run_into_each_other(side):
    probabilities = np.eye(4, dtype="float32")[[1, 0, 3, 2]]
    figure = figures.examples(np.zeros((4, side, side, 3), "uint8"), np.arange(4), probabilities, ODD, "title")
    figure.savefig(io.BytesIO(), format="png")
    labels = [axes.xaxis.label for axes in figure.axes]
    assert labels[0].get_text() == "true: $a_{b$\npredicted: <html>& (100%)"
    assert labels[2].get_text() == "true: a very…on, 1\npredicted: a very…on, 2 (100%)"
    boxes = [label.get_window_extent() for label in labels]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))
