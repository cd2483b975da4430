"""The data set that scikit-learn ships, at the size of CIFAR-10's images."""

import numpy as np
from sklearn.datasets import load_digits

from stages.download import digits


def test_enlarged_keeps_range_place_and_grey():
    images = np.zeros((4, 8, 8))
    images[1] = 16
    images[2, :, 4:] = 8
    images[3, 2, 5] = 16
    large = digits.enlarged(images)
    assert (large.dtype, large.shape) == (np.uint8, (4, 32, 32, 3))
    assert (large[0] == 0).all()
    assert (large[1] == 255).all()
    assert (large[2].min(), large[2].max()) == (0, 128)  # 8 of 16, rounded
    row, column = np.unravel_index(large[3, :, :, 0].argmax(), (32, 32))
    assert (row // 4, column // 4) == (2, 5)
    assert (large == large[..., :1]).all()


def test_division_is_complete_stratified_ordered_and_repeatable():
    train, test = digits.batches()
    assert (train.source, test.source) == ("train", "test")
    assert (len(train.labels), len(test.labels)) == (train.total, test.total) == (1437, 360)
    labels = load_digits().target
    assert np.abs(np.bincount(test.labels) / np.bincount(labels) - 0.2).max() < 0.01
    place = {image.tobytes(): number for number, image in enumerate(digits.enlarged(load_digits().images))}
    order = [[place[image.tobytes()] for image in batch.images] for batch in (train, test)]
    assert sorted(order[0] + order[1]) == list(range(1797))
    for batch, places in zip((train, test), order, strict=True):
        assert places == sorted(places)
        assert np.array_equal(labels[places], batch.labels)
    assert np.array_equal(list(digits.batches())[1].images, test.images)
