"""What each way computes and moves, and how far from the measured matrix-multiply peak this project runs.

python -m benchmarks.arithmetic. Counts are per image and for the convolutions of a training step: output, gradient of
the kernel and, but for the first layer, of the input; the kernels' transforms count with their share. Bytes are the
float32 values that this project writes between its products, each read once more by the next. The direct count has
the taps on real pixels only: oneDNN skips the rest.
"""

import statistics
import time

from benchmarks import report
from stages import params
from stages.nicknet.convolution import Karatsuba, fastest
from stages.nicknet.fourier import same_axis

IMAGES = 128


def main():
    peak = matmul_peak()
    everything = params.read()
    rows = []
    for network in everything.networks:
        settings = everything.network(network)
        direct, transform, written = counts(settings)
        rate = training_rate(settings)
        rows.append(
            [
                network,
                f"{direct / 1e6:,.1f}",
                f"{transform / 1e6:,.1f}",
                f"{direct / transform:.1f}",
                f"{4 * written / 1e6:,.2f}",
                f"{rate:,.0f}",
                f"{2 * transform * rate / 1e9:,.0f}",
                f"{2 * transform * rate / peak:.0%}",
                f"{8 * written * rate / 1e9:,.1f}",
            ]
        )
    header = ["network", "direct, million products", "this project, million products", "fewer by", "written, MB"]
    header += ["images/s", "GFLOP/s of the convolutions", "of the peak", "GB/s written and read"]
    report.write(
        "arithmetic.md",
        "# Arithmetic and memory traffic of a training step, per image\n\n"
        f"Machine: {report.machine()}. "
        f"Measured matrix-multiply peak (two of 2048x2048 side by side, float32): {peak / 1e9:,.0f} GFLOP/s. "
        f"The kernels' transforms count with 1/{IMAGES}, the share of an image in its batch; dense layers and the "
        "optimizer are not counted. Command: `python -m benchmarks.arithmetic`.\n\n"
        + report.markdown_table(header, rows),
    )


def counts(settings):
    """(direct products, this project's products, this project's values written) per image and training step."""
    size, channels = 32, 3
    direct = transform = written = 0
    for number, filters in enumerate(settings.filters, start=1):
        axis = same_axis(size, settings.kernel_size)
        met = sum(0 <= n + tap - axis.before < size for n in range(size) for tap in range(axis.taps))
        half, full = axis.length // 2 + 1, axis.length
        karatsuba = fastest(channels, filters) is Karatsuba
        # Real products for a complex one, numbers kept for a complex one, and transforms of the kernel and of its
        # gradient: each half of the batch has its gradient, and Karatsuba's trick a second, transposed kernel.
        real_products, parts, transforms = (3, 3, 4) if karatsuba else (4, 2, 3)
        one_way = 2 * half * size * size + 2 * parts * half * full * size
        kernels = 2 * half * axis.taps**2 + 2 * parts * half * full * axis.taps
        values = (2 * half * size + parts * half * full) * (channels + filters) + size * size * filters
        of_kernels = (2 * half * axis.taps + parts * half * full) * channels * filters
        # Output, gradient of the kernel, and of the input unless it is the images.
        passes = 3 if number > 1 else 2
        direct += passes * met**2 * channels * filters
        transform += passes * real_products * half * full * channels * filters
        transform += one_way * (channels + filters) + one_way * (filters + (channels if number > 1 else 0))
        transform += transforms * kernels * channels * filters / IMAGES
        written += 2 * values + transforms * of_kernels / IMAGES
        channels = filters
        size = size // 2 if number in settings.pool_after else size
    return direct, transform, written


def matmul_peak():
    import tensorflow as tf

    size = 2048
    a, b = tf.random.normal((size, size)), tf.random.normal((size, size))
    multiply = tf.function(lambda a, b: (tf.matmul(a, a), tf.matmul(b, b)))
    return 2 * 2 * size**3 / min(seconds(lambda: multiply(a, b), 10))


def training_rate(settings):
    from benchmarks import networks

    return IMAGES / statistics.median(seconds(networks.ours_step("training", settings.resolved(), IMAGES), 20))


def seconds(step, repeats):
    for _ in range(2):
        step()
    measured = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        measured.append(time.perf_counter() - start)
    return measured


if __name__ == "__main__":
    main()
