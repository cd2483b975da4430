"""The convolution by transforms against its definition in NumPy, and its layer against keras.layers.Conv2D."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.nicknet.convolution import Blocks, Karatsuba, fastest, transform_pays
from stages.nicknet.layer import BatchLastConv2D

WAYS = pytest.mark.parametrize("way", [Blocks, Karatsuba])


@st.composite
def shapes(draw):
    """(height, width, channels, N, kernel size, filters), kernels up to twice the map."""
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    small = st.integers(1, 4)
    return height, width, draw(small), draw(small), draw(st.integers(1, 2 * max(height, width) + 1)), draw(small)


def arrays(shape):
    """Images, kernel and upstream gradient, float64."""
    height, width, channels, count, kernel_size, filters = shape
    rng = np.random.default_rng(0)
    sizes = (
        (height, width, channels, count),
        (kernel_size, kernel_size, channels, filters),
        (height, width, filters, count),
    )
    return [rng.normal(size=size) for size in sizes]


def definition(images, kernel, upstream):
    """Output and both gradients: output n is the sum over taps j of kernel[j] * image[n + j - (size - 1) // 2]."""
    (height, width), size = images.shape[:2], len(kernel)
    before, after = (size - 1) // 2, size // 2
    padded = np.pad(images, ((before, after), (before, after), (0, 0), (0, 0)))
    output, of_images, of_kernel = np.zeros_like(upstream), np.zeros_like(padded), np.zeros_like(kernel)
    for i, j in np.ndindex(size, size):
        window = np.s_[i : i + height, j : j + width]
        output += np.einsum("hwcn,cf->hwfn", padded[window], kernel[i, j])
        of_images[window] += np.einsum("hwfn,cf->hwcn", upstream, kernel[i, j])
        of_kernel[i, j] = np.einsum("hwcn,hwfn->cf", padded[window], upstream)
    return output, of_images[before : before + height, before : before + width], of_kernel


def computed(way, images, kernel, upstream, dtype):
    images, kernel = tf.constant(images, dtype), tf.constant(kernel, dtype)
    with tf.GradientTape() as tape:
        tape.watch((images, kernel))
        outputs = way(*images.shape[:2], len(kernel))(images, kernel)
    return outputs, *tape.gradient(outputs, (images, kernel), tf.constant(upstream, dtype))


def assert_close(got, expected, error):
    """Errors relative to the largest value of the same array."""
    for ours, exact in zip(got, expected, strict=True):
        assert ours.shape == exact.shape
        assert np.abs(ours - exact).max() < error * np.abs(exact).max()


@WAYS
@settings(max_examples=40, deadline=None, derandomize=True)
@given(shape=shapes())
def test_output_and_both_gradients_are_those_of_the_definition(way, shape):
    expected = definition(*arrays(shape))
    for dtype, error in (("float64", 1e-13), ("float32", 1e-5)):
        assert_close(computed(way, *arrays(shape), dtype), expected, error)


@WAYS
@pytest.mark.parametrize("shape", [(16, 16, 12, 4, 15, 32), (150, 150, 1, 1, 4, 1)])
def test_at_the_size_of_the_published_network_and_on_a_map_too_large_for_repeated_constants(way, shape):
    assert_close(computed(way, *arrays(shape), "float32"), definition(*arrays(shape)), 3e-6)


@WAYS
def test_values_worked_out_by_hand(way):
    # A kernel of three taps pads one zero on each side; one of four pads one more after than before.
    row = np.array([1.0, 2, 3, 4]).reshape(1, 4, 1, 1)
    for taps, expected in (([10, 1, 100], [201, 312, 423, 34]), ([1, 0, 0, 0], [0, 1, 2, 3])):
        kernel = np.zeros((len(taps), len(taps), 1, 1))
        kernel[1, :, 0, 0] = taps
        outputs = way(1, 4, len(taps))(tf.constant(row), tf.constant(kernel))
        np.testing.assert_allclose(np.ravel(outputs), expected, atol=1e-12)


@WAYS
def test_rows_and_columns_of_the_output_come_as_they_are_asked_for(way):
    images, kernel, _ = map(tf.constant, arrays((5, 4, 2, 3, 7, 2)))
    whole = way(5, 4, 7)(images, kernel).numpy()
    kept = way(5, 4, 7, kept=([3, 0], [2, 1, 3]))(images, kernel)
    np.testing.assert_allclose(kept, whole[[3, 0]][:, [2, 1, 3]], atol=1e-12)


def batch_last_layer(channels, filters, kernel_size, pool, size=(8, 6), images=3):
    """A layer with random weights, and images for it."""
    rng = np.random.default_rng(0)
    layer = BatchLastConv2D(filters, kernel_size, keras.initializers.HeNormal(seed=1), "conv", pool=pool)
    layer.build((*size, channels, None))
    layer.bias.assign(rng.normal(size=filters))
    return layer, tf.constant(rng.normal(size=(*size, channels, images)), "float32")


def with_gradients(function, images, variables, upstream):
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = function(images)
    return [outputs, *tape.gradient(outputs, [images, *(variable.value for variable in variables)], upstream)]


@pytest.mark.parametrize(("channels", "filters"), [(2, 5), (48, 50)])
@pytest.mark.parametrize("size", [(8, 6), (9, 5)])
@pytest.mark.parametrize("kernel_size", [4, 7, 20])
@pytest.mark.parametrize("pool", [False, True])
def test_the_layer_is_conv2d_with_relu_and_pooling(channels, filters, size, kernel_size, pool):
    layer, images = batch_last_layer(channels, filters, kernel_size, pool, size)
    stock = keras.layers.Conv2D(filters, kernel_size, padding="same", activation="relu")
    stock.build((None, *size, channels))
    stock.set_weights(layer.get_weights())
    pooled = keras.layers.MaxPooling2D() if pool else tf.identity
    upstream = tf.random.stateless_normal(layer.compute_output_shape(images.shape), (0, 0))
    got = with_gradients(layer, images, layer.trainable_variables, upstream)
    moved, moved_upstream = (tf.transpose(values, (3, 0, 1, 2)) for values in (images, upstream))
    expected = with_gradients(lambda x: pooled(stock(x)), moved, stock.trainable_variables, moved_upstream)
    expected[:2] = (tf.transpose(values, (1, 2, 3, 0)) for values in expected[:2])
    assert_close([values.numpy() for values in got], [values.numpy() for values in expected], 2e-5)


@pytest.mark.parametrize("pool", [False, True])
@pytest.mark.parametrize("channels", [3, 48])
def test_factors_stand_in_for_the_kernel(pool, channels):
    layer, images = batch_last_layer(channels, 48, 7, pool)
    kernel_factors = layer.convolution.kernel_factors
    upstream = tf.ones(layer.compute_output_shape(images.shape))
    alone = with_gradients(layer, images, layer.trainable_variables, upstream)
    factors = kernel_factors(layer.kernel.value)
    shared = with_gradients(lambda x: layer(x, factors), images, layer.trainable_variables, upstream)
    for one, other in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(one, other)
    layer.bias.assign(np.zeros(48))
    doubled = layer(images, kernel_factors(2 * layer.kernel.value))
    np.testing.assert_allclose(doubled, 2 * layer(images), rtol=1e-4, atol=1e-4)


def test_equal_maxima_share_the_gradient():
    layer, images = batch_last_layer(1, 1, 1, pool=True, size=(2, 2), images=1)
    layer.set_weights([np.ones((1, 1, 1, 1)), np.ones(1)])
    _, of_images, *_ = with_gradients(layer, tf.zeros_like(images), layer.trainable_variables, tf.ones((1, 1, 1, 1)))
    np.testing.assert_allclose(np.ravel(of_images), [0.25] * 4, rtol=1e-6)


def test_small_kernels_go_the_direct_way_larger_ones_by_blocks_and_many_channels_by_karatsuba():
    assert [transform_pays(size) for size in (1, 3, 4, 15)] == [False, False, True, True]
    assert [fastest(*shape) for shape in ((48, 64), (64, 48), (47, 64), (64, 47))] == [Karatsuba] * 2 + [Blocks] * 2
