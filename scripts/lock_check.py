"""Has each locked package a file with a pinned hash on every Python, system and processor that is supported?

python -m scripts.lock_check

Asks the index by pip, without downloading packages; a pip that can do so is installed into an environment of its own,
which goes afterwards. Exit code 1 and one line for each platform on which something is missing.
"""

import argparse
import json
import re
import tempfile
import venv
from pathlib import Path

from scripts import shell
from stages.errors import InputError, reported

LOCKS = ("requirements.lock", "requirements-dev.lock")
PIP = "pip==26.3"
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = {
    "Linux x86_64": ["manylinux2014_x86_64", *(f"manylinux_2_{minor}_x86_64" for minor in range(5, 28))],
    "Linux aarch64": ["manylinux2014_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in range(17, 28))],
    "macOS arm64": ["macosx_12_0_arm64"],
}
"""Names of platforms in wheels: glibc 2.27, macOS 12, and those before. TensorFlow has left Intel Macs."""
SOURCE_ONLY = "antlr4-python3-runtime"
"""Has no wheel for any platform; pure Python, built where it is installed."""


def pins(lock: str) -> str:
    """The lock's `name==version` lines.

    >>> pins("a==1 \\\\\\n    --hash=sha256:0\\n    # via b\\nb==2 \\\\\\n    --hash=sha256:2\\n")
    'a==1\\nb==2\\n'
    """
    return "".join(f"{pin}\n" for pin in re.findall(r"^[\w.-]+==\S+", lock, re.MULTILINE))


def unpinned(report: str, lock: str) -> list[str]:
    """Packages whose chosen file has a hash that the lock does not name; report: `pip install --report`, as JSON."""
    hashes = set(re.findall(r"--hash=sha256:(\w+)", lock))
    return [
        package["metadata"]["name"]
        for package in json.loads(report)["install"]
        if package["download_info"]["archive_info"]["hashes"]["sha256"] not in hashes
    ]


def fault(pip: list[str], python: str, tags: list[str], lock: str, requirements: Path) -> str:
    """What is missing for one Python on one platform, '' for nothing."""
    done = shell.attempt(
        *(*pip, "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps", "--report=-"),
        *("--only-binary=:all:", f"--no-binary={SOURCE_ONLY}", f"--python-version={python}"),
        *(f"--platform={tag}" for tag in tags),
        f"--requirement={requirements}",
    )
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return (errors or ["pip failed without a message"])[-1]
    return ", ".join(f"no hash for {name}" for name in unpinned(done.stdout, lock))


def main() -> None:
    lock = "".join(Path(name).read_text(encoding="utf-8") for name in LOCKS)
    faults = []
    with tempfile.TemporaryDirectory() as temporary:
        venv.create(temporary, with_pip=True)
        pip = [f"{temporary}/bin/python", "-m", "pip", "--disable-pip-version-check"]
        if (done := shell.attempt(*pip, "install", "--quiet", PIP)).returncode:
            raise InputError(f"{PIP} could not be installed:\n{done.stderr.strip()}")
        requirements = Path(temporary, "pins.txt")
        requirements.write_text(pins(lock), encoding="utf-8")
        for python in PYTHONS:
            for platform, tags in PLATFORMS.items():
                found = fault(pip, python, tags, lock, requirements)
                print(f"Python {python}, {platform}: {found or 'complete'}", flush=True)
                faults += [found] if found else []
    if faults:
        raise InputError("the locks are not complete on every supported platform, see above")


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m scripts.lock_check", description=__doc__.split("\n\n")[0]).parse_args()
    with reported("lock-check"):
        main()
