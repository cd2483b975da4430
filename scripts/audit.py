"""Known vulnerabilities of the locked packages, as pip-audit finds them.

python -m scripts.audit

pip-audit is no dependency of the project: it is installed into an environment of its own, which goes afterwards.
Exit code 1 for a known vulnerability. Where pip-audit or its index cannot be reached, one line says that nothing was
audited, and the exit code is 0: an index that is down is no fault of a change.
"""

import argparse
import json
import os
import re
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts import shell
from stages.errors import InputError, reported

LOCKS = ("requirements.lock", "requirements-dev.lock")
TOOL = "pip-audit==2.10.1"


def vulnerable(packages: Sequence[Mapping]) -> list[str]:
    """One line for each known vulnerability; packages: `dependencies` in pip-audit's JSON."""
    return [
        f"{package['name']} {package['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'none'}"
        for package in packages
        for found in package.get("vulns", [])
    ]


def skipped(packages: Sequence[Mapping]) -> list[str]:
    """Names of the packages of which the index says nothing. pip-audit itself counts them as free of faults."""
    return [package["name"] for package in packages if "skip_reason" in package]


def conclusion(packages: Sequence[Mapping]) -> str:
    """One line that says how much was audited; InputError where a vulnerability is known."""
    found, unknown = vulnerable(packages), skipped(packages)
    if found:
        raise InputError(
            "known vulnerabilities:\n  " + "\n  ".join(found) + "\nTake later versions: make lock, then run the tests."
        )
    if len(unknown) == len(packages):
        return f"NOT audited: the index knows none of the {len(packages)} packages (a mirror without PyPI's records?)"
    some = f"; NOT audited, unknown to the index: {', '.join(unknown)}" if unknown else ""
    return f"no known vulnerability in {len(packages) - len(unknown)} of {len(packages)} packages{some}"


def audit(folder: Path) -> list[dict] | str:
    """What pip-audit says of each package, or why it could not be asked; `folder` gets its environment."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    installed = shell.attempt(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", TOOL)
    if installed.returncode:
        return f"{TOOL} could not be installed ({_last_line(installed.stderr)})"
    arguments = (
        *(f"--requirement={lock}" for lock in LOCKS),
        "--require-hashes",
        "--disable-pip",
        "--format=json",
        "--progress-spinner=off",
    )
    done = shell.attempt(str(python), "-m", "pip_audit", *arguments)
    try:
        return json.loads(done.stdout)["dependencies"]
    except ValueError:
        reason = _last_line(done.stderr)
        if not re.search("connect|timed out|resolve|host|proxy|ssl|http", reason, re.IGNORECASE):
            raise InputError(f"pip-audit failed: {reason}") from None
        return f"the index could not be reached ({reason})"


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        packages = audit(Path(temporary))
    line = f"NOT audited: {packages}" if isinstance(packages, str) else conclusion(packages)
    warn = line.startswith("NOT") and os.environ.get("GITHUB_ACTIONS") == "true"
    print(f"::warning title=audit::{line}" if warn else f"audit: {line}")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1][:300]


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m scripts.audit", description=__doc__.split("\n\n")[0]).parse_args()
    with reported("audit"):
        main()
