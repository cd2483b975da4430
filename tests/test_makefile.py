"""The environment that `make` installs: with which Python, when anew, never behind a link. Its Pythons are fakes."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from scripts import lock_check

VERSIONS = ("3.11", "3.12", "3.13")
FAKE = """#!/bin/sh
case "$*" in
  "-m venv --clear .venv") rm -rf .venv/*; mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo new {name} >> log;;
  "-m pip install "*) for last; do :; done; echo "pip $last" >> log;;
  *) exec {real} -c 'import platform, sys
sys.version_info, platform.python_version = ({major}, {minor}, 0), lambda: "{major}.{minor}.0"
platform.system, platform.machine = lambda: "{system}", lambda: "x86_64"
if "{flaw}": sys.modules["{flaw}"] = None
exec(sys.argv[-1])' "$@";;
esac
"""
TOOLS = ("make", "bash", "sh", "cat", "cmp", "cp", "dirname", "grep", "mkdir", "paste", "readlink", "rm", "tr")
"""All that is on PATH beside the fakes: no other Python."""
RUNTIME, DEV = "requirements.lock", "requirements-dev.lock"


class Checkout:
    """A folder with the Makefile, two locks and Pythons of its own on PATH."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "scripts").mkdir(parents=True)
        shutil.copy2("Makefile", folder)
        shutil.copy2("scripts/environment", folder / "scripts")
        (folder / RUNTIME).write_text("a==1\n")
        (folder / DEV).write_text("b==1\n")
        self.programs = folder.parent / "programs"
        if not self.programs.exists():
            self.programs.mkdir()
            for tool in TOOLS:
                (self.programs / tool).symlink_to(str(shutil.which(tool)))

    def python(self, name, version, flaw="", system="Linux"):
        major, minor = version.split(".")
        text = FAKE.format(name=name, real=sys.executable, major=major, minor=minor, flaw=flaw, system=system)
        self.program(name, text)

    def program(self, name, text):
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def run(self, *arguments, **variables):
        (self.folder / "log").write_text("")
        return subprocess.run(
            ["make", "--no-print-directory", *arguments],
            cwd=self.folder,
            env={"PATH": str(self.programs)} | variables,
            capture_output=True,
            text=True,
        )

    def make(self, *arguments):
        """What was installed, a line for each step."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return (self.folder / "log").read_text().splitlines()

    def refused(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 2
        return done.stderr


@pytest.fixture
def checkout(tmp_path):
    made = Checkout(tmp_path / "a checkout")
    made.python("python3.12", "3.12")
    return made


def test_the_newest_python_that_fits_is_taken(checkout):
    checkout.program("python3.13", "#!/bin/sh\necho 'no such version is chosen'\nexit 127\n")
    checkout.python("python3.11", "3.11")
    checkout.python("python3", "3.14")
    assert checkout.make("runtime") == ["new python3.12", f"pip {RUNTIME}"]


def test_one_without_ensurepip_is_passed_over(checkout):
    checkout.python("python3.13", "3.13", flaw="ensurepip")
    assert checkout.make("runtime")[0] == "new python3.12"


def test_the_one_that_is_named_is_taken(checkout):
    checkout.python("python3.13", "3.13")
    checkout.python("mine", "3.11")
    assert checkout.make("runtime", "PYTHON=mine")[0] == "new mine"
    assert checkout.make("runtime") == []
    assert checkout.make("runtime", "PYTHON=python3.13")[0] == "new python3.13"


@pytest.mark.parametrize(
    ("python", "message"),
    [
        ({"version": "3.14"}, "found python3 (3.14.0: TensorFlow has no wheels for it)."),
        ({"version": "3.10"}, "found python3 (3.10.0: TensorFlow has no wheels for it)."),
        ({"version": "3.12", "system": "Darwin"}, "found python3 (3.12.0: TensorFlow has no wheels for Intel Macs)."),
        ({"version": "3.12", "flaw": "ensurepip"}, "on Debian: apt-get install python3.12-venv)."),
        (None, "found none that runs as python3.13 python3.12 python3.11 python3."),
    ],
)
def test_where_none_fits_one_message_says_why(tmp_path, python, message):
    checkout = Checkout(tmp_path / "checkout")
    if python:
        checkout.python("python3", **python)
    told = checkout.refused("runtime")
    assert told.startswith("make: expected Python 3.11, 3.12 or 3.13, found ")
    assert message in told
    assert "make PYTHON=" in told
    assert not (checkout.folder / ".venv").exists()


def test_a_named_one_that_does_not_run_is_refused(checkout):
    assert "found none that runs as missing." in checkout.refused("runtime", "PYTHON=missing")


def test_packages_of_tests_come_when_they_are_needed_and_only_once(checkout):
    assert checkout.make("runtime") == ["new python3.12", f"pip {RUNTIME}"]
    assert checkout.make("install") == [f"pip {DEV}"]
    assert checkout.make("install") == []
    assert checkout.make("runtime") == []


def test_contents_count_not_times(checkout):
    checkout.make("install")
    for lock in (RUNTIME, DEV):
        os.utime(checkout.folder / lock, (2**32, 2**32))
    assert checkout.make("install") == []
    (checkout.folder / RUNTIME).write_text("a==2\n")
    os.utime(checkout.folder / RUNTIME, (0, 0))
    assert checkout.make("install") == ["new python3.12", f"pip {RUNTIME}", f"pip {DEV}"]
    (checkout.folder / DEV).write_text("b==2\n")
    assert checkout.make("install") == ["new python3.12", f"pip {RUNTIME}", f"pip {DEV}"]


def test_an_environment_that_does_not_work_is_made_anew(checkout):
    checkout.make("runtime")
    moved = checkout.folder.rename(checkout.folder.parent / "moved")
    checkout.folder = moved
    assert checkout.make("runtime")[0] == "new python3.12"
    (moved / ".venv/bin/python").unlink()
    assert checkout.make("runtime")[0] == "new python3.12"


def test_a_link_is_used_where_it_holds_the_packages_and_never_cleared(checkout):
    checkout.make("runtime")
    other = Checkout(checkout.folder.parent / "other")
    (other.folder / ".venv").symlink_to(checkout.folder / ".venv")
    assert other.make("runtime") == []
    before = sorted((checkout.folder / ".venv").rglob("*"))
    assert f".venv is a link to {checkout.folder / '.venv'}" in other.refused("install")
    (other.folder / RUNTIME).write_text("a==2\n")
    assert f"does not hold {RUNTIME} as it is here" in other.refused("runtime")
    assert sorted((checkout.folder / ".venv").rglob("*")) == before
    shutil.rmtree(checkout.folder / ".venv")
    assert "remove the link" in other.refused("runtime")
    assert not (checkout.folder / ".venv").exists()


def test_what_python_compiled_is_kept_whatever_the_reader_s_environment_says(checkout):
    done = checkout.run("--eval", "show: ; @echo $${PYTHONDONTWRITEBYTECODE-kept}", "show", PYTHONDONTWRITEBYTECODE="1")
    assert done.stdout == "kept\n"


def test_the_shell_s_search_for_folders_leads_nowhere_else(checkout):
    """With CDPATH, `cd` may go elsewhere, and says where it went."""
    (checkout.folder.parent / "scripts").mkdir()
    for _ in range(2):
        done = checkout.run("runtime", CDPATH=f".:{checkout.folder.parent}")
        assert done.returncode == 0, done.stderr
    assert not (checkout.folder / "log").read_text()
    assert not (checkout.folder.parent / ".venv").exists()


def test_a_name_in_the_environment_is_no_study_s(checkout):
    done = checkout.run("--dry-run", "study", NAME="DESKTOP-ABC")
    assert "DESKTOP-ABC" not in done.stdout
    assert "scripts.study remedies" in checkout.run("--dry-run", "study", "NAME=remedies").stdout


def test_everything_says_the_same_versions():
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    supported = SpecifierSet(settings["project"]["requires-python"])
    assert tuple(f"3.{minor}" for minor in range(30) if f"3.{minor}.0" in supported) == VERSIONS
    assert settings["tool"]["ruff"]["target-version"] == "py311"
    assert settings["tool"]["mypy"]["python_version"] == VERSIONS[0]
    assert lock_check.PYTHONS == VERSIONS
    assert Path("scripts/environment").read_text().count("(3, 11) <= sys.version_info[:2] <= (3, 13)") == 1


LOCKED = {lock: dict(re.findall(r"^([\w.-]+)==(\S+)", Path(lock).read_text(), re.MULTILINE)) for lock in (RUNTIME, DEV)}


@pytest.mark.parametrize("lock", LOCKED)
def test_every_package_is_pinned_by_hashes_and_no_registry_is_named(lock):
    text = Path(lock).read_text(encoding="utf-8")
    assert len(re.findall(r"^\S+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}\b", text, re.MULTILINE)) == len(LOCKED[lock])
    assert "://" not in text


def test_both_locks_agree():
    shared = LOCKED[RUNTIME].keys() & LOCKED[DEV].keys()
    assert {name: LOCKED[RUNTIME][name] for name in shared} == {name: LOCKED[DEV][name] for name in shared}


@pytest.mark.parametrize("lock", LOCKED)
@pytest.mark.parametrize("python", VERSIONS)
@pytest.mark.parametrize(("system", "machine"), [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")])
def test_a_lock_has_all_that_its_packages_require_on_every_platform(lock, python, system, machine):
    """The packages' metadata are those installed here. libclang is left out, see the Makefile."""
    platform = {"sys_platform": system, "platform_system": system.title(), "platform_machine": machine, "extra": ""}
    platform |= {"python_version": python, "python_full_version": f"{python}.0", "os_name": "posix"}
    locked = LOCKED[RUNTIME] | LOCKED[lock]
    required = [Requirement(line) for name in LOCKED[lock] for line in metadata.requires(name) or []]
    needed = [need for need in required if need.marker is None or need.marker.evaluate(platform)]
    for need in needed:
        if need.name != "libclang":
            assert locked[canonicalize_name(need.name)] in need.specifier, need


def test_the_hash_of_the_file_that_pip_would_take_must_be_in_the_lock():
    taken = '{"metadata": {"name": "a"}, "download_info": {"archive_info": {"hashes": {"sha256": "12"}}}}'
    assert lock_check.unpinned(f'{{"install": [{taken}]}}', "a==1 \\\n    --hash=sha256:12\n") == []
    assert lock_check.unpinned(f'{{"install": [{taken}]}}', "a==1 \\\n    --hash=sha256:1\n") == ["a"]
