"""What one sees while a network trains."""

import sys

from tqdm import tqdm


class Progress:
    """A bar in images with speed and time left, and a line an epoch."""

    def __init__(self, images, first, last):
        """images: in an epoch; first, last: numbers of the epochs to train, from 1."""
        self._last = last
        self._bar = tqdm(
            total=images * last,
            initial=images * (first - 1),
            unit=" images",
            smoothing=0.05,
            file=sys.stderr,
            disable=None,
        )

    def step(self, images):
        """So many images more are done."""
        self._bar.update(images)

    def epoch(self, training, held_out):
        """An epoch is done; both rows are dicts with history.COLUMNS."""
        numbers = ", ".join(
            f"{name} {training[name]:.3f} (held out {held_out[name]:.3f})" for name in ("accuracy", "loss", "precision")
        )
        tqdm.write(f"epoch {training['epoch']}/{self._last}: {numbers}")
        sys.stdout.flush()

    def close(self):
        self._bar.close()
