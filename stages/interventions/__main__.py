"""One trained network and its predictions -> its answers to changed images, and its features of the training images.

python -m stages.interventions <network> <seed>
"""

import sys
from functools import partial

import numpy as np

from stages import dataset, features, outcomes, params, predictions, settings
from stages.errors import reported
from stages.images.edits import EDITS
from stages.interventions import answers
from stages.outcomes import Outcomes
from stages.run import Run
from stages.streams import stream

ERRORS = 12
"""At most so many errors of a run are looked at one by one."""


def main(run: Run) -> None:
    # Imports TensorFlow: here, so that what goes wrong meanwhile is reported.
    from stages.nicknet import inference

    given = params.read()
    images = dataset.read_images("train")
    held_out = predictions.read(run)["held-out"]
    ids, labels, predicted = held_out.ids, held_out.labels, held_out.probabilities.argmax(axis=1)
    shape, classes = images.shape[1:], len(dataset.read_class_names())
    model = inference.load(settings.read(run.network), inference.weights_path(run), shape, classes)
    predict = partial(inference.logits, model)

    rng = stream("edits", run.network, run.seed)
    drawn = answers.choose(predicted == labels, given.error_analysis.intervention_images, rng)
    order = stream("occlusion").permutation(len(ids))
    errors = order[(predicted != labels)[order]][:ERRORS]
    rngs = [stream("occlusion", run.network, run.seed, int(image)) for image in ids[errors]]
    of_edits = answers.to_edits(predict, images[ids[drawn]], labels[drawn], rng)
    of_errors = answers.to_errors(predict, images[ids[errors]], labels[errors], predicted[errors], rngs)
    names = np.array([edit.name for edit in EDITS])
    features.write(run, partial(inference.features, model), images, np.asarray(dataset.read_indices("training")))
    outcomes.write(run, Outcomes(edits=names, ids=ids[drawn], error_ids=ids[errors], **of_edits, **of_errors))


if __name__ == "__main__":
    with reported(f"interventions {' '.join(sys.argv[1:])}"):
        main(Run.named(sys.argv[1:]))
