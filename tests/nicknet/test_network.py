"""The networks as a whole, against the same built from stock Keras layers."""

import hashlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from stages.errors import InputError
from stages.nicknet import inference
from stages.nicknet.network import build, fix_kernels, penultimate_features, shared_factors, wants_xla

PUBLISHED = {
    "kernel_size": 15,
    "filters": [12, 32, 48, 48, 32],
    "pool_after": [1, 2, 5],
    "dense_units": [512, 512],
    "image_shape": (32, 32, 3),
    "classes": 10,
    "seed": 0,
}
SMALL = {**PUBLISHED, "kernel_size": (7, 4), "filters": [4, 6], "pool_after": [2], "dense_units": [16]}


def stock(settings):
    """The same network from stock layers."""
    model = keras.Sequential([keras.Input(settings["image_shape"]), keras.layers.Rescaling(1 / 255)])
    for number, filters in enumerate(settings["filters"], start=1):
        model.add(keras.layers.Conv2D(filters, settings["kernel_size"], padding="same", activation="relu"))
        if number in settings["pool_after"]:
            model.add(keras.layers.MaxPooling2D())
    model.add(keras.layers.Flatten())
    for units in settings["dense_units"]:
        model.add(keras.layers.Dense(units, activation="relu"))
    model.add(keras.layers.Dense(settings["classes"]))
    return model


def images_and_labels(settings, count=12):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, *settings["image_shape"]), "uint8"), rng.integers(0, settings["classes"], count)


def compiled(model, optimizer="sgd"):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, jit_compile=True)
    return model


