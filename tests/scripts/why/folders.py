"""Folders of predictions, as users would write them."""

import numpy as np

CLASSES = ("cat", "dog", "owl")


def labels(images=60):
    return np.arange(images) % len(CLASSES)


def probabilities(seed, images=60, right=0.7):
    """float32 (images, 3): right about so many of the images."""
    rng = np.random.default_rng(seed)
    answers = np.where(rng.random(images) < right, labels(images), (labels(images) + 1) % len(CLASSES))
    rest = np.full((images, len(CLASSES)), 0.1)
    rest[np.arange(images), answers] = 0.8
    return rest.astype(np.float32)


def write(folder, networks=("one", "two"), seeds=(0, 1, 2), images=60, **arrays):
    """One .npz a run, in a folder a network; arrays: further ones, or others than labels and probabilities."""
    for place, network in enumerate(networks):
        (folder / network).mkdir(parents=True, exist_ok=True)
        for seed in seeds:
            given = {"labels": labels(images), "probabilities": probabilities(10 * place + seed, images)} | arrays
            known = {name: array for name, array in given.items() if array is not None}
            np.savez(folder / network / f"{seed}.npz", **known)
    return folder
