"""What every trained network says of one image, and why: as text, and as a picture in the folder `explanations`.

python -m scripts.explain IMAGE
"""

import argparse
import sys
from functools import partial

import numpy as np
from tqdm import tqdm

from scripts.explain import figure, request, subject, text
from scripts.explain.answers import explain
from scripts.explain.neighbours import Neighbour, nearest
from stages import dataset, features, params, settings
from stages.errors import reported
from stages.nicknet import runtime
from stages.report import fonts
from stages.settings import PretrainedSettings


def main(options: argparse.Namespace) -> None:
    runs = request.runs(params.read(), options.network, options.seed)
    names, ids = dataset.read_class_names(), np.asarray(dataset.read_indices("training"))
    images, labels = dataset.read_images("train"), dataset.read_labels("train")
    asked = subject.read(options.image, options.label, names)
    target = request.target(options.output, asked.stem, options.image)
    chosen = {network: settings.read(network) for network in dict.fromkeys(run.network for run in runs)}
    known = {run: features.read(run, len(ids)) for run in runs} if options.neighbours else {}
    runtime.prepare()
    from stages.nicknet import inference

    networks: dict[str, inference.Network] = {}
    explanations = {}
    for run in tqdm(runs, "runs", leave=False, disable=None):
        of_run = chosen[run.network]
        if isinstance(of_run, PretrainedSettings):
            model = inference.load(of_run, inference.weights_path(run), asked.image.shape, len(names))
        else:
            like = str(of_run.architecture())
            if like not in networks:
                networks[like] = inference.Network(of_run, asked.image.shape, len(names))
            model = networks[like].trained(inference.weights_path(run))
        near: tuple[Neighbour, ...] | None = ()
        if options.neighbours:
            vector = inference.features(model, asked.image[None])[0]
            near = nearest(vector, known[run], ids, labels, options.neighbours, asked.training_id)
        explanations[run] = explain(partial(inference.logits, model), asked.image, asked.label, near)
    figure.write(target, figure.draw(asked, explanations, images, names))
    print(text.report(asked, explanations, names))
    if numbered := fonts.lettering(names).numbered(names):
        print(f"explain: {fonts.legend(numbered)}.", file=sys.stderr)
    print(f"picture: {target}")


if __name__ == "__main__":
    arguments = request.parser().parse_args()
    with reported("explain"):
        main(arguments)
