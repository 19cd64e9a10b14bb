"""The kinds of media we show: how each is called, and the element that plays it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from mh_notebook.protocol.marks import HEAD as HEAD
from mh_notebook.protocol.marks import media_type_of

Player = Literal["img", "video", "audio", ""]


class Media(NamedTuple):
    """A kind of file: its MIME type, the element that plays it ("" when none does), its name."""

    mime: str
    player: Player
    name: str


PNG = Media("image/png", "img", "PNG")
JPEG = Media("image/jpeg", "img", "JPEG")
WEBP = Media("image/webp", "img", "WEBP")
GIF = Media("image/gif", "img", "GIF")
AVIF = Media("image/avif", "img", "AVIF")
HEIC = Media("image/heic", "img", "HEIC")
MP4 = Media("video/mp4", "video", "MP4")
MOV = Media("video/quicktime", "video", "MOV")
WEBM = Media("video/webm", "video", "WEBM")
M4A = Media("audio/mp4", "audio", "M4A")
WAV = Media("audio/wav", "audio", "WAV")
MP3 = Media("audio/mpeg", "audio", "MP3")
OGG = Media("audio/ogg", "audio", "OGG")
FLAC = Media("audio/flac", "audio", "FLAC")
UNKNOWN = Media("application/octet-stream", "", "file")

_BY_TYPE = {media.mime: media for media in (PNG, JPEG, WEBP, GIF, AVIF, HEIC, MP4, MOV, WEBM, M4A, WAV, MP3, OGG, FLAC)}


def sniff(head: bytes) -> Media:
    r"""Tell the kind of a file by its first 64 bytes.

    Examples
    --------
    >>> sniff(b"\x89PNG\r\n\x1a\n...").name
    'PNG'
    >>> sniff(b"%PDF-1.7").player
    ''
    """
    return _BY_TYPE.get(media_type_of(head) or "", UNKNOWN)
