"""What every trained network says of one image, and why: as text, and as a picture in the folder `explanations`.

python -m stages.explain IMAGE
"""

import argparse

from stages.explain import figure, request, subject, text

from stages import artifacts, params
from stages.errors import reported
from stages.nicknet import runtime


def main(wanted: argparse.Namespace) -> None:
    given = params.load("networks", "seeds", "error_analysis")
    runs = request.runs(given.networks, given.seeds, wanted.network, wanted.seed)
    request.require_neighbours(wanted.neighbours)
    request.require_trained(runs)
    names = artifacts.read_class_names()
    one = subject.read(wanted.image, wanted.label, names)
    target = request.target(wanted.output, one.stem, wanted.image)
    runtime.prepare()
    from stages.explain import networks

    found = networks.explain(one, runs, len(names), wanted.neighbours, given.error_analysis.seed)
    images = artifacts.read_images("train")
    near = {each.id: images[each.id] for explanation in found.values() for each in explanation.neighbours or ()}
    artifacts.write_figure(target, figure.draw(one, found, near, names))
    print(text.report(one, found, names))
    print(f"picture: {target}")


if __name__ == "__main__":
    arguments = request.parser().parse_args()
    with reported("explain"):
        main(arguments)
