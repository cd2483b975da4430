"""Serves the time of one convolution, forward and both gradients: python -m benchmarks.layer_worker stock|ours."""

import sys
import time
from importlib import import_module

from benchmarks.workers import limit, serve


def main(way):
    if way == "ours":
        import_module("stages.nicknet")  # prepares the process
        limit()
    import keras
    import tensorflow as tf

    def halves_and_layer(size, kernel, channels, filters, images):
        """The images as the layer takes them, the layer, and its way of computing."""
        values = tf.random.normal((images, size, size, channels))
        direct = keras.layers.Conv2D(filters, kernel, padding="same", activation="relu")
        if way == "stock":
            return [values], direct, "direct"
        from stages.nicknet.convolution import fastest, transform_pays
        from stages.nicknet.layer import BatchLastConv2D
        from stages.nicknet.steps import side_by_side

        if not transform_pays(kernel):
            return side_by_side(tf.identity, values), direct, "direct"
        layer = BatchLastConv2D(filters, kernel, "glorot_uniform", "ours")
        halves = side_by_side(lambda half: tf.transpose(half, (1, 2, 3, 0)), values)
        return halves, layer, fastest(channels, filters).__name__.lower()

    def answer(size, kernel, channels, filters, images, repeats):
        inputs, layer, chosen = halves_and_layer(size, kernel, channels, filters, images)
        layer.build(inputs[0].shape)

        @tf.function(jit_compile=chosen != "direct")
        def of_part(inputs, upstream):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = layer(inputs)
            return tape.gradient(outputs, [inputs, *layer.trainable_variables], upstream)

        @tf.function
        def step(inputs, upstream):
            return [of_part(*of_both) for of_both in zip(inputs, upstream, strict=True)]

        upstream = [tf.random.normal(layer.compute_output_shape(half.shape)) for half in inputs]
        for _ in range(3):
            step(inputs, upstream)
        seconds = []
        for _ in range(repeats):
            start = time.perf_counter()
            step(inputs, upstream)
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds, "way": chosen}

    serve(answer)


if __name__ == "__main__":
    main(sys.argv[1])
