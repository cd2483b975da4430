"""Every kind of JPEG, PNG and WebP file becomes a square of the wanted size, or a reason why not."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stages.images import picture

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8))


def halves(left, right, size=(24, 24), mode="RGB"):
    image = Image.new(mode, size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def packed(image, form="PNG", **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def png(side, bits, rows):
    """A PNG of red, green and blue, from the bytes of its rows."""
    head = struct.pack(">IIBBBBB", side, side, bits, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


@pytest.fixture
def read(tmp_path):
    def of(content, side=8, name="a.png"):
        path = tmp_path / name
        path.write_bytes(content)
        return picture.read(path, side)

    return of


def corners(image):
    """Colours at the upper left, upper right, lower left and lower right."""
    return [tuple(map(int, image[row, column])) for row in (0, -1) for column in (0, -1)]


def near(found, expected):
    return np.abs(np.subtract(found, expected)).max() <= 4  # JPEG


def test_a_picture_of_the_wanted_size_keeps_every_pixel(read):
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    found = read(packed(Image.fromarray(image)))
    assert (found.dtype, found.shape) == (np.uint8, (8, 8, 3))
    assert np.array_equal(found, image)


def test_shrinking_averages(read):
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert np.abs(read(packed(Image.fromarray(board))).astype(int)[2:-2, 2:-2] - 127).max() <= 1


@pytest.mark.parametrize("form", picture.FORMATS)
def test_colours_keep_their_places_whatever_the_name(read, form):
    assert near(corners(read(packed(halves(RED, BLUE), form), name="a.png")), [RED, BLUE, RED, BLUE])


def blue_transparent():
    image = halves(0, 1, mode="P")
    image.putpalette([*RED, *BLUE])
    return image


@pytest.mark.parametrize(
    ("content", "left", "right"),
    [
        (packed(halves(0, 200, mode="L")), (0, 0, 0), (200, 200, 200)),
        (packed(halves(0, 1, mode="1")), (0, 0, 0), WHITE),
        (packed(halves(RED, GREEN).quantize(4)), RED, GREEN),
        (packed(blue_transparent(), transparency=1), RED, WHITE),
        (packed(halves((*RED, 255), (*BLUE, 0), mode="RGBA")), RED, WHITE),
        (packed(halves((0, 255), (0, 51), mode="LA")), (0, 0, 0), (204, 204, 204)),
        (png(2, 16, 2 * (b"\0" + struct.pack(">6H", 65535, 0, 0, 0, 32768, 65535))), RED, (0, 128, 255)),
    ],
    ids=["grey", "bits", "palette", "transparent in a palette", "transparent", "grey with transparency", "16 bits"],
)
def test_kinds_of_png(read, content, left, right):
    assert corners(read(content)) == [left, right, left, right]


def test_grey_of_16_bits_keeps_its_range(read):
    values = np.repeat([[0, 257, 128 * 257 + 128, 65535]], 4, axis=0).astype(np.uint16)
    assert read(packed(Image.fromarray(values)), side=4)[0, :, 1].tolist() == [0, 1, 128, 255]


def test_a_cmyk_jpeg(read):
    image = halves((0, 0, 0, 0), (255, 255, 0, 0), mode="CMYK")
    assert near(corners(read(packed(image, "JPEG", quality=95))), [WHITE, BLUE, WHITE, BLUE])


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [(1, [RED, BLUE] * 2), (3, [BLUE, RED] * 2), (6, [RED, RED, BLUE, BLUE]), (8, [BLUE, BLUE, RED, RED])],
)
@pytest.mark.parametrize("form", picture.FORMATS)
def test_a_picture_is_turned_as_its_camera_says(read, form, orientation, expected):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert near(corners(read(packed(halves(RED, BLUE), form, exif=exif))), expected)


def test_a_webp_that_is_transparent(read):
    content = packed(halves((*RED, 255), (*BLUE, 0), mode="RGBA"), "WEBP", lossless=True)
    assert corners(read(content)) == [RED, WHITE, RED, WHITE]


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_counts(read, form):
    options = {"lossless": True} if form == "WEBP" else {}
    moving = packed(halves(RED, BLUE), form, save_all=True, append_images=[halves(GREEN, GREEN)], **options)
    assert corners(read(moving)) == [RED, BLUE, RED, BLUE]


def test_damaged_exif_data_turn_nothing(read):
    content = packed(halves(RED, BLUE), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert near(corners(read(content)), [RED, BLUE, RED, BLUE])


@pytest.mark.parametrize("size", [(60, 20), (20, 60)])
def test_of_an_oblong_picture_the_middle_square_stays(read, size):
    image = Image.new("RGB", size, RED)
    image.paste(GREEN, ((size[0] - 20) // 2, (size[1] - 20) // 2, (size[0] + 20) // 2, (size[1] + 20) // 2))
    assert (read(packed(image)) == GREEN).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 2)])
def test_tiny_and_thin_pictures(read, size):
    assert (read(packed(Image.new("RGB", size, BLUE)), side=16) == BLUE).all()


def test_a_large_jpeg_decoded_small_looks_the_same(read):
    ramp = np.linspace(0, 255, 2048).astype(np.uint8)
    image = np.stack([np.broadcast_to(ramp, (2048, 2048)), np.broadcast_to(ramp[:, None], (2048, 2048))], axis=2)
    image = Image.fromarray(np.dstack([image, np.full((2048, 2048), 100, np.uint8)]))
    small = read(packed(image, "JPEG", quality=95), side=16).astype(int)
    assert np.abs(small - picture.square(image, 16)).max() <= 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (b"no picture", "neither JPEG, PNG nor WebP"),
        (packed(Image.new("RGB", (4, 4)), "GIF"), "neither JPEG, PNG nor WebP"),
        (packed(Image.new("RGB", (4, 4)), "BMP"), "neither JPEG, PNG nor WebP"),
        (packed(halves(RED, BLUE), "JPEG")[:-80], "truncated"),
        (packed(NOISE, "WEBP")[:-80], "damaged: "),
        (packed(Image.new("L", (8200, 8200))), "8200 x 8200 pixels; at most 67,108,864 are read"),
        (png(30_000, 8, b""), "too many pixels; at most 67,108,864 are read"),
    ],
    ids=["empty", "text", "gif", "bmp", "cut", "cut webp", "large", "bomb"],
)
def test_what_is_refused(read, content, reason):
    with pytest.raises(picture.Unreadable, match=reason):
        read(content)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "broken.png").symlink_to("nowhere")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    for name, reason in (("pipe", "not a regular file"), ("broken", "No such file"), ("zero", "not a regular file")):
        with pytest.raises(picture.Unreadable, match=reason):
            picture.read(tmp_path / f"{name}.png", 8)


TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
SOUND = [packed(NOISE), packed(NOISE, "JPEG", exif=TURNED), packed(NOISE, "WEBP", exif=TURNED)]


@st.composite
def damaged(draw):
    """A sound file, cut off or with some bytes changed."""
    content = bytearray(draw(st.sampled_from(SOUND)))
    if draw(st.booleans()):
        return bytes(content[: draw(st.integers(0, 1000)) % len(content)])
    for place, value in draw(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=5)):
        content[place % len(content)] = value
    return bytes(content)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged())
def test_a_damaged_file_gives_an_image_or_a_reason(read, content):
    try:
        found = read(content)
    except picture.Unreadable as error:
        assert str(error)
    else:
        assert (found.dtype, found.shape) == (np.uint8, (8, 8, 3))
