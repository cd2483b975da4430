"""A .keras file is loaded without executing anything of it, and asked about images 0..255."""

import numpy as np
import pytest

from stages.errors import InputError
from stages.settings import PretrainedSettings

pytestmark = pytest.mark.slow
SHAPE, IMAGES = (8, 8, 3), np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def keras():
    from stages.nicknet import runtime

    runtime.prepare()
    import keras

    return keras


def saved(keras, folder, *layers, shape=SHAPE):
    model = keras.Sequential([keras.Input(shape), *layers])
    model.save(folder / "m.keras")
    return model


def loaded(folder, scaling="unit", classes=4):
    from stages.nicknet import inference

    (folder / "m.keras").replace(folder / "0.weights.h5")  # as train leaves it
    settings = PretrainedSettings(model="m.keras", scaling=scaling)
    return inference.load(settings, folder / "0.weights.h5", SHAPE, classes)


@pytest.mark.parametrize(("scaling", "low", "high"), [("unit", 0, 1), ("byte", 0, 255), ("signed", -1, 1)])
def test_it_sees_pixels_as_it_learned_them(keras, tmp_path, scaling, low, high):
    from stages.nicknet import inference

    layers = keras.layers
    model = saved(keras, tmp_path, layers.Flatten(), layers.Dense(6, "relu"), layers.Dropout(0.5), layers.Dense(4))
    expected = model(low + IMAGES.astype("float32") / 255 * (high - low), training=False).numpy()
    trained = loaded(tmp_path, scaling)
    np.testing.assert_allclose(inference.logits(trained, IMAGES), expected, rtol=1e-4, atol=1e-4 * high)
    assert inference.features(trained, IMAGES).shape == (5, 6)


@pytest.mark.parametrize("ending", ["in the layer", "a layer"])
def test_probabilities_stay_what_they_are(keras, tmp_path, ending):
    from stages.nicknet import inference

    last = [keras.layers.Dense(4, activation="softmax")]
    if ending == "a layer":
        last = [keras.layers.Dense(4), keras.layers.Softmax()]
    model = saved(keras, tmp_path, keras.layers.Conv2D(2, 3), keras.layers.Flatten(), *last)
    expected = model(IMAGES / np.float32(255)).numpy()
    trained = loaded(tmp_path)
    np.testing.assert_allclose(inference.probabilities(trained, IMAGES), expected, atol=1e-6)
    assert inference.features(trained, IMAGES).shape == (5, 72)


def test_without_a_dense_layer_at_the_end_the_answers_are_the_features(keras, tmp_path):
    from stages.nicknet import inference

    inner = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(4)])
    saved(keras, tmp_path, inner)
    trained = loaded(tmp_path)
    np.testing.assert_array_equal(inference.features(trained, IMAGES), inference.logits(trained, IMAGES))


def test_what_does_not_fit_is_refused(keras, tmp_path):
    layers = keras.layers
    saved(keras, tmp_path, layers.Flatten(), layers.Dense(4))
    with pytest.raises(InputError, match=r"answers \(4\) for an image; expected a number for each of 3 classes"):
        loaded(tmp_path, classes=3)
    saved(keras, tmp_path, layers.Flatten(), layers.Dense(4, activation="sigmoid"))
    with pytest.raises(InputError, match="answers numbers from 0 to 1 that do not sum to 1, as a sigmoid does"):
        loaded(tmp_path)
    saved(keras, tmp_path, layers.Flatten(), layers.Dense(4), shape=(9, 9, 3))
    with pytest.raises(InputError, match=r"0.weights.h5 does not take images of \(8, 8, 3\): "):
        loaded(tmp_path)
    saved(keras, tmp_path, layers.Lambda(lambda x: x / 0), layers.Flatten(), layers.Dense(4))
    with pytest.raises(InputError, match=r"cannot be loaded by Keras [\d.]+ in safe mode: .*Lambda"):
        loaded(tmp_path)


def test_answers_that_are_no_numbers_are_refused(keras, tmp_path):
    layers = keras.layers
    saved(keras, tmp_path, layers.Rescaling(float("inf")), layers.Flatten(), layers.Dense(4))
    with pytest.raises(InputError, match=r"answers NaN or infinity\. Does its scaling suit it"):
        loaded(tmp_path)
