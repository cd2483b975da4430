"""Reads files out of a .tar.gz archive. Nothing is ever unpacked to disk."""

import gzip
import io
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from stages.errors import InputError

SLACK = 1 << 20
"""Bytes that an archive may hold beside the files that are read: headers, padding, a page about the data."""


def top_folder(file: BinaryIO) -> str:
    """The folder in which the archive's first file lies; empty where it holds none. Errors: as those of `files`."""
    with _opened(file, SLACK) as (_, members):
        first = members.next()
    return first.name.partition("/")[0] if first else ""


def files(file: BinaryIO, sizes: Mapping[str, range]) -> Iterator[tuple[str, bytes]]:
    """The name and content of each of these files, in the archive's order, one file in memory at a time.

    sizes: the paths within the archive, and the sizes in bytes that each may have. Other files are passed over.

    Raises InputError where one is missing or has another size, where the archive is damaged (the gzip check sum
    included), or where it unpacks to much more than these files. What was yielded before counts only when the iteration
    ends without an error.
    """
    missing = dict(sizes)
    with _opened(file, sum(allowed[-1] for allowed in sizes.values()) + SLACK) as (unzipped, members):
        for member in members:
            allowed = missing.pop(member.name, None)
            if allowed is not None:
                yield member.name, _content(members, member, allowed)
        while unzipped.read(1 << 16):  # gzip compares its check sum at the very end
            pass
    if missing:
        raise InputError(f"the archive does not hold {', '.join(missing)}")


@contextmanager
def _opened(file: BinaryIO, limit: int) -> Iterator[tuple[gzip.GzipFile, tarfile.TarFile]]:
    """The archive from its beginning, at most `limit` bytes of it; what is wrong with it becomes an InputError."""
    file.seek(0)
    try:
        with _Unzipped(file, limit) as unzipped, tarfile.open(fileobj=unzipped, mode="r|") as members:
            yield unzipped, members
    except (InputError, MemoryError):
        raise
    except EOFError:
        raise InputError("the archive is truncated: it ends within the compressed data") from None
    except Exception as error:  # a damaged archive fails in many ways: gzip, zlib, tarfile, struct, recursion
        raise InputError(f"not a readable .tar.gz archive ({str(error)[:80]!a})") from None


class _Unzipped(gzip.GzipFile):
    """Reads on until `limit` bytes came, whatever the headers within declare."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._limit = limit

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > self._limit:
            raise InputError(f"the archive unpacks to more than {self._limit} bytes, which is all that it may hold")
        return super().read(size)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, allowed: range) -> bytes:
    source = archive.extractfile(member) if member.isreg() else None
    if source is None:
        raise InputError(f"{member.name} in the archive is a link or another special file; expected a regular file")
    if member.size not in allowed:
        multiple = f", a multiple of {allowed.step}" if allowed.step > 1 else ""
        expected = f"{allowed[0]} to {allowed[-1]}{multiple}" if len(allowed) > 1 else f"{allowed[0]}"
        raise InputError(f"{member.name} in the archive has {member.size} bytes; expected {expected}")
    content = io.BytesIO()
    shutil.copyfileobj(source, content, length=1 << 20)  # one read would hold it three times
    return content.getvalue()
