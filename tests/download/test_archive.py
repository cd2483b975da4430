"""Archives that nobody vouches for: what is sound is read, everything else is one InputError."""

import contextlib
import gzip
import io
import tarfile
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.download import archive, cifar10
from stages.errors import InputError
from tests.download import fake_cifar10
from tests.download.fake_cifar10 import member, members, packed, tar

FILES = fake_cifar10.contents()
SIZES = fake_cifar10.layout(FILES).sizes(1)
SOUND = packed(FILES)
TAR = tar(members(FILES))
BATCH = f"{cifar10.FOLDER}/data_batch_1.bin"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("archive") / "given.tar.gz"


def read(path, content):
    path.write_bytes(content)
    return dict(archive.files(path, cifar10.FOLDER, SIZES, optional=[cifar10.README_FILE]))


def refused(path, content):
    with pytest.raises(InputError) as caught:
        read(path, content)
    assert str(caught.value)
    return str(caught.value)


@given(st.permutations(list(FILES)))
def test_files_come_whole_in_any_order(path, order):
    files = {name: FILES[name] for name in order}
    assert list(read(path, packed(files)).items()) == list(files.items())


def test_an_optional_file_may_lack(path):
    files = {name: content for name, content in FILES.items() if name != cifar10.README_FILE}
    assert read(path, packed(files)) == files


def test_other_tar_dialects_are_read(path):
    for dialect in (tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT):
        with tarfile.open(path, "w:gz", format=dialect) as writer:
            for header, content in members(FILES):
                header.mtime = 1.5 if dialect == tarfile.PAX_FORMAT else 1
                writer.addfile(header, io.BytesIO(content))
        assert dict(archive.files(path, cifar10.FOLDER, SIZES)) == FILES


@given(st.integers(2, len(SOUND) - 1))  # one byte does not even say that it is gzip
def test_truncated_anywhere(path, length):
    assert "truncated" in refused(path, SOUND[:length])


README_AND_END = 2 * 512 + 1024


@given(st.integers(0, len(TAR) - README_AND_END - 1))
def test_truncated_anywhere_before_it_was_zipped(path, length):
    refused(path, gzip.compress(TAR[:length], 1))


@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_flipped_bits_are_noticed_or_harmless(path, place, mask):
    flipped = bytearray(SOUND)
    flipped[place] ^= mask
    with contextlib.suppress(InputError):
        assert read(path, bytes(flipped)) == FILES


HEADERS = [place for place in range(0, len(TAR), 512) if TAR[place + 257 : place + 262] == b"ustar"]


@given(st.lists(st.tuples(st.sampled_from(HEADERS), st.integers(0, 511), st.integers(0, 255)), min_size=1, max_size=4))
def test_forged_headers_yield_known_files_of_allowed_sizes_or_an_error(path, edits):
    forged = bytearray(TAR)
    for header, place, value in edits:
        forged[header + place] = value
        forged[header + 148 : header + 156] = b" " * 8
        forged[header + 148 : header + 156] = b"%06o\0 " % sum(forged[header : header + 512])
    try:
        files = read(path, gzip.compress(bytes(forged), 1))
    except InputError:
        return
    assert all(len(content) in SIZES[name] for name, content in files.items())


@given(st.binary(max_size=2000), st.booleans())
def test_what_is_no_archive(path, content, zipped):
    refused(path, gzip.compress(content) if zipped else content)


def test_empty_file(path):
    assert "not a readable .tar.gz" in refused(path, b"")


def with_entry(entry, at=1):
    entries = members(FILES)
    entries.insert(at, entry)
    return gzip.compress(tar(entries))


@pytest.mark.parametrize(
    "name",
    [
        "../data_batch_1.bin",
        "/etc/passwd",
        f"{cifar10.FOLDER}/../../data_batch_1.bin",
        f"{cifar10.FOLDER}/sub/data_batch_1.bin",
        "data_batch_1.bin",
        f"{cifar10.FOLDER}/more.bin",
        f"{cifar10.FOLDER}/data_batch_1.bin\n",
        "cifar-10-batches-py/data_batch_1",
        f"{cifar10.FOLDER}/._data_batch_1.bin",
    ],
)
def test_unknown_names_are_refused(path, name):
    message = refused(path, with_entry(member(name, FILES["data_batch_1.bin"])))
    assert message.startswith(f"the archive holds {name!a}; expected {cifar10.FOLDER}/ with ")


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.CONTTYPE,
        tarfile.DIRTYPE,
    ],
)
def test_what_is_no_regular_file_is_refused(path, kind):
    entry = member(BATCH, type=kind, linkname="/etc/passwd", devmajor=1, devminor=5)
    assert "regular file" in refused(path, with_entry(entry))


def test_a_sparse_file_is_refused(path):
    size = str(SIZES["data_batch_1.bin"][0])
    records = (("GNU.sparse.size", size), ("GNU.sparse.map", f"0,1,{size},0"))
    body = b"".join(b"%d %s=%s\n" % (len(k) + len(v) + 5, k.encode(), v.encode()) for k, v in records)
    pax = member("pax", body, type=tarfile.XHDTYPE)
    entries = members(FILES)
    entries[2:2] = [pax, member(BATCH, b"x")]
    assert "regular file" in refused(path, gzip.compress(tar(entries)))


def test_a_second_copy_is_refused(path):
    assert refused(path, with_entry(members(FILES)[2], at=4)) == f"the archive holds {BATCH} twice"


def test_missing_files_are_named(path):
    files = {name: content for name, content in FILES.items() if name not in ("data_batch_2.bin", cifar10.NAMES_FILE)}
    message = refused(path, packed(files))
    assert message == "the archive lacks cifar-10-batches-bin/batches.meta.txt, cifar-10-batches-bin/data_batch_2.bin"


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("data_batch_1.bin", 9218, "expected 9219"),
        ("data_batch_1.bin", 9220, "expected 9219"),
        ("test_batch.bin", 0, "expected 3073 to 9219, a multiple of 3073"),
        ("test_batch.bin", 3074, "expected 3073 to 9219, a multiple of 3073"),
        ("test_batch.bin", 4 * 3073, "expected 3073 to 9219, a multiple of 3073"),
        ("batches.meta.txt", 5000, "expected 1 to 4096"),
    ],
)
def test_wrong_sizes(path, name, size, expected):
    message = refused(path, packed(FILES | {name: bytes(size)}))
    assert message == f"cifar-10-batches-bin/{name} in the archive has {size} bytes; {expected}"


@pytest.mark.parametrize("size", [2**40, 2**80, -1, -(2**40)])
@pytest.mark.parametrize(
    ("name", "kind"), [(BATCH, tarfile.REGTYPE), ("x", tarfile.XHDTYPE), ("x", tarfile.GNUTYPE_LONGNAME)]
)
def test_declared_sizes_are_checked_before_anything_is_read(path, name, kind, size):
    message = refused(path, with_entry(member(name, type=kind, size=size)))
    assert f"{size} bytes" in message


def test_a_bomb_is_refused_with_little_memory(path):
    bomb = gzip.compress(tar(members(FILES)) + bytes(64 << 20))
    tracemalloc.start()
    try:
        message = refused(path, bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "unpacks to more than" in message
    assert peak < 8 << 20


def test_garbage_behind_the_archive_is_refused(path):
    refused(path, SOUND + b"garbage")


def test_a_chain_of_headers_does_not_exhaust_the_stack(path):
    chain = [member("x", b"a=b", type=tarfile.GNUTYPE_LONGNAME)] * 2000
    refused(path, gzip.compress(tar([*chain, *members(FILES)])))
