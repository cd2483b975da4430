import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.stratified import divide


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), min_size=2, max_size=40),
    st.floats(0.05, 0.95),
    st.integers(0, 3),
)
def test_copies_stay_together_and_every_class_keeps_its_share(pictures, share, seed):
    """pictures: label and number of images of each."""
    pictures = [*pictures, (0, 2)]
    shown = np.repeat(np.arange(len(pictures)), [size for _, size in pictures])
    labels = np.array([label for label, _ in pictures], "uint8")[shown]
    order = np.random.default_rng(seed).permutation(len(shown))
    shown, labels = shown[order], labels[order]
    first = np.array([np.flatnonzero(shown == picture)[0] for picture in shown])
    stay, taken = divide(labels, share, seed, first)
    assert sorted([*stay, *taken]) == list(range(len(shown)))
    assert not set(shown[stay]) & set(shown[taken])
    for label in set(labels.tolist()):
        most = max(size for of, size in pictures if of == label)
        assert abs((labels[taken] == label).sum() - share * (labels == label).sum()) <= most / 2 + 1e-9


def test_the_seed_decides():
    labels, pictures = np.zeros(40, "uint8"), np.repeat(np.arange(0, 40, 2), 2)
    assert np.array_equal(divide(labels, 0.5, 0, pictures)[1], divide(labels, 0.5, 0, pictures)[1])
    assert not np.array_equal(divide(labels, 0.5, 0, pictures)[1], divide(labels, 0.5, 1, pictures)[1])