def test_published_network_has_its_weights_and_names():
    model = build(**PUBLISHED)
    assert model.count_params() == 1_834_714
    named = [layer.name for layer in model.layers if layer.weights]
    assert named == ["conv1", "conv2", "conv3", "conv4", "conv5", "dense1", "dense2", "logits"]
    assert penultimate_features(model).output_shape == (None, 512)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"image_shape": (48, 40, 3), "classes": 2},
        {"image_shape": (9, 7, 1), "kernel_size": 20},
        {"image_shape": (9, 7, 1), "kernel_size": (2, 4)},
        {"dense_units": []},
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_weights_of_one_in_the_other_give_the_same_predictions(changes, dtype, tmp_path):
    settings = {**SMALL, **changes}
    model, other = build(**settings), stock(settings)
    other.set_weights(model.get_weights())
    images = images_and_labels(settings)[0].astype(dtype)
    expected = other.predict(images, verbose=0)
    for batch_size in (5, 12):
        got = model.predict(images, batch_size=batch_size, verbose=0)
        assert np.abs(got - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("kernel_size", [3, 15])
def test_a_few_training_steps_give_the_losses_of_stock_keras(kernel_size):
    settings = {**SMALL, "kernel_size": kernel_size, "filters": [6, 8, 8], "pool_after": [1, 2, 3]}
    model, other = build(**settings), stock(settings)
    other.set_weights(model.get_weights())
    images, labels = images_and_labels(settings)
    weights = np.where(np.arange(len(images)) < 10, 1.0, 0.0)
    losses = [
        [compiled_model.train_on_batch(images, labels, weights) for _ in range(4)]
        for compiled_model in (compiled(model, keras.optimizers.SGD(0.05)), compiled(other, keras.optimizers.SGD(0.05)))
    ]
    np.testing.assert_allclose(*losses, rtol=1e-5)
    assert losses[0][-1] < losses[0][0]


def test_only_large_kernels_want_xla():
    assert [wants_xla(build(**{**SMALL, "kernel_size": size})) for size in (1, 3, (1, 9), 4, (3, 4), 15)] == [
        *[False] * 3,
        *[True] * 3,
    ]


@pytest.mark.parametrize("kernel_size", [3, 15])
def test_fixed_kernels_give_the_same_predictions(kernel_size):
    model = build(**{**SMALL, "kernel_size": kernel_size})
    images, _ = images_and_labels(SMALL)
    before = np.asarray(model(images))
    fix_kernels(model)
    np.testing.assert_array_equal(model(images), before)


def test_shared_factors_last_as_long_as_they_are_asked_for():
    model, other = build(**SMALL), build(**{**SMALL, "seed": 1})
    images, _ = images_and_labels(SMALL)
    before = np.asarray(model(images))
    factors = [other.get_layer(name).kernel_factors(other.get_layer(name).kernel) for name in ("conv1", "conv2")]
    with shared_factors(model, factors):
        assert not np.allclose(model(images), before)
    np.testing.assert_array_equal(model(images), before)


@pytest.mark.parametrize("kernel_size", [3, 15])
@pytest.mark.parametrize("count", [1, 2, 5, 130])
def test_predictions_in_halves_are_those_of_the_whole(count, kernel_size):
    model = build(**{**SMALL, "kernel_size": kernel_size})
    images, _ = images_and_labels(SMALL, count)
    got, expected = inference.logits(inference.ready(model), images), np.asarray(model(images))
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() < 1e-5 * np.abs(expected).max()


def test_predictions_in_batches_of_several_sizes():
    model = build(**SMALL)
    images, _ = images_and_labels(SMALL, 12)
    expected, ready = np.asarray(model(images)), inference.ready(model)
    for batch_size in (12, 5, 7, 1):
        got = ready.predict(images, batch_size=batch_size, verbose=0)
        assert np.abs(got - expected).max() < 1e-5 * np.abs(expected).max()


def test_a_network_of_small_kernels_has_the_same_weights_and_features_as_one_of_large_kernels():
    small, large = (build(**{**PUBLISHED, "kernel_size": size}) for size in (3, 4))
    named = [[weight.path for weight in model.weights] for model in (small, large)]
    assert named[0] == named[1]
    assert penultimate_features(small).output_shape == (None, 512)


def test_features_are_what_enters_the_logits():
    model = build(**SMALL)
    images, _ = images_and_labels(SMALL)
    kernel, bias = model.get_layer("logits").get_weights()
    features = penultimate_features(model).predict(images, verbose=0)
    np.testing.assert_allclose(features @ kernel + bias, model.predict(images, verbose=0), rtol=1e-4, atol=1e-5)
    assert (features >= 0).all()


def test_seeds_give_each_layer_its_own_stream():
    one, again, other = build(**SMALL), build(**SMALL), build(**{**SMALL, "seed": 1})
    for a, b, c in zip(one.get_weights(), again.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.ndim == 1 or not np.array_equal(a, c)
    square = build(**{**SMALL, "filters": [3, 3], "kernel_size": 3, "pool_after": []})
    assert not np.array_equal(square.get_layer("conv1").kernel, square.get_layer("conv2").kernel)


def test_initial_weights_are_he_normal():
    kernel = np.asarray(build(**PUBLISHED).get_layer("conv4").kernel)
    assert np.std(kernel) == pytest.approx(np.sqrt(2 / (15 * 15 * 48)), rel=0.02)


_TRAIN = """
import sys
import keras, numpy as np
from stages.nicknet.network import build
keras.utils.set_random_seed(3)
model = build(
    kernel_size=9, filters=[6, 8], pool_after=[1, 2], dense_units=[32], image_shape=(16, 16, 3), classes=4, seed=3
)
model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=True)
rng = np.random.default_rng(0)
for _ in range(5):
    model.train_on_batch(rng.integers(0, 256, (32, 16, 16, 3), "uint8"), rng.integers(0, 4, 32))
keras.Model(model.inputs, model.outputs).save_weights(sys.argv[1])
"""


def test_two_trainings_write_the_same_bytes(tmp_path):
    digests = set()
    for run in range(2):
        path = tmp_path / f"{run}.weights.h5"
        subprocess.run([sys.executable, "-c", _TRAIN, str(path)], check=True, capture_output=True)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"filters": []}, "filters: expected at least one number >= 1, got \\[\\]"),
        ({"dense_units": [0]}, "dense_units: expected numbers >= 1, got \\[0\\]"),
        ({"classes": 1}, "classes: expected at least 2, got 1"),
        ({"pool_after": [3]}, "pool_after: expected numbers of convolutions from 1 to 2, got \\[3\\]"),
        ({"image_shape": (1, 9, 3)}, "1 poolings leave nothing of an image of 1x9 pixels"),
    ],
)
def test_says_what_is_wrong_with_the_settings(changes, said):
    with pytest.raises(InputError, match=said):
        build(**{**SMALL, **changes})
