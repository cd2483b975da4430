"""How the time of a convolution grows with its kernel and its map: this project beside the direct method.

python -m benchmarks.growth. Writes results/growth.csv and results/growth.png. The direct method is keras.layers.Conv2D
without XLA, its fastest form on a processor. A time is the median of a training step's share of the layer: output and
both gradients. This project has the batch in two halves, as in its networks, whichever way of computing it chooses.
"""

import csv
import io
import statistics
import sys

from benchmarks import report
from benchmarks.workers import Worker

IMAGES, CHANNELS, ROUNDS, REPEATS = 128, 32, 3, 3
KERNELS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31]
SIZES = [4, 8, 12, 16, 20, 24, 32, 40, 48, 64]
POINTS = [("kernel", 16, k) for k in KERNELS] + [("map", size, 15) for size in SIZES]


def main():
    rows = measure()
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    report.write("growth.csv", text.getvalue())
    draw(rows).savefig(report.RESULTS / "growth.png", dpi=120, metadata={"Software": None})


def measure():
    rows = []
    workers = {way: Worker(sys.executable, "-m", "benchmarks.layer_worker", way) for way in ("stock", "ours")}
    for grows, size, kernel in POINTS:
        shape = {"size": size, "kernel": kernel, "channels": CHANNELS, "filters": CHANNELS, "images": IMAGES}
        got = {way: [] for way in workers}
        for _ in range(ROUNDS):
            for way, worker in workers.items():
                answer = worker.ask(**shape, repeats=REPEATS)
                got[way] += answer["seconds"]
        stock, ours = (1000 * statistics.median(got[way]) for way in ("stock", "ours"))
        rows.append(
            {
                "grows": grows,
                "map": size,
                "kernel": kernel,
                "stock_ms": f"{stock:.2f}",
                "ours_ms": f"{ours:.2f}",
                "ratio": f"{stock / ours:.2f}",
                "way": answer["way"],
            }
        )
    for worker in workers.values():
        worker.close()
    return rows


def draw(rows):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, grows, label in zip(figure.subplots(1, 2), ("kernel", "map"), ("kernel", "map"), strict=True):
        chosen = [row for row in rows if row["grows"] == grows]
        places = [row[grows] for row in chosen]
        axes.plot(places, [float(row["stock_ms"]) for row in chosen], "o-", label="Conv2D (direct)")
        axes.plot(places, [float(row["ours_ms"]) for row in chosen], "s-", label="this project")
        fixed = "16x16 map" if grows == "kernel" else "15x15 kernel"
        axes.set(xlabel=f"{label}, pixels a side", ylabel="ms for output and gradients", yscale="log")
        axes.set_title(f"{fixed}, {CHANNELS} channels to {CHANNELS}, {IMAGES} images")
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


if __name__ == "__main__":
    main()
