"""Images in batches of one size, so that a compiled step never sees a second shape."""

import numpy as np


def order(indices, seed, epoch):
    """The indices, int64 (n,), in an order that depends on nothing but seed and epoch (counted from 0)."""
    return np.random.default_rng([seed, epoch]).permutation(indices)


def batches(images, labels, indices, batch_size):
    """Yield (images, labels, weights) of `indices`, in their order, for a model's train_on_batch and test_on_batch.

    The last batch is filled up with its own first image at weight 0, which counts in no loss and no weighted metric.

    Args:
        images: uint8 (N, H, W, C), may be memory-mapped.
        labels: uint8 (N,).
        indices: int64 (n,), the images to use.
        batch_size: images a batch, at least 1.

    Yields:
        uint8 (batch_size, H, W, C), int32 (batch_size,), float32 (batch_size,).
    """
    for start in range(0, len(indices), batch_size):
        chosen = indices[start : start + batch_size]
        weights = np.ones(batch_size, "float32")
        weights[len(chosen) :] = 0
        chosen = np.concatenate([chosen, np.repeat(chosen[:1], batch_size - len(chosen))])
        yield images[chosen], labels[chosen].astype("int32"), weights


def halves(size):
    """Slices of the two halves of a batch, in order; one slice where it has only one image.

    TensorFlow computes functions that do not need each other side by side. Two halves of a batch keep two cores
    busy where the many small operations of a network cannot be divided well among threads.
    """
    middle = size // 2
    return [slice(0, middle), slice(middle, size)] if middle else [slice(0, size)]
