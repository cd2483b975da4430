"""Where the images come from, and what to say when the CIFAR-10 archive does not come."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stages.errors import InputError
from stages.user_paths import located

VARIABLE = "CIFAR10_ARCHIVE"

_OFFLINE = f"""\
Ways out:
  - connect to the internet (behind a proxy: set https_proxy) and give the same command again;
  - fetch cifar-10-binary.tar.gz elsewhere and name it: {VARIABLE}=/path/to/cifar-10-binary.tar.gz;
  - work on scikit-learn's handwritten digits: `dvc exp run -S dataset=digits`, or `make demo`."""

_LOCAL = f"""\
{VARIABLE} must name CIFAR-10's binary version, packed (cifar-10-binary.tar.gz). Copy that file anew, or unset the
variable to download it."""


def local_archive(environment: Mapping[str, str]) -> Path | None:
    """The file that $CIFAR10_ARCHIVE names, relative to the checkout; None where it is unset or empty."""
    name = environment.get(VARIABLE)
    if not name:
        return None
    path = located(name, environment)
    if not path.is_file():
        raise InputError(f"{VARIABLE}: there is no file {path.absolute()}. Give an absolute path.\n{_LOCAL}")
    return path


@contextmanager
def described(path: Path | None, url: str) -> Iterator[None]:
    """Add to an InputError of the body which archive it is about, and how to fix it."""
    try:
        yield
    except InputError as error:
        if path is None:
            raise InputError(f"CIFAR-10 could not be downloaded from {url}: {error}.\n{_OFFLINE}") from None
        raise InputError(f"{VARIABLE}: {path}: {error}.\n{_LOCAL}") from None
