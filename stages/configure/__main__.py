"""params.yaml -> data/networks/<network>.yaml"""

from stages import params, settings
from stages.errors import reported


def main() -> None:
    everything = params.read()
    for network in everything.networks:
        settings.write(network, everything.network(network))


if __name__ == "__main__":
    with reported("configure"):
        main()
