"""What a network does with a batch: learn from it, be measured on it, answer it; all as compiled functions.

A batch has the same size each time: uint8 images (N, H, W, C), int32 labels (N,), and float32 weights (N,), where an
image of weight 0 counts in nothing. Its sums are float32 (3, classes): of the images of each class the summed loss,
cross entropy in nats, and how many are right; and how many images are predicted to be of the class.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import keras
import tensorflow as tf

from stages.nicknet.convolution import Factors
from stages.nicknet.network import Nicknet


def side_by_side(function: Callable[..., Any], *batch: tf.Tensor, parts: int = 2) -> list:
    """What a function returns for each of the parts of a batch, of nearly equal size; none is empty.

    TensorFlow computes functions that do not need each other side by side. Two halves of a batch keep two cores
    busy where the many small operations of a network cannot be divided well among threads.
    """
    size = batch[0].shape[0]
    parts = min(parts, size)
    edges = [size * part // parts for part in range(parts + 1)]
    return [function(*(values[first:end] for values in batch)) for first, end in pairwise(edges)]


def learning(model: Nicknet, label_smoothing: float = 0, parts: int = 2) -> Callable[..., tf.Tensor]:
    """A step of model.optimizer on a batch of images, labels and weights; returns its sums from before it.

    After the weights may follow the arrays of dropout, see Nicknet.features. label_smoothing: 0..1, the share of the
    labels that is spread over all classes (Szegedy et al. 2016); the sums are without it. parts: of the batch, computed
    side by side; gradients are summed over them, so that the last bits depend on their number.
    """

    @tf.function(jit_compile=model.xla)
    def of_part(
        values: list[tf.Tensor],
        factors: list[Factors],
        total: tf.Tensor,
        images: tf.Tensor,
        labels: tf.Tensor,
        weights: tf.Tensor,
        *dropout: tf.Tensor,
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        variables = zip(model.trainable_variables, values, strict=True)
        with tf.GradientTape() as tape, keras.StatelessScope(list(variables)):
            tape.watch(values)
            logits = model.logits(images, factors, dropout)
            losses = _losses(labels, logits)
            minimised = _smoothed(losses, logits, label_smoothing) if label_smoothing else losses
            loss = tf.reduce_sum(minimised * weights) / total
        return tape.gradient(loss, values), _sums(labels, logits, losses, weights)

    # Each layer's factors have a compiled function of their own, so that they are computed side by side.
    compiled = [
        (tf.function(layer.convolution.kernel_factors, jit_compile=True), layer.kernel)
        for layer in model.large_convolutions()
    ]

    @tf.function
    def step(images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor, *dropout: tf.Tensor) -> tf.Tensor:
        values = [variable.value for variable in model.trainable_variables]
        factors = [kernel_factors(kernel.value) for kernel_factors, kernel in compiled]
        learn = partial(of_part, values, factors, tf.reduce_sum(weights))
        gradients, sums = zip(*side_by_side(learn, images, labels, weights, *dropout, parts=parts), strict=True)
        summed = [tf.add_n(of_parts) for of_parts in zip(*gradients, strict=True)]
        model.optimizer.apply(summed, model.trainable_variables)
        return tf.add_n(sums)

    return step


def measuring(
    model: Nicknet, parts: int = 2
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """The sums of a batch of images, labels and weights, and the predicted classes, int32 (N,)."""

    @tf.function(jit_compile=model.xla)
    def of_part(images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        logits = model.logits(images)
        return _sums(labels, logits, _losses(labels, logits), weights), _predicted(logits)

    @tf.function
    def measure(*batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        sums, predicted = zip(*side_by_side(of_part, *batch, parts=parts), strict=True)
        return tf.add_n(sums), tf.concat(predicted, axis=0)

    return measure


def answering(model: Nicknet) -> Callable[..., list[tf.Tensor]]:
    """The features, float32 (N, units), and the logits, float32 (N, classes), of a batch of images.

    Of images, the values of model.trainable_variables and the factors of its kernels: compiled once for all weights.
    """

    @tf.function(jit_compile=model.xla)
    def of_part(images: tf.Tensor, values: list[tf.Tensor], factors: list[Factors]) -> tuple[tf.Tensor, tf.Tensor]:
        with keras.StatelessScope(list(zip(model.trainable_variables, values, strict=True))):
            features = model.features(images, factors)
            return features, model.layers[-1](features)

    @tf.function
    def answer(images: tf.Tensor, values: list[tf.Tensor], factors: list[Factors]) -> list[tf.Tensor]:
        parts = side_by_side(partial(of_part, values=values, factors=factors), images)
        return [tf.concat(values, axis=0) for values in zip(*parts, strict=True)]

    return answer


def _losses(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def _smoothed(losses: tf.Tensor, logits: tf.Tensor, share: float) -> tf.Tensor:
    """(1 - share) x the cross entropy of the label + share x the mean of those of all classes."""
    of_all = tf.reduce_logsumexp(logits, axis=-1) - tf.reduce_mean(logits, axis=-1)
    return (1 - share) * losses + share * of_all


def _predicted(logits: tf.Tensor) -> tf.Tensor:
    return tf.argmax(logits, axis=-1, output_type=tf.int32)


def _sums(labels: tf.Tensor, logits: tf.Tensor, losses: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    classes = logits.shape[-1]
    true, predicted = tf.one_hot(labels, classes), tf.one_hot(_predicted(logits), classes) * weights[:, None]
    return tf.stack(
        [
            tf.reduce_sum(true * (losses * weights)[:, None], axis=0),
            tf.reduce_sum(true * predicted, axis=0),
            tf.reduce_sum(predicted, axis=0),
        ]
    )
