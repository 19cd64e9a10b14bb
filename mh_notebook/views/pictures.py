"""Pictures made to fit a budget of bytes. Pillow is imported when the first one is looked at."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, NamedTuple

from .kinds_of_media import JPEG, WEBP, Media, sniff

if TYPE_CHECKING:
    from PIL.Image import Image

PIXELS = 100_000_000  # more than any render has; far less than what fills the memory
WIDTHS = (1280, 960, 640, 480, 320, 160)  # pixels of the longer side, tried in turn
QUALITY = 82


class BrokenPictureError(Exception):
    """A picture cannot be shown; the message says why."""


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
    BrokenPictureError
        It cannot be decoded, has too many pixels, or does not fit at any size.
    """
    image = _decoded(content)
    width, height = image.size
    if len(content) <= budget:
        return Picture(content, sniff(content[:64]), width, height)
    moving = getattr(image, "n_frames", 1) > 1
    for longest in WIDTHS:
        smaller, media = _encoded(image, longest)
        if len(smaller) <= budget:
            return Picture(smaller, media, width, height, "first frame, scaled down" if moving else "scaled down")
    raise BrokenPictureError(f"does not fit into {budget:,} bytes at any size")


def _decoded(content: bytes) -> Image:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a picture that Pillow warns of is one we do not embed
            image = Image.open(io.BytesIO(content))
            if image.width * image.height > PIXELS:
                raise BrokenPictureError(f"is too large to be shown: {image.width} by {image.height} pixels")
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise BrokenPictureError("is too large to be shown: it has too many pixels") from problem
    # What Pillow's decoders raise on bytes that are no picture: which one depends on where they break.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, Warning) as problem:
        raise BrokenPictureError("is broken, or is in a form that cannot be decoded") from problem
    return image


def _encoded(image: Image, longest: int) -> tuple[bytes, Media]:
    """Write an upright copy, as JPEG or, with transparency, as WEBP."""
    from PIL import ImageOps

    clear = image.has_transparency_data
    copy = ImageOps.exif_transpose(image).convert("RGBA" if clear else "RGB")
    copy.thumbnail((longest, longest))
    out = io.BytesIO()
    copy.save(out, "WEBP" if clear else "JPEG", quality=QUALITY)
    return out.getvalue(), WEBP if clear else JPEG
