"""params.yaml -> data/networks/<network>.yaml"""

import os

from stages import params, settings
from stages.configure import room
from stages.errors import reported
from stages.statistics import votes
from stages.user_paths import located


def main() -> None:
    given = params.read()
    if given.data.human_votes is not None:  # opened by a later stage; what can be known of the file now is said now
        votes.check(located(given.data.human_votes, os.environ))
    room.require(given)
    for network in given.networks:
        settings.write(network, given.network(network))


if __name__ == "__main__":
    with reported("configure"):
        main()
