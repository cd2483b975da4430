"""The trained networks, asked. Imports Keras: see runtime.prepare."""

import sys
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from stages.error_analysis.grid import Run
from stages.explain import answers, neighbours
from stages.explain.neighbours import Neighbour
from stages.explain.subject import Subject
from stages.explain.text import Explanation
from tqdm import tqdm

from stages import artifacts, settings
from stages.nicknet import inference, network


def explain(subject: Subject, runs: Sequence[Run], classes: int, how_many: int, seed: int) -> dict[Run, Explanation]:
    """Ask every run about the image, and for the `how_many` images it learned from that it finds most like it.

    classes: their number. seed: of the noise and of the edits' square. Shows a bar on a terminal.
    """
    ids = np.asarray(artifacts.read_indices("train"))
    found = {}
    with tqdm(
        total=len(runs) * len(ids) * (how_many > 0), unit=" images", file=sys.stderr, disable=None, leave=False
    ) as bar:
        for run in runs:
            bar.set_description(str(run))
            model = inference.load(
                settings.read(artifacts.settings_path(run.network)),
                artifacts.weights_path(run.network, run.seed),
                subject.image.shape,
                classes,
            )
            answer = answers.ask(partial(inference.logits, model), subject.image, subject.label, seed)
            near = _neighbours(model, subject, ids, how_many, bar.update) if how_many else ()
            found[run] = Explanation(answer, near)
    return found


def _neighbours(
    model, subject: Subject, ids: np.ndarray, how_many: int, progress: Callable[[int], None]
) -> tuple[Neighbour, ...] | None:
    extractor = inference.ready(network.penultimate_features(model))
    features = partial(inference.logits, extractor)  # the output of any network, in its batches
    images = artifacts.read_images("train")
    similarities = neighbours.cosines(features, subject.image, neighbours.chunks(images, ids, progress))
    if similarities is None:
        return None
    return neighbours.nearest(similarities, ids, artifacts.read_labels("train"), how_many, subject.training_id)
