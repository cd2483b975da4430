"""The networks as a whole, their steps and answers, against the same from stock Keras layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from stages.errors import InputError
from stages.nicknet import inference, steps
from stages.nicknet.batches import batches, order
from stages.nicknet.network import build
from stages.settings import NetworkSettings
from tests import worlds

PUBLISHED = NetworkSettings(**worlds.settings("sgd", 15, learning_rate=0.05, epochs=1, batch_size=12))
SMALL = PUBLISHED.model_copy(update={"kernel_size": 7, "filters": [4, 6], "pool_after": [2], "dense_units": [16]})
SHAPE = (12, 10, 3)


def small(shape=SHAPE, classes=3, seed=0, **changes):
    """A small network, and the same from stock layers with the same weights."""
    settings = SMALL.model_copy(update=changes)
    stock = keras.Sequential([keras.Input(shape), keras.layers.Rescaling(1 / 255)])
    for number, filters in enumerate(settings.filters, start=1):
        stock.add(keras.layers.Conv2D(filters, settings.kernel_size, padding="same", activation="relu"))
        if number in settings.pool_after:
            stock.add(keras.layers.MaxPooling2D())
    stock.add(keras.layers.Flatten())
    for units in settings.dense_units:
        stock.add(keras.layers.Dense(units, activation="relu"))
    stock.add(keras.layers.Dense(classes))
    model = build(settings, shape, classes, seed)
    stock.set_weights(model.get_weights())
    return model, stock


def images_and_labels(count, shape=SHAPE, classes=3):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, *shape), "uint8"), rng.integers(0, classes, count, "int32")


def test_published_network_has_its_weights_and_names():
    for kernel_size, count in ((15, 1_834_714), (3, 582_778)):
        model = build(PUBLISHED.model_copy(update={"kernel_size": kernel_size}), (32, 32, 3), 10, 0)
        assert model.count_params() == count
        named = [layer.name for layer in model.layers if layer.weights]
        assert named == ["conv1", "conv2", "conv3", "conv4", "conv5", "dense1", "dense2", "logits"]


@pytest.mark.parametrize(("count", "dtype"), [(1, "uint8"), (5, "float32"), (130, "uint8")])
@pytest.mark.parametrize(
    ("shape", "changes"),
    [(SHAPE, {}), (SHAPE, {"kernel_size": 3}), (SHAPE, {"dense_units": []}), ((9, 7, 1), {"kernel_size": 20})],
)
def test_answers_are_those_of_stock_keras(shape, changes, count, dtype):
    model, stock = small(shape, **changes)
    images = images_and_labels(count, shape)[0].astype(dtype)
    expected, trained = np.asarray(stock(images)), inference.ready(model)
    got = inference.logits(trained, images)
    assert (got.shape, got.dtype) == (expected.shape, np.float32)
    assert np.abs(got - expected).max() < 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(inference.probabilities(trained, images), tf.nn.softmax(expected), atol=1e-5)
    hidden = keras.Model(stock.inputs[0], stock.layers[-1].input)
    np.testing.assert_allclose(inference.features(trained, images), hidden(images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kernel_size", [3, 7])
@pytest.mark.parametrize(("count", "parts"), [(1, 2), (2, 2), (25, 2), (25, 4)])
def test_learning_steps_are_those_of_stock_keras(count, parts, kernel_size):
    model, stock = small(kernel_size=kernel_size)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for one in (model, stock):
        one.compile(keras.optimizers.SGD(0.05), loss=loss)
        one.optimizer.build(one.trainable_variables)
    learn, batch = steps.learning(model, parts=parts), (*images_and_labels(count), np.ones(count, "float32"))
    losses = [learn(*batch).numpy()[0].sum() / count for _ in range(4)]
    np.testing.assert_allclose(losses, [stock.train_on_batch(*batch) for _ in range(4)], rtol=1e-5)
    assert losses[-1] < losses[0]
    for ours, kerass in zip(model.get_weights(), stock.get_weights(), strict=True):
        np.testing.assert_allclose(ours, kerass, rtol=1e-4, atol=1e-5)


def test_images_of_weight_0_count_in_nothing():
    images, labels = images_and_labels(16)
    weights, results = (np.arange(16) < 10).astype("float32"), []
    for batch in ((images, labels, weights), (images[:10], labels[:10], weights[:10])):
        model, _ = small()
        model.compile(keras.optimizers.SGD(0.1))
        model.optimizer.build(model.trainable_variables)
        measured, predicted = steps.measuring(model)(*batch)
        np.testing.assert_array_equal(predicted, model.logits(batch[0]).numpy().argmax(axis=1))
        results.append([measured, steps.learning(model)(*batch), *model.get_weights()])
    for padded, plain in zip(*results, strict=True):
        np.testing.assert_allclose(padded, plain, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(results[0][0], results[0][1], rtol=1e-5)
    assert results[0][0][2].numpy().sum() == 10


def test_parts_hold_every_image_once_and_are_never_empty():
    for size, parts, lengths in (
        (1, 2, [1]),
        (5, 2, [2, 3]),
        (128, 2, [64, 64]),
        (3, 4, [1, 1, 1]),
        (6, 4, [1, 2, 1, 2]),
    ):
        held = steps.side_by_side(lambda *of: (of[0].tolist(), len(of[1])), np.arange(size), range(size), parts=parts)
        assert [count for _, count in held] == lengths
        assert sum((images for images, _ in held), []) == list(range(size))


def test_batches_hold_every_index_once_at_weight_1():
    indices = np.arange(0, 70, 2)
    listed = list(batches(indices, 16))
    assert [len(batch) for batch, _ in listed] == [16] * 3
    assert np.concatenate([batch[weights > 0] for batch, weights in listed]).tolist() == indices.tolist()


def test_the_order_is_the_seeds_and_the_epochs():
    indices = np.arange(0, 70, 2)
    assert sorted(order(indices, 3, 1)) == indices.tolist()
    assert np.array_equal(order(indices, 3, 1), order(indices, 3, 1))
    assert not np.array_equal(order(indices, 3, 1), order(indices, 3, 2))
    assert not np.array_equal(order(indices, 3, 1), order(indices, 4, 1))


def test_seeds_give_each_layer_its_own_stream():
    (one, _), (again, _), (other, _) = (small(seed=seed) for seed in (0, 0, 1))
    for a, b, c in zip(one.get_weights(), again.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.ndim == 1 or not np.array_equal(a, c)
    square, _ = small(filters=[3, 3], kernel_size=3)
    assert not np.array_equal(square.get_layer("conv1").kernel, square.get_layer("conv2").kernel)


def test_initial_weights_are_he_normal():
    kernel = np.asarray(build(PUBLISHED, (32, 32, 3), 10, 0).get_layer("conv4").kernel)
    assert np.std(kernel) == pytest.approx(np.sqrt(2 / (15 * 15 * 48)), rel=0.02)


def test_an_image_too_small_for_the_poolings_is_refused():
    with pytest.raises(InputError, match="pool_after: 1 poolings leave nothing of an image of 1x9 pixels"):
        build(SMALL, (1, 9, 3), 3, 0)


def test_weights_that_are_missing_damaged_or_another_networks_are_refused(tmp_path):
    path = tmp_path / "0.weights.h5"
    with pytest.raises(InputError, match=r"is missing\. Run `dvc repro` to train the network"):
        inference.load(SMALL, path, SHAPE, 3)
    small(dense_units=[17])[0].save_weights(path)
    with pytest.raises(InputError, match="does not hold this network's weights"):
        inference.load(SMALL, path, SHAPE, 3)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="does not hold this network's weights"):
        inference.load(SMALL, path, SHAPE, 3)


@pytest.mark.parametrize("kernel_size", [3, 7])
def test_weights_that_a_network_is_given_later_change_nothing_of_the_earlier(tmp_path, kernel_size):
    paths = [tmp_path / f"{seed}.weights.h5" for seed in (0, 1)]
    for seed, path in enumerate(paths):
        small(kernel_size=kernel_size, seed=seed)[0].save_weights(path)
    settings = SMALL.model_copy(update={"kernel_size": kernel_size})
    network, images = inference.Network(settings, SHAPE, 3), images_and_labels(5, SHAPE)[0]
    trained = [network.trained(path) for path in paths]
    for path, each in zip(paths, trained, strict=True):
        alone = inference.load(settings, path, SHAPE, 3)
        np.testing.assert_array_equal(inference.logits(each, images), inference.logits(alone, images))
    assert not np.array_equal(*(inference.logits(each, images) for each in trained))
