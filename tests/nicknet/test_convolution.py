"""The large-kernel convolution against keras.layers.Conv2D in float64, over all shapes and ways of computing."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras.src import testing

from stages.nicknet import convolution
from stages.nicknet.convolution import BLOCK, DIRECT, KARATSUBA, BatchLastConv2D, LargeKernelConv2D

WAYS = (BLOCK, KARATSUBA)
# Largest error relative to the largest value of the same array.
FLOAT64_ERROR = 1e-13
FLOAT32_ERROR = 1e-5


@st.composite
def shapes(draw):
    """(images, height, width, channels, kernel height, kernel width, filters), kernels up to twice the map."""
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    kernel_height, kernel_width = draw(st.integers(1, 2 * height + 1)), draw(st.integers(1, 2 * width + 1))
    return (
        draw(st.integers(1, 3)),
        height,
        width,
        draw(st.integers(1, 4)),
        kernel_height,
        kernel_width,
        draw(st.integers(1, 4)),
    )


def arrays(shape, seed=0):
    """Images, kernel and upstream gradient, float64."""
    images, height, width, channels, kernel_height, kernel_width, filters = shape
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(images, height, width, channels)),
        rng.normal(size=(kernel_height, kernel_width, channels, filters)),
        rng.normal(size=(images, height, width, filters)),
    )


def with_gradients(function, images, kernel, upstream, dtype):
    images, kernel = tf.constant(images, dtype), tf.constant(kernel, dtype)
    with tf.GradientTape() as tape:
        tape.watch((images, kernel))
        outputs = function(images, kernel)
    return outputs, *tape.gradient(outputs, (images, kernel), tf.constant(upstream, dtype))


def reference(images, kernel):
    return tf.nn.conv2d(images, kernel, 1, "SAME")


def direct_sum(images, kernel):
    """The definition, in NumPy."""
    (height, width), (kernel_height, kernel_width) = images.shape[1:3], kernel.shape[:2]
    borders = [((size - 1) // 2, size // 2) for size in kernel.shape[:2]]
    padded = np.pad(images, ((0, 0), *borders, (0, 0)))
    return sum(
        padded[:, i : i + height, j : j + width] @ kernel[i, j]
        for i in range(kernel_height)
        for j in range(kernel_width)
    )


def batch_last(way):
    def function(images, kernel):
        images = tf.transpose(images, (1, 2, 3, 0))
        height, width = images.shape[:2]
        outputs = convolution.convolve_batch_last(images, kernel, range(height), range(width), way == KARATSUBA)
        return tf.transpose(outputs, (3, 0, 1, 2))

    return function


def error(got, expected):
    return np.abs(got - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(shape=shapes())
def test_output_and_both_gradients_are_those_of_conv2d(way, shape):
    images, kernel, upstream = arrays(shape)
    expected = with_gradients(reference, images, kernel, upstream, "float64")
    for dtype, largest in (("float64", FLOAT64_ERROR), ("float32", FLOAT32_ERROR)):
        for got, wanted in zip(with_gradients(batch_last(way), images, kernel, upstream, dtype), expected, strict=True):
            assert error(got.numpy(), wanted.numpy()) < largest


@pytest.mark.parametrize("way", WAYS)
def test_at_the_size_of_the_published_network(way):
    images, kernel, upstream = arrays((4, 16, 16, 12, 15, 15, 32))
    expected = with_gradients(reference, images, kernel, upstream, "float64")
    for got, wanted in zip(with_gradients(batch_last(way), images, kernel, upstream, "float32"), expected, strict=True):
        assert error(got.numpy(), wanted.numpy()) < 3e-6


@pytest.mark.parametrize("way", WAYS)
def test_values_worked_out_by_hand(way):
    # Output n = sum over taps j of kernel[j] * image[n + j - 1].
    images = np.array([1.0, 2, 3]).reshape(1, 1, 3, 1)
    kernel = np.array([10.0, 1, 100]).reshape(1, 3, 1, 1)
    outputs = batch_last(way)(tf.constant(images), tf.constant(kernel))
    np.testing.assert_allclose(np.ravel(outputs), [201, 312, 23], rtol=1e-13)


def test_an_even_kernel_pads_one_more_after_than_before():
    images, kernel = np.arange(1.0, 5).reshape(1, 1, 4, 1), np.array([1.0, 0, 0, 0]).reshape(1, 4, 1, 1)
    outputs = batch_last(BLOCK)(tf.constant(images), tf.constant(kernel))
    np.testing.assert_allclose(np.ravel(outputs), [0, 1, 2, 3], atol=1e-14)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_layer_takes_both_data_formats(data_format, monkeypatch):
    monkeypatch.setattr(convolution, "way_of_computing", lambda *shape: BLOCK)
    images = np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype("float32")
    layer = LargeKernelConv2D(4, (5, 8), data_format=data_format, bias_initializer="ones")
    moved = images if data_format == "channels_last" else images.transpose(0, 3, 1, 2)
    got = np.asarray(layer(moved))
    assert layer.compute_output_shape(moved.shape) == got.shape
    got = got if data_format == "channels_last" else got.transpose(0, 2, 3, 1)
    assert error(got, reference(images.astype("float64"), np.float64(layer.kernel)).numpy() + 1) < FLOAT32_ERROR


@pytest.mark.parametrize("size", [(8, 8), (7, 6), (9, 5)])
@pytest.mark.parametrize("pool", [False, True])
@pytest.mark.parametrize("karatsuba", [False, True])
def test_batch_last_layer_is_convolution_relu_and_pooling(karatsuba, size, pool, monkeypatch):
    monkeypatch.setattr(convolution, "_karatsuba_pays", lambda *channels: karatsuba)
    images = np.random.default_rng(0).normal(size=(3, *size, 2)).astype("float32")
    layer = BatchLastConv2D(5, 7, pool=pool, activation="relu", bias_initializer="normal")
    stock = [keras.layers.Conv2D(5, 7, padding="same", activation="relu")]
    stock += [keras.layers.MaxPooling2D()] * pool
    moved = tf.constant(images.transpose(1, 2, 3, 0))
    layer.build(moved.shape)
    stock[0].build(images.shape)
    stock[0].set_weights(layer.get_weights())
    upstream = np.random.default_rng(1).normal(size=layer.compute_output_shape(moved.shape)).astype("float32")
    with tf.GradientTape() as tape:
        got = layer(moved)
    gradients = tape.gradient(got, layer.trainable_variables, upstream)
    with tf.GradientTape() as tape:
        expected = tf.constant(images)
        for step in stock:
            expected = step(expected)
    expected_gradients = tape.gradient(expected, stock[0].trainable_variables, upstream.transpose(3, 0, 1, 2))
    assert error(got.numpy().transpose(3, 0, 1, 2), expected.numpy()) < FLOAT32_ERROR
    for one, other in zip(gradients, expected_gradients, strict=True):
        assert error(one.numpy(), other.numpy()) < FLOAT32_ERROR


@pytest.mark.parametrize("karatsuba", [False, True])
@pytest.mark.parametrize("pool", [False, True])
def test_factors_computed_before_give_the_same_output_and_gradients(pool, karatsuba, monkeypatch):
    monkeypatch.setattr(convolution, "_karatsuba_pays", lambda *channels: karatsuba)
    images = tf.constant(np.random.default_rng(0).normal(size=(8, 6, 3, 2)).astype("float32"))
    layer = BatchLastConv2D(4, 7, pool=pool)
    layer.build(images.shape)

    def results():
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = layer(images)
        return outputs, *tape.gradient(outputs, [images, *layer.trainable_variables])

    expected = results()
    layer.factors = layer.kernel_factors(layer.kernel)
    for one, other in zip(results(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_factors_stand_in_for_the_kernel():
    images = tf.constant(np.random.default_rng(0).normal(size=(9, 8, 3, 2)).astype("float32"))
    layer = BatchLastConv2D(4, 7)
    before = layer(images).numpy()
    layer.factors = layer.kernel_factors(layer.kernel)
    layer.set_weights([2 * value for value in layer.get_weights()])
    np.testing.assert_array_equal(layer(images), before)
    layer.factors = None
    np.testing.assert_allclose(layer(images), 2 * before, rtol=1e-5, atol=1e-5)


def test_equal_maxima_share_the_gradient():
    values = tf.constant(np.array([3.0, 3, 1, 0]).reshape(2, 1, 2, 1, 1, 1))
    with tf.GradientTape() as tape:
        tape.watch(values)
        result = convolution._max_of_slices(values)
    assert np.ravel(result) == [3]
    np.testing.assert_array_equal(np.ravel(tape.gradient(result, values)), [0.5, 0.5, 0, 0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"strides": 2}, r"supports strides=\(1, 1\) only, got \(2, 2\)"),
        ({"padding": "valid"}, "supports padding='same' only, got 'valid'"),
        ({"dilation_rate": (1, 2)}, r"supports dilation_rate=\(1, 1\) only, got \(1, 2\)"),
        ({"groups": 2}, "supports groups=1 only, got 2"),
    ],
)
def test_refuses_what_it_cannot_do_and_says_what_can(arguments, said):
    with pytest.raises(ValueError, match=said + ".*keras.layers.Conv2D"):
        LargeKernelConv2D(4, 3, **arguments)


def test_starts_with_the_weights_of_conv2d():
    arguments = {"kernel_initializer": keras.initializers.HeNormal(seed=5), "bias_initializer": "ones"}
    layer, stock = LargeKernelConv2D(4, 7, **arguments), keras.layers.Conv2D(4, 7, padding="same", **arguments)
    for one in (layer, stock):
        one.build((None, 8, 8, 3))
    assert [v.path.split("/")[-1] for v in layer.variables] == [v.path.split("/")[-1] for v in stock.variables]
    for one, other in zip(layer.get_weights(), stock.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_configuration_is_that_of_conv2d():
    layer = LargeKernelConv2D(4, (7, 2), activation="relu", use_bias=False, name="c", kernel_regularizer="l2")
    stock = keras.layers.Conv2D.from_config(layer.get_config())
    assert stock.get_config() == layer.get_config()
    assert LargeKernelConv2D.from_config(stock.get_config()).get_config() == layer.get_config()
    assert BatchLastConv2D.from_config(BatchLastConv2D(4, 7, pool=True).get_config()).pool


def test_a_saved_model_comes_back_and_stock_takes_its_weights(tmp_path):
    def model(layer):
        return keras.Sequential([keras.Input((9, 9, 2)), layer(3, 7, padding="same", name="conv")])

    images = np.random.default_rng(0).normal(size=(2, 9, 9, 2)).astype("float32")
    original, stock = model(LargeKernelConv2D), model(keras.layers.Conv2D)
    original.save(tmp_path / "model.keras")
    back = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(back(images), original(images))
    stock.set_weights(original.get_weights())
    assert error(np.asarray(original(images)), np.asarray(stock(images))) < FLOAT32_ERROR


class TestAsKerasTestsItsOwn(testing.TestCase):
    """Keras's own checks of a layer and of Conv2D, those for strides 1 and padding 'same'."""

    def test_layer(self):
        for kernel_size in (2, 5, (4, 3)):
            self.run_layer_test(
                LargeKernelConv2D,
                init_kwargs={"filters": 6, "kernel_size": kernel_size, "data_format": "channels_last"},
                input_shape=(3, 16, 16, 4),
                expected_output_shape=(3, 16, 16, 6),
                expected_num_trainable_weights=2,
                expected_num_non_trainable_weights=0,
                expected_num_losses=0,
                supports_masking=False,
            )

    def test_values(self):
        for kernel_size in (2, 3, (4, 3), 11):
            layer = LargeKernelConv2D(6, kernel_size)
            inputs = np.random.default_rng(0).normal(size=(2, 8, 8, 4))
            layer.build(inputs.shape)
            kernel, bias = np.random.default_rng(1).normal(size=layer.kernel.shape), np.arange(6.0)
            layer.set_weights([kernel, bias])
            self.assertAllClose(layer(inputs), direct_sum(inputs, kernel) + bias, rtol=5e-4, atol=1e-4)

    def test_constraints(self):
        layer = LargeKernelConv2D(8, 2, kernel_constraint="non_neg", bias_constraint="unit_norm")
        layer.build((None, 5, 5, 5))
        assert isinstance(layer.kernel.constraint, keras.constraints.NonNeg)
        assert isinstance(layer.bias.constraint, keras.constraints.UnitNorm)

    def test_lora(self):
        layer = LargeKernelConv2D(5, 7)
        layer.build((None, 8, 8, 3))
        images = np.random.default_rng(0).normal(size=(2, 8, 8, 3))
        before = layer(images)
        layer.enable_lora(2)
        self.assertLen(layer.trainable_weights, 3)
        self.assertAllClose(layer(images), before)
        layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
        self.assertNotAllClose(layer(images), before)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_lower_precision_is_computed_in_float32(policy, monkeypatch):
    monkeypatch.setattr(convolution, "way_of_computing", lambda *shape: BLOCK)
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 3))
    layer = LargeKernelConv2D(4, 7, dtype=policy)
    outputs = layer(images)
    assert keras.backend.standardize_dtype(outputs.dtype) == policy.removeprefix("mixed_")
    assert error(np.float64(tf.cast(outputs, "float32")), reference(images, np.float64(layer.kernel)).numpy()) < 2e-2


