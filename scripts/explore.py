"""Open the page to look through the images, or where there is no screen, say where it lies.

python -m scripts.explore [FOLDER]
"""

import os
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path

from stages.errors import InputError, reported

FOLDER = "plots/explorer"


def main(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    page = Path(arguments[0] if arguments else FOLDER, "index.html").resolve()
    if not page.is_file():
        raise InputError(f"expected {page}, which is not there. Run `dvc repro report` to make it.")
    print(page.as_uri())
    if sys.platform == "darwin" or environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        webbrowser.open(page.as_uri())


if __name__ == "__main__":
    with reported("explore"):
        main(sys.argv[1:])
