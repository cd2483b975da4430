"""The nearest training images are those that look alike, either way round."""

import numpy as np

from stages.report.neighbours import nearest


def test_a_copy_and_a_mirrored_copy_come_first_the_lower_id_of_equals():
    images = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), np.uint8)
    images[9] = images[3] = images[0]  # ids 3 and 9 are copies of image 0
    images[5] = images[1][:, ::-1]
    found = nearest(images, np.arange(12, dtype=np.uint8), np.array([0, 1]), np.arange(2, 12))
    assert found.ids[found.places][0, :2].tolist() == [3, 9]
    assert found.ids[found.places][1, 0] == 5
    assert found.similarities[[0, 0, 1], [0, 1, 0]].tolist() == [1, 1, 1]
    assert np.all(np.diff(found.similarities) <= 0)
    assert (found.images == images[found.ids]).all()
    assert found.labels.tolist() == found.ids.tolist()


def test_with_two_training_images_there_are_two_neighbours():
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    found = nearest(images, np.zeros(3, np.uint8), np.array([0]), np.array([1, 2]))
    assert sorted(found.ids[found.places][0]) == [1, 2]
