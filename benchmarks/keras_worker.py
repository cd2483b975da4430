"""Serves the speed of one way to compute the networks: python -m benchmarks.keras_worker stock|xla|ours."""

import resource
import sys
import time

from benchmarks.workers import serve
from stages import params
from stages.nicknet import runtime


def main(way):
    if way == "ours":
        runtime.prepare()
    import keras
    import tensorflow as tf

    from benchmarks import networks

    models = {}

    def model(network):
        if network not in models:
            settings = params.read().network(network)
            built = networks.ours(settings) if way == "ours" else networks.stock(settings)
            models[network] = networks.compiled(built, settings, jit=way != "stock")
        return models[network]

    def answer(what, network=None, size=None, steps=None):
        if what == "versions":
            threads = tf.config.threading.get_intra_op_parallelism_threads()
            return {"tensorflow": tf.__version__, "keras": keras.__version__, "threads": threads}
        if what == "memory":
            return {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        images, labels = networks.batch(size)
        step = {
            "training": lambda: model(network).train_on_batch(images, labels),
            "inference": lambda: model(network).predict_on_batch(images),
        }[what]
        seconds = []
        for _ in range(steps):
            start = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds}

    serve(answer)


if __name__ == "__main__":
    main(sys.argv[1])
