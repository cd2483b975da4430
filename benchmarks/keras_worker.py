"""Serves the speed of one way to compute the networks: python -m benchmarks.keras_worker stock|xla|ours."""

import resource
import sys
import time
from functools import partial
from importlib import import_module
from pathlib import Path

from benchmarks.workers import limit, serve
from stages import params


def main(way):
    if way == "ours":
        import_module("stages.nicknet")  # prepares the process
        limit()
    import keras
    import tensorflow as tf

    from benchmarks import networks

    step_of = networks.ours_step if way == "ours" else partial(networks.stock_step, jit=way == "xla")
    known = {}

    def answer(what, network=None, size=None, steps=None, folder=None, epochs=None, **changed):
        if what == "versions":
            return {"tensorflow": tf.__version__, "keras": keras.__version__}
        if what == "memory":
            return {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        if what == "fitting":
            fitted = networks.stock_fit(params.read().network(network).resolved(), Path(folder), epochs)
            return {"seconds": fitted}
        key = network, what, *changed.values()
        if key not in known:
            settings = params.read().network(network).resolved().model_copy(update=changed)
            outside = what == "outside"
            known[key] = networks.outside_step(settings, size) if outside else step_of(what, settings, size)
        step = known[key]
        seconds = []
        for _ in range(steps):
            start = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds}

    serve(answer)


if __name__ == "__main__":
    main(sys.argv[1])
