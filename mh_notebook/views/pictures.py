"""Pictures made to fit a budget of bytes. Pillow is imported when the first one is looked at."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .kinds_of_media import HEIC, JPEG, WEBP, Media, sniff
from .wording import size_text

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")

PIXELS = 100_000_000  # more than any render has; far less than what fills the memory
WIDTHS = (1280, 1080, 900, 750, 600, 480, 400, 320, 240, 160)  # pixels of the longer side, tried in turn
QUALITY = 82


class BrokenPictureError(Exception):
    """A picture cannot be shown; the message says why."""


class LargePictureError(BrokenPictureError):
    """A picture is sound, but does not fit at any size."""


class Picture(NamedTuple):
    """A picture ready to embed, with the size of its original."""

    content: bytes
    media: Media
    width: int
    height: int
    note: str = ""


def fit(content: bytes, budget: int) -> Picture:
    """Take a picture as it is when it is within `budget` bytes, else scale it down until it is.

    Raises
    ------
    LargePictureError
        It does not fit at any size.
    BrokenPictureError
        It cannot be decoded, or has too many pixels.
    """
    image = _decoded(content)
    media = sniff(content[:64])
    width, height = _upright_size(image)
    if len(content) <= budget and media.player == "img" and media != HEIC:
        return Picture(content, media, width, height)
    for longest in WIDTHS:
        copy = image = _scaled(image, longest)
        smaller, media = _encoded(copy)
        if len(smaller) <= budget:
            return Picture(smaller, media, width, height, _note(content, copy, (width, height)))
    raise LargePictureError(f"does not fit into {budget:,} bytes at any size")


def size_of(content: bytes) -> tuple[int, int]:
    """Read a picture's size in pixels from its header, as it is shown; raises BrokenPictureError."""
    return _upright_size(_opened(content))


def _note(content: bytes, copy: Image, size: tuple[int, int]) -> str:
    moving = ", first frame" if getattr(_opened(content), "n_frames", 1) > 1 else ""
    how = f"scaled down to {size_text(*copy.size)}" if copy.size != size else "compressed"
    return f"{how}{moving}"


def _upright_size(image: Image) -> tuple[int, int]:
    turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # the EXIF orientations of a quarter turn
    return (image.height, image.width) if turned else image.size


def _decoded(content: bytes) -> Image:
    image = _opened(content)
    if image.width * image.height > PIXELS:
        raise BrokenPictureError(f"is too large to be shown: {image.width} by {image.height} pixels")
    _guarded(image.load)
    return image


def _opened(content: bytes) -> Image:
    from PIL import Image

    return _guarded(lambda: Image.open(io.BytesIO(content)))


def _guarded(decode: Callable[[], T]) -> T:
    """Call into Pillow's decoders; whatever they raise on bytes that are no picture is one error of ours."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a picture that Pillow warns of is one we do not embed
            return decode()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise BrokenPictureError("is too large to be shown: it has too many pixels") from problem
    # Which one depends on where they break.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, Warning) as problem:
        raise BrokenPictureError("is broken, or is in a form that cannot be decoded") from problem


def _scaled(image: Image, longest: int) -> Image:
    """Make an upright copy of at most `longest` pixels a side."""
    from PIL import ImageOps

    copy = ImageOps.exif_transpose(image).convert("RGBA" if image.has_transparency_data else "RGB")
    copy.thumbnail((longest, longest))
    return copy


def _encoded(image: Image) -> tuple[bytes, Media]:
    """Write a picture as JPEG or, with transparency, as WEBP."""
    media = WEBP if image.mode == "RGBA" else JPEG
    out = io.BytesIO()
    image.save(out, media.name, quality=QUALITY)
    return out.getvalue(), media
