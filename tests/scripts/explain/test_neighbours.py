"""Nearest images, on features that can be checked by hand."""

import numpy as np
import pytest

from scripts.explain.neighbours import Neighbour, nearest
from stages import features

ROWS = np.array([(9, 0, 0), (0, 9, 0), (30, 40, 0), (0, 0, 0), (20, 0, 0)], "float16")


def test_similarity_is_the_cosine_whatever_the_length_and_equals_come_in_their_order():
    vector, ids, labels = np.array([3, 4, 0], "float32"), np.array([2, 3, 5, 7, 8]), np.arange(10) % 4
    ranked = nearest(vector, ROWS, ids, labels, 9, None)
    assert [(near.id, near.label) for near in ranked] == [(5, 1), (3, 3), (2, 2), (8, 0), (7, 3)]
    np.testing.assert_allclose([near.similarity for near in ranked], [1, 0.8, 0.6, 0.6, -1], rtol=1e-6)


def test_an_image_without_features_has_no_neighbours():
    assert nearest(np.zeros(3, "float32"), ROWS, np.arange(5), np.zeros(5), 1, None) is None


def test_a_planted_duplicate_is_nearest():
    rows = np.random.default_rng(0).normal(size=(50, 8)).astype("float32")
    rows[31] = rows[7]
    itself, twin = nearest(rows[7], rows, np.arange(50), np.arange(50) % 10, 2, None)
    assert (itself.id, twin) == (7, Neighbour(31, 1, pytest.approx(1)))
    assert nearest(rows[7], rows, np.arange(50), np.arange(50) % 10, 1, besides=7) == (twin,)


def test_half_precision_moves_no_similarity_that_is_printed():
    rng = np.random.default_rng(0)
    rows, (vector,) = (np.maximum(rng.normal(size=(n, 512)), 0).astype("float32") for n in (200, 1))
    ids, labels = np.arange(200), np.zeros(200, int)
    exact = {near.id: near.similarity for near in nearest(vector, rows, ids, labels, 200, None)}
    stored = features.directions(rows).astype("float16")
    for near in nearest(vector, stored, ids, labels, 200, None):
        assert near.similarity == pytest.approx(exact[near.id], abs=1e-4)
