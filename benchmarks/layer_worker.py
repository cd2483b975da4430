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

    from stages.nicknet.convolution import BatchLastConv2D, way_of_computing

    def answer(size, kernel, channels, filters, images, repeats):
        shape = (images, size, size, channels) if way == "stock" else (size, size, channels, images)
        if way == "stock":
            layer = keras.layers.Conv2D(filters, kernel, padding="same")
        else:
            layer = BatchLastConv2D(filters, kernel)
        layer.build(shape)

        @tf.function(jit_compile=way == "ours")
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
        chosen = "direct" if way == "stock" else way_of_computing(size, size, kernel, kernel, channels, filters)
        return {"seconds": seconds, "way": chosen}

    serve(answer)


if __name__ == "__main__":
    main(sys.argv[1])
