"""Landscapes as files: PNG, JPEG, WEBP and animated GIF."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image

from mh_notebook.sandbox.scene import landscape

_OPTIONS: Mapping[str, Mapping[str, object]] = {
    "png": {"optimize": True},
    "jpeg": {"quality": 86, "optimize": True},
    "webp": {"quality": 84, "method": 4},
}
_FRAMES, _FRAME_MILLISECONDS, _LONGEST = 8, 150, 420


def picture(media: str, key: str, width: int, height: int) -> bytes:
    """Return a landscape as a file; the key chooses which.

    Examples
    --------
    >>> picture("gif", "c1/1", 48, 32)[:6]
    b'GIF89a'
    """
    buffer = io.BytesIO()
    if media == "gif":
        _save_moving(buffer, key, width, height)
    else:
        still = landscape(key, width, height)
        # 256 dithered colours look the same here and take a third of the bytes.
        still = _flat(still) if media == "png" else still
        still.save(buffer, media, **_OPTIONS[media])
    return buffer.getvalue()


def _flat(still: Image.Image, colours: int = 256) -> Image.Image:
    palette = still.quantize(colours, Image.Quantize.MEDIANCUT)
    return still.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


def _save_moving(buffer: io.BytesIO, key: str, width: int, height: int) -> None:
    share = min(1.0, _LONGEST / max(width, height))
    width, height = int(width * share), int(height * share)
    moments = [landscape(key, width, height, number / _FRAMES) for number in range(_FRAMES)]
    palette = moments[0].quantize(48, Image.Quantize.MEDIANCUT)
    # No dithering between frames: its noise would change everywhere and cost ten times the bytes.
    frames = [moment.quantize(palette=palette, dither=Image.Dither.NONE) for moment in moments]
    options = {"append_images": frames[1:], "duration": _FRAME_MILLISECONDS, "loop": 0, "optimize": False}
    frames[0].save(buffer, "gif", save_all=True, **options)