def test_small_kernels_go_the_direct_way_larger_ones_by_blocks_and_many_channels_by_karatsuba():
    for kernel in ((1, 1), (2, 3), (3, 3), (1, 9)):
        assert convolution.way_of_computing(*kernel, 64, 64) == DIRECT
    for kernel in ((4, 3), (10, 10), (15, 15), (1, 15)):
        assert convolution.way_of_computing(*kernel, 32, 64) == BLOCK
        assert convolution.way_of_computing(*kernel, 48, 64) == KARATSUBA


def test_a_map_whose_constants_are_repeated_at_run_time(monkeypatch):
    monkeypatch.setattr(convolution, "_LARGEST_REPEATED", 0)
    images, kernel, upstream = arrays((2, 9, 8, 3, 7, 7, 4))
    expected = with_gradients(reference, images, kernel, upstream, "float64")
    for got, wanted in zip(
        with_gradients(batch_last(BLOCK), images, kernel, upstream, "float64"), expected, strict=True
    ):
        assert error(got.numpy(), wanted.numpy()) < FLOAT64_ERROR


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_every_backend_computes_the_same(backend):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    script = Path(__file__).with_name("on_a_backend.py")
    done = subprocess.run([sys.executable, script, backend], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert max(json.loads(done.stdout.splitlines()[-1])) < FLOAT32_ERROR
