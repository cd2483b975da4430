"""Reads a .tar.gz archive that nobody vouches for. Nothing is ever unpacked to disk."""

import gzip
import io
import shutil
import tarfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from stages.errors import InputError

LARGEST_EXTENSION = 64 * 1024
"""Bytes: a longer pax or GNU header, which tarfile would read as a whole, is refused."""

SLACK = 1024 * 1024
"""Bytes that an archive may hold beside its files: headers and padding."""

_EXTENSIONS = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}


def files(
    path: Path, folder: str, sizes: Mapping[str, range], optional: Collection[str] = ()
) -> Iterator[tuple[str, bytes]]:
    """The name and content of each file of the archive, in its order, one file in memory at a time.

    path: a regular file. folder: the one folder of the archive. sizes: the files that must be in it, each once, and
    the sizes in bytes that each may have; those in `optional` may lack. A size is checked before a byte is read.

    Raises InputError where the archive is damaged (the gzip check sum included) or holds anything else: another
    file, a link, a device, a path outside the folder, a second copy. What was yielded before counts only when the
    iteration ends without an error.
    """
    seen: set[str] = set()
    try:
        with gzip.open(path) as unzipped:
            stream = _Bounded(unzipped, sum(allowed[-1] for allowed in sizes.values()) + SLACK)
            with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header) as archive:
                for member in archive:
                    if member.isdir() and member.name == folder:
                        continue
                    name = _checked(member, folder, sizes, seen)
                    seen.add(name)
                    yield name, _content(archive, member)
            while stream.read(65536):  # gzip compares its check sum at the very end
                pass
    except (InputError, MemoryError):
        raise
    except EOFError:
        raise InputError("the archive is truncated: it ends within the compressed data") from None
    except Exception as error:  # a hostile archive fails in many ways: gzip, zlib, tarfile, struct, recursion
        raise InputError(f"not a readable .tar.gz archive ({_shown(str(error))})") from None
    missing = sizes.keys() - seen - set(optional)
    if missing:
        raise InputError(f"the archive lacks {', '.join(f'{folder}/{name}' for name in sorted(missing))}")


def _checked(member: tarfile.TarInfo, folder: str, sizes: Mapping[str, range], seen: Collection[str]) -> str:
    name = member.name.removeprefix(f"{folder}/")
    if name == member.name or name not in sizes:
        raise InputError(f"the archive holds {_shown(member.name)}; expected {folder}/ with {', '.join(sizes)} alone")
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise InputError(f"{member.name} in the archive is a link or another special file; expected a regular file")
    if name in seen:
        raise InputError(f"the archive holds {member.name} twice")
    if member.size not in sizes[name]:
        raise InputError(f"{member.name} in the archive has {member.size} bytes; expected {_range(sizes[name])}")
    return name


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = io.BytesIO()
    shutil.copyfileobj(archive.extractfile(member), content, length=1 << 20)  # one read would hold it three times
    return content.getvalue()


class _Header(tarfile.TarInfo):
    @classmethod
    def frombuf(cls, buf: bytes, encoding: str, errors: str) -> tarfile.TarInfo:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.type in _EXTENSIONS and header.size > LARGEST_EXTENSION):
            raise InputError(f"a header in the archive declares {header.size} bytes for {_shown(header.name)}")
        return header


class _Bounded:
    """Reads on until `limit` bytes came; a file that unpacks to more is a bomb."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit, self._left = file, limit, limit

    def read(self, size: int) -> bytes:
        content = self._file.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise InputError(f"the archive unpacks to more than {self._limit} bytes, which is all that it may hold")
        return content


def _range(allowed: range) -> str:
    if len(allowed) == 1:
        return f"{allowed[0]}"
    multiple = f", a multiple of {allowed.step}" if allowed.step > 1 else ""
    return f"{allowed[0]} to {allowed[-1]}{multiple}"


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 80 else text[:77] + "...")
