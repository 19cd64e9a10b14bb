"""What a file is, told by its first bytes: a name can lie. The one table of these marks."""

from __future__ import annotations

from typing import NamedTuple

HEAD = 64  # bytes that tell every kind we know; 16 do for all but what an odd header pushes back


class Mark(NamedTuple):
    """Bytes at a place, and what a file that has them there is."""

    media_type: str
    at: int
    mark: bytes
    start: bytes = b""  # what the file must begin with as well


_MARKS: tuple[Mark, ...] = (
    Mark("image/png", 0, b"\x89PNG"),
    Mark("image/jpeg", 0, b"\xff\xd8\xff"),
    Mark("image/gif", 0, b"GIF8"),
    Mark("image/webp", 8, b"WEBP", b"RIFF"),
    Mark("audio/wav", 8, b"WAVE", b"RIFF"),
    Mark("audio/wav", 8, b"WAVE", b"RF64"),
    Mark("image/avif", 4, b"ftypavif"),
    Mark("image/avif", 4, b"ftypavis"),
    Mark("image/heic", 4, b"ftyphei"),
    Mark("image/heic", 4, b"ftypmif1"),
    Mark("video/quicktime", 4, b"ftypqt"),
    Mark("audio/mp4", 4, b"ftypM4A"),
    Mark("audio/mp4", 4, b"ftypM4B"),
    Mark("video/mp4", 4, b"ftyp"),
    # QuickTime of before `ftyp`; its first box is small, where a text may begin with "The free"
    Mark("video/quicktime", 4, b"moov", b"\0"),
    Mark("video/quicktime", 4, b"mdat"),
    Mark("video/quicktime", 4, b"wide", b"\0"),
    Mark("video/quicktime", 4, b"free", b"\0"),
    Mark("video/webm", 0, b"\x1aE\xdf\xa3"),
    Mark("audio/mpeg", 0, b"ID3"),
    Mark("audio/ogg", 0, b"OggS"),
    Mark("audio/flac", 0, b"fLaC"),
    Mark("application/zip", 0, b"PK\x03\x04"),
)


HEAD = 16  # bytes that tell what kind of file it is


def media_type_of(head: bytes) -> str | None:
    """Tell a file's media type by its first bytes, `HEAD` or more; None if they say nothing.

    Examples
    --------
    >>> media_type_of(bytes([0x89]) + b"PNG....")
    'image/png'
    >>> media_type_of(b"%PDF-1.7") is None
    True
    """
    for mark in _MARKS:
        if head.startswith(mark.start) and head.startswith(mark.mark, mark.at):
            return mark.media_type
    return "audio/mpeg" if is_mp3_frame(head) else None


def is_mp3_frame(head: bytes) -> bool:
    """Whether an MPEG audio frame of layer III starts here, its bit rate and sampling rate valid."""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3 and head[1] >> 3 & 3 != 1
