"""Which part of an image speaks for one class rather than another."""

import numpy as np
import pytest

from stages.images import occlusion


def dot_detector(images):
    """A network whose logit of class 1 is the brightness of the pixel at row 12, column 20, of class 0 nothing."""
    return np.stack([np.zeros(len(images)), np.asarray(images, "float64")[:, 12, 20, 0] / 10], axis=1)


@pytest.fixture
def image():
    image = np.zeros((32, 32, 3), np.uint8)
    image[12, 20] = 200
    return image


def margin_map(predict, image, first, second):
    hidden = occlusion.hidden(image)
    return occlusion.margin_map(predict(image[None])[0], predict(hidden), first, second, (1, *image.shape))


def test_the_map_is_positive_where_the_evidence_for_the_first_class_lies(image):
    result = margin_map(dot_detector, image, first=1, second=0)
    assert result.shape == (32, 32)
    assert result.argmax() == np.ravel_multi_index((12, 20), (32, 32))
    filled = 200 / 1024 / 10  # what the mean colour leaves of the logit
    assert result[12, 20] == pytest.approx(20 - filled)  # hidden by every square that covers it
    assert result[31, 0] == pytest.approx(0)
    np.testing.assert_allclose(margin_map(dot_detector, image, first=0, second=1), -result)


def test_a_network_that_looks_at_nothing_gives_a_map_of_zeros(image):
    assert not margin_map(lambda images: np.tile([3.0, -1.0], (len(images), 1)), image, first=0, second=1).any()


@pytest.mark.parametrize(("height", "width"), [(32, 32), (8, 8), (9, 13), (1, 1), (5, 40)])
def test_the_square_reaches_every_pixel_of_an_image_of_any_size(height, width):
    shape = (1, height, width, 3)
    corners = occlusion.corners(shape)
    assert len(np.unique(corners, axis=0)) == len(corners)
    np.testing.assert_allclose(occlusion.pixel_map(np.full(len(corners), 2.5), shape), np.full((height, width), 2.5))


def test_pixel_map_averages_over_the_places_that_cover_a_pixel():
    corners = occlusion.corners((1, 8, 8, 3))  # a square of 2, one pixel further each time
    changes = np.where((corners == 0).all(axis=1), 1.0, 0.0)
    result = occlusion.pixel_map(changes, (1, 8, 8, 3))
    assert result[0, 0] == 1
    assert result[0, 1] == 0.5
    assert result[1, 1] == 0.25
    assert result[2, 2] == 0


def test_the_overlay_is_grey_orange_for_the_first_class_and_blue_for_the_second():
    image = np.full((1, 3, 3), 255, np.uint8)
    grey, orange, blue = occlusion.overlay(image, np.array([[0.0, 2.0, -1.0]]))[0]
    assert grey.tolist() == [255, 255, 255]
    assert orange.tolist() == [219, 118, 38]  # 85% of (213, 94, 0)
    assert blue.tolist() == [147, 195, 222]  # 42.5% of (0, 114, 178)
    assert (occlusion.overlay(image, np.zeros((1, 3))) == 255).all()
