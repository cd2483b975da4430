import numpy as np
import pytest

from stages import dataset, similarity
from stages.errors import InputError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (20, 16, 16, 3), np.uint8)


def reference(first, second):
    """Pearson's correlation of the two images' brightness in squares of 2 x 2 pixels, or of one mirrored."""
    small = [
        (image @ [0.299, 0.587, 0.114]).reshape(8, 2, 8, 2).mean(axis=(1, 3))
        for image in (first, second, second[:, ::-1])
    ]
    return max(np.corrcoef(small[0].ravel(), other.ravel())[0, 1] for other in small[1:])


@pytest.mark.parametrize("block", [7, 512])
def test_it_is_the_highest_correlation_with_another_training_image(monkeypatch, block):
    monkeypatch.setattr(similarity, "BLOCK", block)
    parts = {"training": np.arange(0, 20, 2), "held-out": np.arange(1, 20, 2), "test": np.arange(20)}
    found = similarity.of_parts({"train": IMAGES, "test": IMAGES[::-1]}, parts)
    for part, source in (("training", IMAGES), ("held-out", IMAGES), ("test", IMAGES[::-1])):
        expected = [
            max(reference(IMAGES[j], source[i]) for j in parts["training"] if part != "training" or i != j)
            for i in parts[part]
        ]
        np.testing.assert_allclose(found[part], expected, atol=0.00051)


@pytest.mark.parametrize(
    ("change", "near"),
    [
        (lambda image: image, True),
        (lambda image: image[:, ::-1], True),
        (lambda image: np.clip(image * 0.8 + 30 + RNG.normal(0, 4, image.shape), 0, 255), True),
        (lambda image: image.repeat(2, 0).repeat(2, 1)[:16, :16], False),
        (lambda image: np.full_like(image, 90), False),
    ],
    ids=["equal", "mirrored", "paler, with noise", "enlarged", "even"],
)
def test_what_is_a_near_duplicate(change, near):
    small = [similarity.thumbnails(np.asarray(of, np.uint8)) for of in (change(IMAGES[0])[None], IMAGES)]
    assert (similarity.nearest(*small, same=False)[0] >= similarity.NEAR_DUPLICATE) == near


def test_images_of_any_size_are_compared():
    for side in (4, 9, 33):
        image = RNG.integers(0, 256, (1, side, side, 3), np.uint8)
        assert np.linalg.norm(similarity.thumbnails(image)) == pytest.approx(1)
    assert similarity.nearest(similarity.thumbnails(IMAGES[:1]), similarity.thumbnails(IMAGES[:1]), same=True) == [0]


def test_what_is_of_another_split_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    counts = dict.fromkeys(dataset.PARTS, 3)
    similarity.write({part: np.full(3, 0.5) for part in counts})
    assert {part: values.tolist() for part, values in similarity.read(counts).items()} == dict.fromkeys(
        counts, [0.5] * 3
    )
    with pytest.raises(InputError, match="does not have one value for each image of training, held-out, test"):
        similarity.read(counts | {"test": 4})
