"""One picture file -> one image of a network's size; a file's name -> text."""

import stat
import unicodedata
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")

MOST_PIXELS = 2**26
"""67 million: a picture of more, decoded, would take over a quarter of a gigabyte; it is refused unread."""
MOST_BYTES = 2**28

_MARGIN = 4
"""A much larger JPEG is decoded at a half, quarter or eighth of its size, but at least at so many times the side."""

_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")
"""Unicode's categories of control characters, halves of characters, ends of lines and of paragraphs."""


class Unreadable(Exception):
    """The file does not give an image; the message is the reason."""


def read(path: Path, side: int) -> np.ndarray:
    """The picture as uint8 (side, side, 3): red, green and blue, 0..255.

    JPEG, PNG or WebP, as the content says. Turned as its EXIF data says; transparent parts are laid over white; grey
    becomes three equal channels; of 16 bits a channel the upper 8 stay, rounded for grey; colour profiles are not
    applied; of several frames the first counts. Of a picture that is not square, the middle square is taken. It is
    resized by Pillow's bilinear filter, which averages over all that a pixel covers and computes in integers.

    Raises Unreadable for anything that is not such a file, is damaged, or has more than MOST_PIXELS.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not a regular file")
        if not 0 < status.st_size <= MOST_BYTES:
            raise Unreadable(f"{status.st_size:,} bytes; expected 1 to {MOST_BYTES:,}")
        with Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Unreadable(_too_large(f"{picture.width} x {picture.height} pixels"))
            picture.draft(None, (_MARGIN * side, _MARGIN * side))
            picture.load()
            return square(_rgb(_upright(picture)), side)
    except (Unreadable, MemoryError):
        raise
    except Image.UnidentifiedImageError:
        raise Unreadable("neither JPEG, PNG nor WebP, or damaged at its start") from None
    except Image.DecompressionBombError:
        raise Unreadable(_too_large("too many pixels")) from None
    except OSError as error:
        raise Unreadable(error.strerror or f"damaged: {error}") from None
    except Exception as error:  # a damaged file fails in many ways: struct, zlib, SyntaxError, ValueError, ...
        raise Unreadable(str(error) or type(error).__name__) from None


def square(picture: Image.Image, side: int) -> np.ndarray:
    """The middle square of an RGB picture, uint8 (side, side, 3)."""
    width, height = picture.size
    extent = min(width, height)
    left, top = (width - extent) // 2, (height - extent) // 2
    middle = picture.crop((left, top, left + extent, top + extent))  # a box given to resize bleeds from outside
    return np.asarray(middle.resize((side, side), Image.Resampling.BILINEAR))


def shown(name: str) -> str:
    """A file's name as text that any terminal and page can show.

    >>> shown("new\\nline.png")
    'new\\\\nline.png'
    """
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(ascii(letter)[1:-1] if unicodedata.category(letter) in _UNPRINTABLE else letter for letter in text)


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # damaged EXIF data say nothing of how to turn the picture, whose pixels are sound
        return picture


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # grey of 16 bits
        values = np.asarray(picture).astype(np.int64).clip(0, 65535)
        return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture.convert("RGB")


def _too_large(size: str) -> str:
    return f"{size}; at most {MOST_PIXELS:,} are read"
