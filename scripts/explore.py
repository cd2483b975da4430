"""Open the page to look through the images, or where there is no screen, say where it lies.

python -m scripts.explore [FOLDER]
"""

import argparse
import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from stages.errors import InputError, reported

FOLDER = Path("plots/explorer")


def main(folder: Path, environment: Mapping[str, str] = os.environ) -> None:
    page = (folder / "index.html").resolve()
    if not page.is_file():
        raise InputError(f"expected {page}, which is not there. Run `dvc repro report` to make it.")
    print(page.as_uri())
    if sys.platform == "darwin" or environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        webbrowser.open(page.as_uri())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m scripts.explore", description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER", help="of the page (%(default)s)"
    )
    chosen = parser.parse_args().folder
    with reported("explore"):
        main(chosen)
