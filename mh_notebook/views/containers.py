"""What a container says of itself: codecs, duration, size in pixels. Few bytes are read, nothing is decoded."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from .boxes import movie
from .kinds_of_media import Media
from .matroska import matroska
from .sounds import flac, mpeg_audio, ogg, wave
from .tracks import Damaged, Tracks, Window

READ = 256 * 1024  # bytes looked at, at most: an index in front or at the end is found, tables are skipped
LONGEST = 100 * 24 * 3600.0  # seconds; what claims to be longer does not say how long it is

_PARSERS: dict[str, Callable[[Window], Tracks]] = {
    "video/mp4": movie,
    "video/quicktime": movie,
    "audio/mp4": movie,
    "video/webm": matroska,
    "audio/wav": wave,
    "audio/mpeg": mpeg_audio,
    "audio/flac": flac,
    "audio/ogg": ogg,
}


def look(file: BinaryIO, size: int, media: Media) -> Tracks:
    """Read what a sound or video says of itself; what is broken or hostile says nothing.

    Parameters
    ----------
    file
        Open for reading bytes.
    size
        Its length in bytes.
    media
        What its first bytes say it is.

    Raises
    ------
    OSError
        The file could not be read; never anything else, whatever it holds.

    Examples
    --------
    >>> import io
    >>> from mh_notebook.sandbox.media import render
    >>> from mh_notebook.views.kinds_of_media import MP4
    >>> clip = render("mp4", "c1/1", 0, 480, 270)
    >>> look(io.BytesIO(clip), len(clip), MP4)
    Tracks(seconds=3.0, width=480, height=270, video='avc1', sound='', form='')
    """
    parse = _PARSERS.get(media.mime)
    if parse is None:
        return Tracks()
    try:
        found = parse(Window(file, size, READ))
    except Damaged:
        return Tracks()
    return found if 0 <= found.seconds <= LONGEST else found._replace(seconds=0.0)
