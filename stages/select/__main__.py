"""Every network's settings, the split, labels and people's votes -> data/targets: what each run learns."""

import os

import numpy as np

from stages import dataset, params, settings, targets
from stages.errors import reported
from stages.run import Run
from stages.select import selection
from stages.settings import PretrainedSettings
from stages.statistics import votes
from stages.user_paths import located


def main() -> None:
    given = params.read()
    labels, training = np.asarray(dataset.read_labels("train")), np.asarray(dataset.read_indices("training"))
    names, people = dataset.read_class_names(), np.empty((len(labels), 0), "uint8")
    tested = len(dataset.read_labels("test"))
    if given.data.human_votes is not None:  # whether needed here or not: a wrong file is refused before training
        path = located(given.data.human_votes, os.environ)
        people = votes.read(path, len(labels), len(names))
        votes.read_test(path, tested, len(names))
    chosen = {network: settings.read(network) for network in given.networks}
    selection.require_classes(chosen, names)
    for network, of_network in chosen.items():
        for seed in given.seeds:
            if isinstance(of_network, PretrainedSettings):
                learned = selection.unknown(len(labels))
            else:
                learned = selection.targets(of_network, seed, labels, training, names, people)
            targets.write(Run(network, seed), learned)


if __name__ == "__main__":
    with reported("select"):
        main()
