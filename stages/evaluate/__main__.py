"""One trained network -> its predictions of every image, and their scores.

python -m stages.evaluate <network> <seed>
"""

import sys
from pathlib import Path

import numpy as np

from stages import dataset, predictions, settings
from stages.dataset import PARTS
from stages.errors import reported
from stages.evaluate.scores import doubted, scores
from stages.files import write_json
from stages.predictions import Predictions
from stages.run import Run
from stages.settings import PretrainedSettings

SCORES = Path("data/scores")
"""JSON of each run: {part: scores}, see scores.scores."""


def main(run: Run) -> None:
    # Imports TensorFlow: here, so that what goes wrong meanwhile is reported.
    from stages.nicknet import inference

    names = dataset.read_class_names()
    images = {source: dataset.read_images(source) for source in PARTS.values()}
    chosen = settings.read(run.network)
    model = inference.load(chosen, inference.weights_path(run), images["train"].shape[1:], len(names))
    parts = {}
    for part, source in PARTS.items():
        labels = dataset.read_labels(source)
        ids = np.arange(len(labels)) if part == "test" else np.asarray(dataset.read_indices(part))
        parts[part] = Predictions(ids, labels[ids], inference.probabilities(model, images[source][ids]))
    measured = {part: scores(parts[part].labels, parts[part].probabilities) for part in PARTS}
    if measured["held-out"]["predicted_classes"] == 1:
        only = names[parts["held-out"].probabilities[0].argmax()]
        warning = f"it predicts {only} for every held-out image; see predicted_classes in its scores."
        print(f"evaluate {run}: warning: {warning}", file=sys.stderr)
    if isinstance(chosen, PretrainedSettings) and (doubt := doubted(measured["held-out"], len(names), chosen.scaling)):
        print(f"evaluate {run}: warning: {doubt}", file=sys.stderr)
    predictions.write(run, parts)
    write_json(run.file(SCORES, ".json"), measured)


if __name__ == "__main__":
    with reported(f"evaluate {' '.join(sys.argv[1:])}"):
        main(Run.named(sys.argv[1:]))
