"""params.yaml, and the files of pretrained models -> data/networks/<network>.yaml"""

import os

from stages import params, settings
from stages.configure import model_file, room
from stages.errors import reported
from stages.params import Params
from stages.settings import AnySettings, NetworkSettings
from stages.statistics import votes
from stages.user_paths import located


def main() -> None:
    given = params.read()
    if given.data.human_votes is not None:  # opened by a later stage; what can be known of the file now is said now
        votes.check(located(given.data.human_votes, os.environ))
    room.require(given)
    for network, effective in {network: _effective(given, network) for network in given.networks}.items():
        settings.write(network, effective)


def _effective(given: Params, network: str) -> AnySettings:
    chosen = given.settings(network)
    if isinstance(chosen, NetworkSettings):
        return chosen
    classes = None if given.dataset == "folder" else room.CLASSES
    files = {seed: located(chosen.file(seed), os.environ) for seed in given.seeds}
    found = {seed: model_file.require(file, given.side, classes) for seed, file in files.items()}
    model_file.require_distinct(chosen.model, found)
    return chosen.model_copy(update={"sha256": found})


if __name__ == "__main__":
    with reported("configure"):
        main()
