"""params.yaml -> data/networks/<network>.yaml"""

from stages import artifacts, params, settings
from stages.errors import reported


def main() -> None:
    everything = params.read()
    for network in everything.networks:
        artifacts.write_text(artifacts.settings_path(network), settings.dump(everything.network(network)))


if __name__ == "__main__":
    with reported("configure"):
        main()
