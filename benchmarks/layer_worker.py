"""Serves the time of one convolution, forward and both gradients: python -m benchmarks.layer_worker stock|ours."""

import sys
import time

from benchmarks.workers import serve
from stages.nicknet import runtime


def main(way):
    if way == "ours":
        runtime.prepare()
    import keras
    import tensorflow as tf

    from stages.nicknet.convolution import DIRECT, BatchLastConv2D, way_of_computing

    def answer(size, kernel, channels, filters, images, repeats):
        chosen = DIRECT if way == "stock" else way_of_computing(kernel, kernel, channels, filters)
        if chosen == DIRECT:
            shape, layer = (images, size, size, channels), keras.layers.Conv2D(filters, kernel, padding="same")
        else:
            shape, layer = (size, size, channels, images), BatchLastConv2D(filters, kernel)
        layer.build(shape)

        @tf.function(jit_compile=chosen != DIRECT)
        def step(inputs, upstream):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = layer(inputs)
            return tape.gradient(outputs, [inputs, *layer.trainable_variables], upstream)

        inputs = tf.random.normal(shape)
        upstream = tf.random.normal(layer.compute_output_shape(shape))
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
