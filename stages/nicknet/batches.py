"""Images in batches of one size, so that a compiled step never sees a second shape."""

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Batches of (images, labels, weights) for a model's fit, evaluate and predict.

    The last batch is filled up with its own first image at weight 0, which counts in no loss and no weighted metric.
    Pass shuffle=False to fit: the order is this class's matter.
    """

    def __init__(self, images, labels, indices, batch_size, seed=None, epoch=0):
        """
        Args:
            images: uint8 (N, H, W, C), may be memory-mapped.
            labels: uint8 (N,).
            indices: int64 (n,), the images to use.
            batch_size: images a batch, at least 1.
            seed: draws the order of the images anew each epoch; None: the order of `indices`.
            epoch: the epoch that comes next, counted from 0. The order depends on nothing but seed and epoch.
        """
        super().__init__()
        self._images = images
        self._labels = labels
        self._indices = np.asarray(indices)
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = epoch
        self._arrange()

    @property
    def num_batches(self):
        return -(-len(self._indices) // self._batch_size)

    def __getitem__(self, number):
        """Batch `number`: uint8 (batch_size, H, W, C), int32 (batch_size,), float32 (batch_size,)."""
        chosen = self._order[number * self._batch_size : (number + 1) * self._batch_size]
        padding = self._batch_size - len(chosen)
        weights = np.ones(self._batch_size, "float32")
        if padding:
            weights[len(chosen) :] = 0
            chosen = np.concatenate([chosen, np.repeat(chosen[:1], padding)])
        return self._images[chosen], self._labels[chosen].astype("int32"), weights

    def on_epoch_end(self):
        self._epoch += 1
        self._arrange()

    def _arrange(self):
        self._order = self._indices
        if self._seed is not None:
            self._order = np.random.default_rng([self._seed, self._epoch]).permutation(self._indices)
