"""What is sound is read, everything else is one InputError."""

import contextlib
import gzip
import io
import tarfile
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.download import archive
from stages.errors import InputError
from tests.download import fake_cifar10
from tests.download.fake_cifar10 import TEST_FILE, packed

FILES = fake_cifar10.contents()
SIZES = dict.fromkeys(fake_cifar10.TRAINING_FILES, range(9219, 9220)) | {TEST_FILE: range(3073, 9220, 3073)}
EXPECTED = {name: FILES[name] for name in SIZES}
SOUND = packed(FILES)
BATCH = "cifar-10-batches-bin/data_batch_1.bin"


def read(content):
    return dict(archive.files(io.BytesIO(content), SIZES))


def refused(content):
    with pytest.raises(InputError) as caught:
        read(content)
    return str(caught.value)


def member(name, **fields):
    header = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(header, field, value)
    return header


@given(st.permutations(list(FILES)))
def test_files_come_whole_in_any_order_and_others_are_passed_over(order):
    assert list(read(packed({name: FILES[name] for name in order})).items()) == [
        (name, FILES[name]) for name in order if name in SIZES
    ]


def test_missing_files_are_named():
    files = {name: content for name, content in FILES.items() if name not in (BATCH, TEST_FILE)}
    assert refused(packed(files)) == f"the archive does not hold {BATCH}, {TEST_FILE}"


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        (BATCH, 9220, "expected 9219"),
        (TEST_FILE, 3074, "expected 3073 to 9219, a multiple of 3073"),
        (TEST_FILE, 4 * 3073, "expected 3073 to 9219, a multiple of 3073"),
    ],
)
def test_wrong_sizes(name, size, expected):
    message = refused(packed(FILES | {name: bytes(size)}))
    assert message == f"{name} in the archive has {size} bytes; {expected}"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_what_is_no_regular_file_is_refused(kind):
    assert "expected a regular file" in refused(packed(FILES, member(BATCH, type=kind, linkname="/etc/passwd")))


@given(st.integers(2, len(SOUND) - 1))  # one byte does not even say that it is gzip
def test_truncated_anywhere(length):
    assert "truncated" in refused(SOUND[:length])


@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_flipped_bits_are_noticed_or_harmless(place, mask):
    flipped = bytearray(SOUND)
    flipped[place] ^= mask
    with contextlib.suppress(InputError):
        assert read(bytes(flipped)) == EXPECTED


@given(st.binary(max_size=2000), st.booleans())
def test_what_is_no_archive(content, zipped):
    assert refused(gzip.compress(content) if zipped else content)


@pytest.mark.parametrize(
    "bomb",
    [
        SOUND + gzip.compress(bytes(64 << 20)),
        packed(FILES, member("x", size=64 << 20)),
        packed(FILES, member("x", pax_headers={"comment": "x" * (64 << 20)})),
    ],
    ids=["behind the end", "another file", "a header"],
)
def test_a_bomb_is_refused_with_little_memory(bomb):
    tracemalloc.start()
    try:
        message = refused(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "the archive unpacks to more than" in message
    assert peak < 8 << 20
