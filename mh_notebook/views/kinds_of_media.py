"""What a file is, told by its first bytes: a name can lie."""

from __future__ import annotations

from typing import Literal, NamedTuple

Player = Literal["img", "video", "audio", ""]
HEAD = 64  # bytes that tell every kind we know


class Media(NamedTuple):
    """A kind of file: its MIME type, the element that plays it ("" when none does), its name."""

    mime: str
    player: Player
    name: str


PNG = Media("image/png", "img", "PNG")
JPEG = Media("image/jpeg", "img", "JPEG")
WEBP = Media("image/webp", "img", "WEBP")
GIF = Media("image/gif", "img", "GIF")
MP4 = Media("video/mp4", "video", "MP4")
MOV = Media("video/quicktime", "video", "MOV")
WEBM = Media("video/webm", "video", "WEBM")
M4A = Media("audio/mp4", "audio", "M4A")
WAV = Media("audio/wav", "audio", "WAV")
MP3 = Media("audio/mpeg", "audio", "MP3")
UNKNOWN = Media("application/octet-stream", "", "file")

_STARTS: tuple[tuple[bytes, Media], ...] = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"\x1a\x45\xdf\xa3", WEBM),
    (b"ID3", MP3),
)
_RIFF = {b"WEBP": WEBP, b"WAVE": WAV}
_BRANDS = {b"qt  ": MOV, b"M4A ": M4A, b"M4B ": M4A}


def sniff(head: bytes) -> Media:
    r"""Tell the kind of a file by its first 64 bytes.

    Examples
    --------
    >>> sniff(b"\x89PNG\r\n\x1a\n...").name
    'PNG'
    >>> sniff(b"%PDF-1.7").player
    ''
    """
    for start, media in _STARTS:
        if head.startswith(start):
            return media
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], MP4)
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):  # QuickTime of before `ftyp`
        return MOV
    return MP3 if _is_mp3_frame(head) else UNKNOWN


def _is_mp3_frame(head: bytes) -> bool:
    """Whether an MPEG audio frame of layer III starts here, its bit rate and sampling rate valid."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3 and head[1] >> 3 & 3 != 1
