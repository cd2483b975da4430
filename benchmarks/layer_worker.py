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

    from stages.nicknet.batches import halves
    from stages.nicknet.convolution import DIRECT, BatchLastConv2D, way_of_computing

    def answer(size, kernel, channels, filters, images, repeats):
        chosen = DIRECT if way == "stock" else way_of_computing(kernel, kernel, channels, filters)
        parts = [images] if way == "stock" else [part.stop - part.start for part in halves(images)]
        if chosen == DIRECT:
            shapes = [(n, size, size, channels) for n in parts]
            layer = keras.layers.Conv2D(filters, kernel, padding="same")
        else:
            shapes = [(size, size, channels, n) for n in parts]
            layer = BatchLastConv2D(filters, kernel)
        layer.build(shapes[0])

        @tf.function(jit_compile=chosen != DIRECT)
        def of_part(inputs, upstream):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = layer(inputs)
            return tape.gradient(outputs, [inputs, *layer.trainable_variables], upstream)

        @tf.function
        def step(inputs, upstream):
            return [of_part(*of_both) for of_both in zip(inputs, upstream, strict=True)]

        inputs = [tf.random.normal(shape) for shape in shapes]
        upstream = [tf.random.normal(layer.compute_output_shape(shape)) for shape in shapes]
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
