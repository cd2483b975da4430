"""Nearest images, on features that can be checked by hand."""

import numpy as np
import pytest
from stages.explain import neighbours
from stages.explain.neighbours import Neighbour


def channels(images):
    """The features are the three channels of the first pixel."""
    return np.asarray(images, "float32")[:, 0, 0]


def pixels(*rows):
    return np.array(rows, np.uint8).reshape(-1, 1, 1, 3)


IMAGES = pixels((9, 0, 0), (0, 9, 0), (30, 40, 0), (0, 0, 0), (200, 0, 0))


def test_similarity_is_the_cosine_whatever_the_length():
    found = neighbours.cosines(channels, pixels((3, 4, 0))[0], [IMAGES])
    np.testing.assert_allclose(found, [0.6, 0.8, 1, -1, 0.6], rtol=1e-6)


def test_chunks_join_to_the_whole_and_progress_hears_of_every_image(monkeypatch):
    monkeypatch.setattr(neighbours, "CHUNK", 2)
    heard = []
    ids = np.array([0, 2, 4])
    pieces = neighbours.chunks(IMAGES, ids, heard.append)
    found = neighbours.cosines(channels, IMAGES[0], pieces)
    np.testing.assert_allclose(found, [1, 0.6, 1], rtol=1e-6)
    assert heard == [2, 1]


def test_an_image_without_features_has_no_neighbours():
    assert neighbours.cosines(channels, IMAGES[3], [IMAGES]) is None


def test_a_planted_duplicate_is_nearest():
    images = np.random.default_rng(0).integers(0, 256, (50, 1, 1, 3), np.uint8)
    images[31] = images[7]
    similarities = neighbours.cosines(channels, images[7], [images])
    ids, labels = np.arange(50), np.arange(50) % 10
    itself, twin = neighbours.nearest(similarities, ids, labels, 2, None)
    assert (itself.id, twin.id, twin.label) == (7, 31, 1)
    assert twin.similarity == pytest.approx(1)
    assert neighbours.nearest(similarities, ids, labels, 1, besides=7) == (twin,)


def test_ids_count_all_images_and_equals_come_in_their_order():
    ids, labels = np.array([2, 5, 8]), np.arange(10)
    found = neighbours.nearest(np.array([0.5, 0.25, 0.5]), ids, labels, 5, None)
    assert found == (Neighbour(2, 2, 0.5), Neighbour(8, 8, 0.5), Neighbour(5, 5, 0.25))
