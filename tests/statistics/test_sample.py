from dataclasses import replace

import numpy as np

from stages.run import Run
from tests import worlds

RIGHT = np.array([[[True, False]], [[False, True]]])  # two networks, one seed, two images


def test_late_accuracy_is_that_of_the_last_sixth_of_each_runs_own_epochs():
    sample = worlds.right_in(RIGHT)
    labels = sample.labels
    epochs = {
        Run("nicknet1", 0): np.array([labels] * 10 + [1 - labels, [labels[0], 1 - labels[1]]], np.uint8),
        Run("nicknet2", 0): np.array([1 - labels, labels], np.uint8),
    }
    late = replace(sample, epochs=epochs).late_right
    assert late.dtype == np.float64
    assert late.tolist() == [[[0.5, 0.0]], [[1.0, 1.0]]]


def test_without_epochs_it_is_that_of_the_trained_network():
    late = worlds.right_in(RIGHT).late_right
    assert late.dtype == np.float64
    np.testing.assert_array_equal(late, RIGHT)
