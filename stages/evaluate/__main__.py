"""One trained network -> its predictions, scores, tables, and pictures of random right and wrong predictions.

python -m stages.evaluate <network> <seed>
"""

import sys

import numpy as np

from stages import artifacts, params, settings
from stages.artifacts import PARTS, Predictions
from stages.errors import reported
from stages.evaluate import figures, scores
from stages.nicknet import runtime


def main(network: str, seed: int) -> None:
    runtime.prepare()
    from stages.nicknet import inference

    names = artifacts.read_class_names()
    images = {part: artifacts.read_images(source) for part, source in _SOURCES.items()}
    model = inference.load(
        settings.read(artifacts.settings_path(network)),
        artifacts.weights_path(network, seed),
        images["train"].shape[1:],
        len(names),
    )
    parts = {}
    for part in PARTS:
        labels = artifacts.read_labels(_SOURCES[part])
        ids = np.arange(len(labels)) if part == "test" else np.asarray(artifacts.read_indices(part))
        parts[part] = Predictions(ids, labels[ids], inference.probabilities(model, images[part][ids]))
    measured = {part: scores.scores(parts[part].labels, parts[part].probabilities) for part in PARTS}
    if measured["held_out"]["predicted_classes"] == 1:
        only = names[parts["held_out"].predicted[0]]
        warning = f"it predicts {only} for every held-out image; see held_out_predicted_classes in its metrics."
        print(f"evaluate {network} {seed}: warning: {warning}", file=sys.stderr)
    artifacts.write_predictions(artifacts.predictions_path(network, seed), parts)
    artifacts.write_json(
        artifacts.metrics_path(network, seed),
        {f"{part}_{name}": value for part, values in measured.items() for name, value in values.items()},
    )
    write_tables(network, seed, parts["held_out"], names)
    write_examples(network, seed, parts["held_out"], images["held_out"], names)


def write_tables(network: str, seed: int, held_out: Predictions, names: list[str]) -> None:
    arguments = (held_out.labels, held_out.probabilities, names)
    classes, confusion = scores.class_rows(*arguments), scores.confusion_rows(*arguments)
    artifacts.write_csv(artifacts.PLOTS / "classes" / network / f"{seed}.csv", classes, scores.CLASS_COLUMNS)
    artifacts.write_csv(artifacts.PLOTS / "confusion" / network / f"{seed}.csv", confusion, scores.CONFUSION_COLUMNS)


def write_examples(network: str, seed: int, held_out: Predictions, images: np.ndarray, names: list[str]) -> None:
    wanted = params.load("examples").examples
    for right, word in ((True, "right"), (False, "wrong")):
        drawn = scores.draw(held_out.labels, held_out.probabilities, right, wanted.images, wanted.seed)
        figure = figures.examples(
            images[held_out.ids[drawn]],
            held_out.labels[drawn],
            held_out.probabilities[drawn],
            names,
            f"{network}, seed {seed}: random {word} predictions, held-out images",
        )
        artifacts.write_figure(artifacts.PLOTS / "examples" / network / str(seed) / f"{word}.png", figure)


_SOURCES = {"train": "train", "held_out": "train", "test": "test"}

if __name__ == "__main__":
    with reported(f"evaluate {' '.join(sys.argv[1:])}"):
        main(sys.argv[1], int(sys.argv[2]))
