"""The data set that scikit-learn ships, at the size of CIFAR-10's images."""

import numpy as np
from sklearn.datasets import load_digits

from stages.download import digits


def test_enlarged_keeps_range_and_grey():
    images = np.zeros((3, 8, 8))
    images[1] = 16
    images[2, :, 4:] = 8
    large = digits.enlarged(images)
    assert large.shape == (3, 32, 32, 3)
    assert large.dtype == np.uint8
    assert (large[0] == 0).all()
    assert (large[1] == 255).all()
    assert large[2].min() == 0
    assert large[2].max() == 128  # 8 of 16, rounded
    assert (large[..., 0] == large[..., 1]).all()
    assert (large[..., 0] == large[..., 2]).all()


def test_enlarged_keeps_place():
    image = np.zeros((1, 8, 8))
    image[0, 2, 5] = 16
    row, column = np.unravel_index(digits.enlarged(image)[0, :, :, 0].argmax(), (32, 32))
    assert (row // 4, column // 4) == (2, 5)


def test_division_is_complete_stratified_ordered_and_repeatable():
    train, test = digits.batches()
    assert (train.source, test.source) == ("train", "test")
    assert (len(train.labels), len(test.labels)) == (train.total, test.total) == (1437, 360)
    labels = load_digits().target
    shares = np.bincount(test.labels) / np.bincount(labels)
    assert np.abs(shares - 0.2).max() < 0.01
    everything = digits.enlarged(load_digits().images)
    for batch in (train, test):  # a subsequence of the original: each image is found behind the one before
        place = 0
        for image, label in zip(batch.images, batch.labels, strict=True):
            while not (labels[place] == label and np.array_equal(everything[place], image)):
                place += 1
            place += 1
    assert np.array_equal(
        np.sort(np.concatenate([train.images, test.images]).reshape(1797, -1).sum(axis=1)),
        np.sort(everything.reshape(1797, -1).sum(axis=1)),
    )
    again = list(digits.batches())
    assert np.array_equal(again[1].images, test.images)
